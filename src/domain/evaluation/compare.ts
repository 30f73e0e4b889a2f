/** Two finished evaluations of one suite, sample by sample. */

import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { comparisonOf } from './comparison.ts'
import type { Comparison, Evaluation } from './evaluation.ts'
import { findEvaluation, resultsOf } from './evaluation-queries.ts'

/** Differences are subject minus baseline. `invalid` unless both ran the same samples. */
export async function compare(
  app: { readonly db: Database; readonly blobs: Blobs },
  subjectId: number,
  baselineId: number,
): Promise<Comparison> {
  return compareEvaluations(app, await findEvaluation(app.db, subjectId), await findEvaluation(app.db, baselineId))
}

export async function compareEvaluations(app: { readonly blobs: Blobs }, subject: Evaluation, baseline: Evaluation): Promise<Comparison> {
  if (subject.suite.digest !== baseline.suite.digest || subject.suite.kind !== baseline.suite.kind)
    throw new AppError(
      'invalid',
      `Evaluation ${subject.id} ran suite ${subject.suite.name} and ${baseline.id} ran ${baseline.suite.name} with other samples; only the same samples compare.`,
    )
  return comparisonOf(subject.suite, await sideOf(app, subject), await sideOf(app, baseline))
}

async function sideOf(app: { readonly blobs: Blobs }, evaluation: Evaluation) {
  const results = await resultsOf(app, evaluation)
  return { evaluationId: evaluation.id, score: evaluation.score ?? Number.NaN, results }
}
