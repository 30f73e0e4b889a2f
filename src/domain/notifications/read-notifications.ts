/** What people do with their notifications: mark them as read, and say which they want. */

import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import type { Actor } from '../people/actor.ts'
import { notificationSettingsOf, unreadCount } from './notification-queries.ts'
import { notificationKinds, type NotificationKind, type NotificationSettings } from './notification.ts'

/** The person whose notifications these are. The operator has none: nothing concerns the operator as a person. */
export function notifiedPerson(actor: Actor): number {
  if (actor.kind === 'operator')
    throw new AppError('invalid', 'The operator is told nothing; act as a person, with --token or COMMONWEIGHTS_TOKEN.')
  return actor.id
}

/** Marks some of one's own as read, or all. Those of others stay as they are. Returns how many are unread now. */
export async function markRead(
  app: { readonly db: Database },
  actor: Actor,
  which: { readonly ids: readonly number[] } | 'all',
): Promise<number> {
  const personId = notifiedPerson(actor)
  return app.db.transaction().execute(async (db) => {
    let marking = db.updateTable('notifications').set({ readAt: new Date() }).where('personId', '=', personId).where('readAt', 'is', null)
    if (which !== 'all') marking = marking.where('id', 'in', which.ids.length === 0 ? [0] : which.ids)
    await marking.execute()
    return unreadCount(db, personId)
  })
}

/** Changes what is said; the rest stays. */
export async function changeNotificationSettings(
  app: { readonly db: Database },
  actor: Actor,
  wanted: { readonly muted?: readonly string[] | undefined; readonly feed?: boolean | undefined },
): Promise<NotificationSettings> {
  const personId = notifiedPerson(actor)
  const muted = wanted.muted && [...new Set(wanted.muted.map(parseKind))].sort()
  return app.db.transaction().execute(async (db) => {
    const now = await notificationSettingsOf(db, personId)
    const next = { muted: muted ?? now.muted, feed: wanted.feed ?? now.feed }
    const values = { muted: JSON.stringify(next.muted), feed: next.feed }
    await db
      .insertInto('notificationSettings')
      .values({ personId, ...values })
      .onConflict((known) => known.column('personId').doUpdateSet(values))
      .execute()
    return next
  })
}

function parseKind(input: string): NotificationKind {
  const kind = Object.keys(notificationKinds).find((known) => known === input)
  if (kind === undefined)
    throw new AppError(
      'invalid',
      `There is no kind of notification ${JSON.stringify(input.slice(0, 60))}; choose ${Object.keys(notificationKinds).join(', ')}.`,
    )
  return kind as NotificationKind
}
