/** Reads reviews. */

import type { Db } from '../../storage/database.ts'
import { operatorName } from '../people/actor.ts'
import type { Review } from './review.ts'

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

/** How many different people accept a round. */
export async function countAccepting(db: Db, contributionId: number, round: number): Promise<number> {
  const { count } = await db
    .selectFrom('reviews')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('contributionId', '=', contributionId)
    .where('round', '=', round)
    .where('decision', '=', 'accept')
    .executeTakeFirstOrThrow()
  return Number(count)
}
