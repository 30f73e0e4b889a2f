/** Makes the next revision of a charter, with the suites of the clauses that changed. */

import canonicalize from 'canonicalize'
import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import { applyClauseChanges, clauseConflicts, clauseSuiteName, type Charter, type Clause, type ClauseChange } from './charter.ts'
import { currentCharter } from './charter-queries.ts'
import { insertSuite, storeSamples, withdrawSuite } from './store-suite.ts'
import { currentSuite } from './suite-queries.ts'

/** Within a transaction that holds the model's lock. `conflict` where a clause was changed by somebody else since this was offered. */
export async function reviseCharter(
  app: { readonly db: Db; readonly blobs: Blobs },
  modelId: number,
  contributionId: number,
  changes: readonly ClauseChange[],
): Promise<Charter> {
  const before = await currentCharter(app.db, modelId)
  const [conflict] = clauseConflicts(before, changes)
  if (conflict) throw new AppError('conflict', conflict.sentence)
  const { clauses, nextClause } = applyClauseChanges(before, changes)
  await insertCharter(app.db, modelId, { revision: before.revision + 1, clauses, nextClause, contributionId })
  const numbers = new Set([...before.clauses, ...clauses].map(({ number }) => number))
  for (const number of numbers) {
    const [was, is] = [before.clauses, clauses].map((list) => list.find((clause) => clause.number === number))
    if (testsOf(was) !== testsOf(is)) await reviseCases(app, modelId, contributionId, number, is)
  }
  return currentCharter(app.db, modelId)
}

/** The record alone, and what the model shows of it. */
export async function insertCharter(
  db: Db,
  modelId: number,
  { revision, clauses, nextClause, contributionId }: Omit<Charter, 'createdAt'>,
): Promise<void> {
  await db
    .insertInto('charterRevisions')
    .values({ modelId, number: revision, contributionId, clauses: JSON.stringify(clauses), nextClause })
    .execute()
  await db
    .updateTable('communityModels')
    .set({ charter: JSON.stringify(clauses.map(({ text }) => text)) })
    .where('id', '=', modelId)
    .execute()
}

const testsOf = (clause: Clause | undefined) => clause && canonicalize([clause.cases, clause.blocks, clause.tolerance])

async function reviseCases(
  app: { readonly db: Db; readonly blobs: Blobs },
  modelId: number,
  contributionId: number,
  number: number,
  clause: Clause | undefined,
): Promise<void> {
  const name = clauseSuiteName(number)
  const before = await currentSuite(app.db, modelId, name)
  if (before && before.role !== 'charter')
    throw new AppError('conflict', `A suite of another kind is called ${name}; a maintainer has to add it under another name first.`)
  if (!clause || clause.cases.length === 0) {
    if (before) await withdrawSuite(app.db, before)
    return
  }
  const { tolerance, blocks } = clause
  const stored = await storeSamples(app.blobs, clause.cases)
  await insertSuite(
    app.db,
    { modelId, name, kind: 'rule', role: 'charter', target: false, tolerance, blocks, clause: number, contributionId, ...stored },
    before,
  )
}
