/** What takes a case or a change of the charter back, as far as it still stands. */

import type { Blobs } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import type { Change, OfferedChange } from '../contributions/contribution.ts'
import { sameClause, type Charter, type ClauseChange } from '../models/charter.ts'
import { questionKey } from '../models/question-key.ts'
import { regressionsOf, sameExpected } from '../models/revise-regressions.ts'
import { currentSuite } from '../models/suite-queries.ts'
import type { ExactSample } from '../models/suite.ts'

type Case = Extract<Change, { kind: 'case' }>

const placeOf = (suite: string, sample: ExactSample) => `${suite} ${questionKey(sample)}`

/** The cases of the suites that the changes are about. */
export async function standingCasesOf(
  app: { readonly db: Db; readonly blobs: Blobs },
  modelId: number,
  changes: readonly Change[],
): Promise<ReadonlyMap<string, ExactSample>> {
  const found = new Map<string, ExactSample>()
  for (const name of new Set(changes.flatMap((change) => (change.kind === 'case' ? [change.suite] : []))))
    for (const sample of await regressionsOf(app, await currentSuite(app.db, modelId, name))) found.set(placeOf(name, sample), sample)
  return found
}

/** A case that went does not come back by itself: it had no provenance when it went, and nothing comes in without. */
export function reverseOfCase({ action, suite, sample }: Case, standing: ReadonlyMap<string, ExactSample>): OfferedChange[] {
  const there = standing.get(placeOf(suite, sample))
  if (action !== 'add' || !there || !sameExpected(there, sample)) return []
  const { kind: _, ...offered } = sample
  return [{ kind: 'case', action: 'remove', suite, sample: offered }]
}

/** A new clause goes, a replaced one reads as before, a removed one comes back under a new number. */
export function reverseOfClause(change: ClauseChange, charter: Charter): OfferedChange[] {
  if (change.action === 'remove')
    return charter.clauses.some((clause) => sameClause(clause, change.was))
      ? []
      : [{ kind: 'clause', change: { action: 'add', ...change.was } }]
  const stands = charter.clauses.find((clause) =>
    change.action === 'replace' ? clause.number === change.number && sameClause(clause, change.clause) : sameClause(clause, change.clause),
  )
  if (!stands) return []
  const { number } = stands
  return [{ kind: 'clause', change: change.action === 'add' ? { action: 'remove', number } : { action: 'replace', number, ...change.was } }]
}
