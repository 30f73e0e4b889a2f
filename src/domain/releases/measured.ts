/** How far a candidate has been measured: every suite on it, on its base and on the release before, as each is served. */

import type { ServedModel } from '../../engines/engine.ts'
import type { Db } from '../../storage/database.ts'
import { findEvaluation } from '../evaluation/evaluation-queries.ts'
import type { Evaluation } from '../evaluation/evaluation.ts'
import type { Suite } from '../models/suite.ts'
import type { Candidate } from './candidate.ts'

export interface Measured {
  readonly suite: Suite
  readonly whose: 'run' | 'base' | 'previous'
  /** The newest that was asked for, whatever became of it; null: none yet. */
  readonly evaluation: Evaluation | null
}

export async function measuredOf(db: Db, candidate: Candidate): Promise<readonly Measured[]> {
  const { suites, served, servedBase, servedPrevious } = candidate
  const subjects: readonly (readonly [Measured['whose'], ServedModel])[] = [
    ['run', served],
    ['base', servedBase],
    ...(servedPrevious ? [['previous', servedPrevious] as const] : []),
  ]
  const measured: Measured[] = []
  for (const suite of suites)
    for (const [whose, what] of subjects) measured.push({ suite, whose, evaluation: await newestEvaluation(db, suite.id, what) })
  return measured
}

async function newestEvaluation(db: Db, suiteId: number, served: ServedModel): Promise<Evaluation | null> {
  const row = await db
    .selectFrom('evaluations')
    .select('id')
    .where('suiteId', '=', suiteId)
    .where('servedBase', '=', served.base)
    .where('servedAdapter', served.adapter === null ? 'is' : '=', served.adapter)
    // One that finished counts, whatever was asked for after it.
    .orderBy((order) => order('state', '=', 'finished'), 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ? findEvaluation(db, row.id) : null
}
