/** Reads charters: as they are, as they were, and who changed them. */

import { AppError } from '../../errors.ts'
import type { Db } from '../../storage/database.ts'
import { operatorName } from '../people/actor.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'
import { diffCharters, type Charter, type CharterDiff, type Clause } from './charter.ts'

const empty: Charter = { revision: 0, clauses: [], nextClause: 1, contributionId: null, createdAt: null }

function revisions(db: Db, modelId: number) {
  return db.selectFrom('charterRevisions').selectAll().where('modelId', '=', modelId)
}

type Row = Awaited<ReturnType<ReturnType<typeof revisions>['executeTakeFirstOrThrow']>>

function toCharter({ number, clauses, nextClause, contributionId, createdAt }: Row): Charter {
  return { revision: number, clauses: clauses as readonly Clause[], nextClause, contributionId, createdAt }
}

/** The newest; an empty one where nobody wrote any. */
export async function currentCharter(db: Db, modelId: number): Promise<Charter> {
  const row = await revisions(db, modelId).orderBy('number', 'desc').limit(1).executeTakeFirst()
  return row ? toCharter(row) : empty
}

/** @param revision 0 is the empty charter before the first */
export async function findCharter(db: Db, modelId: number, revision: number | 'latest'): Promise<Charter> {
  if (revision === 'latest') return currentCharter(db, modelId)
  if (revision === 0) return empty
  const row = await revisions(db, modelId).where('number', '=', revision).executeTakeFirst()
  if (!row) throw new AppError('not-found', `The charter has no revision ${revision}; "charter log" shows those there are.`)
  return toCharter(row)
}

export interface CharterRecord extends CharterDiff {
  readonly revision: number
  /** null: what the model began with. */
  readonly contributionId: number | null
  readonly author: string | null
  readonly message: string
  readonly createdAt: Date
}

/** Newest first, each with what it changed; a page goes on below revision `after`. */
export async function charterLog(db: Db, modelId: number, page: Page = {}): Promise<readonly CharterRecord[]> {
  let query = db
    .selectFrom('charterRevisions')
    .leftJoin('contributions', 'contributions.id', 'charterRevisions.contributionId')
    .leftJoin('people', 'people.id', 'contributions.authorId')
    .selectAll('charterRevisions')
    .select(['contributions.message', 'people.name as author'])
    .where('charterRevisions.modelId', '=', modelId)
  if (page.after !== undefined && page.after > 0) query = query.where('charterRevisions.number', '<', page.after)
  // One more, to say what the oldest of the page changed.
  const limit = pageLimit(page)
  const rows = await query
    .orderBy('charterRevisions.number', 'desc')
    .limit(limit + 1)
    .execute()
  return rows.slice(0, limit).map((row, i) => {
    const older = rows[i + 1]
    return {
      ...diffCharters(older ? toCharter(older) : empty, toCharter(row)),
      revision: row.number,
      contributionId: row.contributionId,
      author: row.contributionId === null ? null : (row.author ?? operatorName),
      message: row.message ?? 'What the model began with.',
      createdAt: row.createdAt,
    }
  })
}
