/** The contributions that were made from what people said about one stored answer. */

import type { ContributionState } from '../../storage/schema.ts'
import type { Db } from '../../storage/database.ts'
import { operatorName } from '../people/actor.ts'

export interface FixOfAnswer {
  readonly contribution: number
  readonly state: ContributionState
  readonly author: string
  readonly correction: string
}

/** In the order they were offered. Whoever calls has seen to it that the answer is the visitor's to see. */
export async function fixesOf(db: Db, answerId: string): Promise<readonly FixOfAnswer[]> {
  const rows = await db
    .selectFrom('feedback')
    .innerJoin('contributions', 'contributions.feedbackId', 'feedback.id')
    .leftJoin('people', 'people.id', 'contributions.authorId')
    .select(['contributions.id as contribution', 'contributions.state', 'people.name as author', 'feedback.correction'])
    .where('feedback.answerId', '=', answerId)
    .orderBy('contributions.id')
    .execute()
  return rows.map(({ author, correction, ...row }) => ({ ...row, author: author ?? operatorName, correction: correction ?? '' }))
}
