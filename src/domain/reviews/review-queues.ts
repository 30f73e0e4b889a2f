/** The queues of those who review: what waits, what the actor can review now, and what newcomers offered. */

import type { Db } from '../../storage/database.ts'
import { listContributions } from '../contributions/contribution-queries.ts'
import type { Contribution } from '../contributions/contribution.ts'
import { actorId, requireRole, type Actor } from '../people/actor.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'

export const reviewQueues = ['mentor', 'mine', 'waiting'] as const
export type ReviewQueue = (typeof reviewQueues)[number]

export interface QueuedContribution extends Contribution {
  /** Accepting reviews it has in this round. */
  readonly accepting: number
}

/**
 * Open proposals, those that wait longest first: `waiting`, all of them; `mentor`, those of newcomers; `mine`, those the actor can review now: not their
 * own, and not reviewed by them in this round.
 */
export async function reviewQueue(
  db: Db,
  actor: Actor,
  modelId: number,
  queue: ReviewQueue,
  page: Page = {},
): Promise<readonly QueuedContribution[]> {
  const query = queued(db, actor, modelId, queue).where('contributions.id', '>', page.after ?? 0)
  const ids = (await query.orderBy('contributions.id').limit(pageLimit(page)).execute()).map(({ id }) => id)
  const found = await listContributions(db, { ids }, { limit: ids.length })
  const accepting = await acceptingReviews(db, ids)
  return found.map((contribution) => ({ ...contribution, accepting: accepting.get(contribution.id) ?? 0 }))
}

/** The proposals before and after one in a queue, whether or not that one is still in it; null at the ends. */
export async function neighboursInQueue(
  db: Db,
  actor: Actor,
  modelId: number,
  queue: ReviewQueue,
  id: number,
): Promise<{ readonly before: number | null; readonly after: number | null }> {
  const all = queued(db, actor, modelId, queue)
  const before = await all.where('contributions.id', '<', id).orderBy('contributions.id', 'desc').limit(1).executeTakeFirst()
  const after = await all.where('contributions.id', '>', id).orderBy('contributions.id').limit(1).executeTakeFirst()
  return { before: before?.id ?? null, after: after?.id ?? null }
}

function queued(db: Db, actor: Actor, modelId: number, queue: ReviewQueue) {
  const open = db.selectFrom('contributions').select('contributions.id').where('modelId', '=', modelId).where('state', '=', 'open')
  const mentored = db.selectFrom('mentoredContributions').select('contributionId')
  if (queue === 'waiting') return open
  if (queue === 'mentor') return open.where('contributions.id', 'in', mentored)
  requireRole(actor, 'reviewer', modelId)
  const me = actorId(actor)
  return open
    .where('authorId', 'is distinct from', me)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('reviews')
            .select('reviews.id')
            .whereRef('reviews.contributionId', '=', 'contributions.id')
            .whereRef('reviews.round', '=', 'contributions.round')
            .where('reviews.reviewerId', 'is not distinct from', me),
        ),
      ),
    )
}

async function acceptingReviews(db: Db, ids: readonly number[]): Promise<ReadonlyMap<number, number>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('reviews')
    .innerJoin('contributions', (join) =>
      join.onRef('contributions.id', '=', 'reviews.contributionId').onRef('contributions.round', '=', 'reviews.round'),
    )
    .select(['contributions.id', (eb) => eb.fn.countAll<number>().as('count')])
    .where('reviews.decision', '=', 'accept')
    .where('contributions.id', 'in', ids)
    .groupBy('contributions.id')
    .execute()
  return new Map(rows.map(({ id, count }) => [id, Number(count)]))
}
