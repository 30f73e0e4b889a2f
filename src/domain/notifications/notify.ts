/** Tells people something, in the transaction in which it happened. */

import type { Db } from '../../storage/database.ts'
import { inOneLine } from './one-line.ts'
import { mutedBy } from './notification-queries.ts'
import { notificationLimits, type NotificationKind } from './notification.ts'

export interface Notice {
  /** Whom it concerns; null, the operator, and repetitions are left out. */
  readonly personIds: readonly (number | null)[]
  /** Who did it: nobody is told of their own act. */
  readonly actorId?: number | null | undefined
  readonly kind: NotificationKind
  /** What happened, for the person it concerns. A longer one is cut. */
  readonly sentence: string
  /** A path of this server, e.g. /contributions/12. */
  readonly link: string
  /** Names the occasion, e.g. "receipt 7": a person is told of one occasion once, also where a job says it again after a crash. */
  readonly key?: string | undefined
}

/** Tells those of them who have not muted the kind. Call it in the transaction that makes it true: it is told exactly if that commits. Returns how many. */
export async function notify(db: Db, { personIds, actorId, kind, sentence, link, key }: Notice): Promise<number> {
  if (!/^\/(?!\/)\S*$/.test(link) || link.length > notificationLimits.link)
    throw new Error(`A notification links to a path, not to ${link}.`)
  const concerned = [...new Set(personIds)].filter((id): id is number => id !== null && id !== (actorId ?? null))
  if (concerned.length === 0) return 0
  const muted = await mutedBy(db, concerned, kind)
  const told = concerned.filter((id) => !muted.has(id))
  if (told.length === 0) return 0
  const said = inOneLine(sentence, notificationLimits.sentence)
  const rows = await db
    .insertInto('notifications')
    .values(told.map((personId) => ({ personId, kind, sentence: said, link, key: key ?? null, readAt: null })))
    .onConflict((again) => again.columns(['personId', 'key']).doNothing())
    .returning('id')
    .execute()
  return rows.length
}
