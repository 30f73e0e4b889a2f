/** Takes cases into regression suites and out of them: the next version of each suite that changes. */

import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import { questionKey } from './question-key.ts'
import { insertSuite, storeSamples, withdrawSuite } from './store-suite.ts'
import { currentSuite, readSuite } from './suite-queries.ts'
import { suiteLimits, type ExactSample, type Suite } from './suite.ts'

export interface CaseChange {
  readonly action: 'add' | 'remove'
  /** Name of the regression suite. */
  readonly suite: string
  readonly sample: ExactSample
}

/** A release may lose this share of a suite of old mistakes: of fewer than fifty cases, none. */
const tolerance = 0.02

/** The samples of a regression suite; none where there is no such suite. */
export async function regressionsOf(app: { readonly blobs: Blobs }, suite: Suite | null): Promise<readonly ExactSample[]> {
  return suite === null ? [] : ((await Array.fromAsync(readSuite(app, suite))) as ExactSample[])
}

/** What the cases say when the changes are made: the newest answer to a question stands, and the same one is not kept twice. Pure. */
export function applyCases(
  before: readonly ExactSample[],
  changes: readonly CaseChange[],
  contribution: number,
): { readonly samples: readonly ExactSample[]; readonly changed: boolean } {
  const cases = new Map(before.map((sample) => [questionKey(sample), sample]))
  let changed = false
  for (const { action, sample } of changes) {
    const key = questionKey(sample)
    const known = cases.get(key)
    if (action === 'remove') changed = (known !== undefined && sameExpected(known, sample) && cases.delete(key)) || changed
    else if (!known || !sameExpected(known, sample)) {
      cases.set(key, { ...sample, contribution })
      changed = true
    }
  }
  return { samples: [...cases.values()], changed }
}

export function sameExpected(a: ExactSample, b: ExactSample): boolean {
  return a.expected.normalize('NFC').trim() === b.expected.normalize('NFC').trim()
}

/** Within a transaction that holds the model's lock. */
export async function reviseRegressions(
  app: { readonly db: Db; readonly blobs: Blobs },
  modelId: number,
  contributionId: number,
  changes: readonly CaseChange[],
): Promise<readonly Suite[]> {
  const revised: Suite[] = []
  for (const name of new Set(changes.map(({ suite }) => suite))) {
    const before = await currentSuite(app.db, modelId, name)
    if (before && (before.role !== 'regression' || before.kind !== 'exact')) throw new AppError('conflict', notForCases(before))
    const own = changes.filter(({ suite }) => suite === name)
    const { samples, changed } = applyCases(await regressionsOf(app, before), own, contributionId)
    if (!changed) continue
    if (samples.length > suiteLimits.samples)
      throw new AppError('conflict', `${name} would have more than ${suiteLimits.samples} cases; take some out first.`)
    if (samples.length === 0) {
      if (before) await withdrawSuite(app.db, before)
      continue
    }
    const kept = { target: false, tolerance: before?.tolerance ?? tolerance }
    const stored = await storeSamples(app.blobs, samples)
    const suite = { modelId, name, kind: 'exact', role: 'regression', contributionId, ...kept, ...stored } as const
    revised.push(await insertSuite(app.db, suite, before))
  }
  return revised
}

/** Why cases cannot come into this suite. */
export function notForCases({ name, role, kind }: Suite): string {
  return role === 'regression'
    ? `The suite ${name} has samples of the kind ${kind}; cases need one of the kind exact. Name another suite.`
    : `The suite ${name} ${role === 'measure' ? 'measures what nobody may teach' : 'tests a clause of the charter'}; cases of fixes belong in a suite of their own, e.g. regressions.`
}
