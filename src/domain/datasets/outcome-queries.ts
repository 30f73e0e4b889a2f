/** Reads what came of an accepted contribution: the dataset revision it made, and the proposals that take it back. */

import type { Db } from '../../storage/database.ts'
import type { ContributionState } from '../contributions/contribution.ts'
import { operatorName } from '../people/actor.ts'

export interface Outcome {
  /** null: it is not accepted, or changed no example. */
  readonly revision: number | null
  /** The oldest first, at most twenty. */
  readonly reverts: readonly { readonly id: number; readonly state: ContributionState; readonly author: string }[]
}

export async function outcomeOf(db: Db, contributionId: number): Promise<Outcome> {
  const revision = await db
    .selectFrom('revisionContributions as links')
    .innerJoin('datasetRevisions as revisions', 'revisions.id', 'links.revisionId')
    .select('revisions.number')
    .where('links.contributionId', '=', contributionId)
    .where('revisions.number', 'is not', null)
    .orderBy('revisions.number')
    .limit(1)
    .executeTakeFirst()
  const reverts = await db
    .selectFrom('contributions')
    .leftJoin('people', 'people.id', 'contributions.authorId')
    .select(['contributions.id', 'contributions.state', 'people.name as author'])
    .where('contributions.reverts', '=', contributionId)
    .orderBy('contributions.id')
    .limit(20)
    .execute()
  return { revision: revision?.number ?? null, reverts: reverts.map((row) => ({ ...row, author: row.author ?? operatorName })) }
}
