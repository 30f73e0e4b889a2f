/** Puts a candidate through the gate with the evaluations there are. */

import type { ServedModel } from '../../engines/engine.ts'
import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database, Db } from '../../storage/database.ts'
import { compareEvaluations } from '../evaluation/compare.ts'
import type { Evaluation } from '../evaluation/evaluation.ts'
import { finishedEvaluation } from '../evaluation/evaluation-queries.ts'
import type { Suite } from '../models/suite.ts'
import type { Candidate } from './candidate.ts'
import { clauseVerdicts } from './clause-verdicts.ts'
import { againstRelease, decideGate } from './gate.ts'
import type { GateReport } from './release.ts'

export interface Gated {
  readonly report: GateReport
  /** The candidate's own evaluations, which the release will name. */
  readonly evaluations: readonly Evaluation[]
}

/** `conflict` where an evaluation is missing, naming the way out, and where the model has no target suite. Nothing is released unevaluated. */
export async function gateCandidate(app: { readonly db: Database; readonly blobs: Blobs }, candidate: Candidate): Promise<Gated> {
  const { name, suites, previous } = candidate
  if (!suites.some(({ target }) => target))
    throw new AppError(
      'conflict',
      `${name} has no target suite, so nothing says what a release must improve; "suite add ${name} <file.jsonl>" adds one, and "suite gate ${name} <suite> --target" makes one of those there are.`,
    )
  const evaluations: Evaluation[] = []
  const comparisons = []
  for (const suite of suites) {
    const finished = (served: ServedModel, whose: string) => requireFinished(app.db, candidate, suite, served, whose)
    const subject = await finished(candidate.served, `run ${candidate.run.id}`)
    const withBase = await compareEvaluations(app, subject, await finished(candidate.servedBase, 'the base'))
    const comparison =
      previous && candidate.servedPrevious
        ? await compareEvaluations(app, subject, await finished(candidate.servedPrevious, `release ${previous.version}`))
        : withBase
    evaluations.push(subject)
    comparisons.push({ comparison, withBase })
  }
  const report = decideGate(previous ? againstRelease(previous.version) : `the base ${candidate.base.name}`, comparisons)
  const charter = await clauseVerdicts(app, candidate, evaluations, comparisons)
  return { report: { ...report, charter }, evaluations }
}

async function requireFinished(db: Db, candidate: Candidate, suite: Suite, served: ServedModel, whose: string): Promise<Evaluation> {
  const evaluation = await finishedEvaluation(db, suite.id, served)
  if (evaluation) return evaluation
  throw new AppError(
    'conflict',
    `Suite ${suite.name} has not been run on ${whose} as it is served; "evaluate ${candidate.name} --run ${candidate.run.id}" does that, then release.`,
  )
}
