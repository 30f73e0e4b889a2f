/** Reads notifications and what people want to be told. */

import type { Db } from '../../storage/database.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'
import { defaultSettings, type Notification, type NotificationKind, type NotificationSettings } from './notification.ts'

/** A person's, newest first; a page goes on below the id `after`. */
export async function notificationsOf(
  db: Db,
  personId: number,
  page: Page & { readonly unread?: boolean | undefined } = {},
): Promise<readonly Notification[]> {
  let query = db
    .selectFrom('notifications')
    .select(['id', 'kind', 'sentence', 'link', 'createdAt', 'readAt'])
    .where('personId', '=', personId)
  if (page.unread) query = query.where('readAt', 'is', null)
  if (page.after !== undefined) query = query.where('id', '<', page.after)
  const rows = await query.orderBy('id', 'desc').limit(pageLimit(page)).execute()
  return rows.map(({ kind, ...row }) => ({ ...row, kind: kind as NotificationKind }))
}

export async function unreadCount(db: Db, personId: number): Promise<number> {
  const { count } = await db
    .selectFrom('notifications')
    .select((of) => of.fn.countAll<number>().as('count'))
    .where('personId', '=', personId)
    .where('readAt', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(count)
}

export async function notificationSettingsOf(db: Db, personId: number): Promise<NotificationSettings> {
  const row = await db.selectFrom('notificationSettings').select(['muted', 'feed']).where('personId', '=', personId).executeTakeFirst()
  return row ? { muted: row.muted as readonly NotificationKind[], feed: row.feed } : defaultSettings
}

/** Those of the people who do not want to hear of this kind. */
export async function mutedBy(db: Db, personIds: readonly number[], kind: NotificationKind): Promise<ReadonlySet<number>> {
  const rows = await db.selectFrom('notificationSettings').select(['personId', 'muted']).where('personId', 'in', personIds).execute()
  return new Set(rows.filter(({ muted }) => muted.includes(kind)).map(({ personId }) => personId))
}
