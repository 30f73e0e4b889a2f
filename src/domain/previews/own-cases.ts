/** The regression cases that a proposal brings, as a suite of its own that only its preview is asked. */

import type { Blobs } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import { preparedChangesOf } from '../contributions/contribution-queries.ts'
import type { Contribution } from '../contributions/contribution.ts'
import { casesAmong } from '../contributions/prepared-change.ts'
import { insertSuite, storeSamples, withdrawSuite } from '../models/store-suite.ts'

/** No suite that people add can have this name: it has spaces. */
export function ownCasesName(contributionId: number): string {
  return `cases of contribution ${contributionId}`
}

/**
 * Id of the suite of the cases that the present round adds; null where it adds none. Stored once, and withdrawn in the same breath: it is no suite of the
 * community, and no gate asks it. Within a transaction that holds the model's lock.
 */
export async function suiteOfOwnCases(app: { readonly db: Db; readonly blobs: Blobs }, contribution: Contribution): Promise<number | null> {
  const { id, modelId, round, counts } = contribution
  if (counts.case === 0) return null
  const added = casesAmong(await preparedChangesOf(app.db, id, round)).filter(({ action }) => action === 'add')
  if (added.length === 0) return null
  const stored = await storeSamples(
    app.blobs,
    added.map(({ sample }) => sample),
  )
  const name = ownCasesName(id)
  const known = await app.db
    .selectFrom('suites')
    .select('id')
    .where('modelId', '=', modelId)
    .where('name', '=', name)
    .where('digest', '=', stored.digest)
    .executeTakeFirst()
  if (known) return known.id
  const suite = { modelId, name, kind: 'exact', role: 'regression', target: false, tolerance: 0, contributionId: id, ...stored } as const
  const draft = await insertSuite(app.db, suite, null)
  await withdrawSuite(app.db, draft)
  return draft.id
}

/** Of the suites of a preview those that are the proposal's own. */
export async function ownAmong(db: Db, contributionId: number, suites: readonly number[]): Promise<readonly number[]> {
  const rows = await db.selectFrom('suites').select('id').where('id', 'in', suites.length > 0 ? suites : [0]).where('name', '=', ownCasesName(contributionId)).execute() // prettier-ignore
  return rows.map(({ id }) => id)
}
