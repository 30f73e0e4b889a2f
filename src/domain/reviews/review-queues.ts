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
  let query = db
    .selectFrom('contributions')
    .select('contributions.id')
    .where('modelId', '=', modelId)
    .where('state', '=', 'open')
    .where('contributions.id', '>', page.after ?? 0)
  const mentored = db.selectFrom('mentoredContributions').select('contributionId')
  if (queue === 'mentor') query = query.where('contributions.id', 'in', mentored)
  if (queue === 'mine') {
    requireRole(actor, 'reviewer', modelId)
    const me = actorId(actor)
    query = query
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
  const ids = (await query.orderBy('contributions.id').limit(pageLimit(page)).execute()).map(({ id }) => id)
  const found = await listContributions(db, { ids }, { limit: ids.length })
  const accepting = await acceptingReviews(db, ids)
  return found.map((contribution) => ({ ...contribution, accepting: accepting.get(contribution.id) ?? 0 }))
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
