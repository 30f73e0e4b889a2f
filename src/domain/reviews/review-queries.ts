/** Reads reviews. */

import type { Db } from '../../storage/database.ts'
import { operatorName } from '../people/actor.ts'
import type { ReviewCounts } from './quorum.ts'
import type { Decision, Review } from './review.ts'

/** All reviews of a contribution, of every round, in the order they were given. */
export async function reviewsOf(db: Db, contributionId: number): Promise<readonly Review[]> {
  const rows = await db
    .selectFrom('reviews')
    .leftJoin('people', 'people.id', 'reviews.reviewerId')
    .selectAll('reviews')
    .select('people.name as reviewer')
    .where('contributionId', '=', contributionId)
    .orderBy('reviews.id')
    .execute()
  return rows.map((row) => ({ ...row, reviewer: row.reviewer ?? operatorName }))
}

/** How many different people accept a round, and how many reject it. */
export async function countReviews(db: Db, contributionId: number, round: number): Promise<ReviewCounts> {
  const rows = await db
    .selectFrom('reviews')
    .select(['decision', (eb) => eb.fn.countAll<number>().as('count')])
    .where('contributionId', '=', contributionId)
    .where('round', '=', round)
    .groupBy('decision')
    .execute()
  const of = (wanted: Decision) => Number(rows.find(({ decision }) => decision === wanted)?.count ?? 0)
  return { accepting: of('accept'), rejecting: of('reject') }
}
