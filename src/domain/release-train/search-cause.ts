/** Searches for the contributions that broke a gate: each call answers one open question with one build, until the answers are enough. */

import type { JobContext } from '../../storage/jobs.ts'
import type { BuildApp } from '../builds/run-build.ts'
import { lossOf } from '../evaluation/comparison.ts'
import type { GateReport } from '../releases/release.ts'
import { findCheckpoint, findRun } from '../training/run-queries.ts'
import { findReleaseById } from '../releases/release-queries.ts'
import { findCulprits, type Finding, type Question } from './find-culprits.ts'
import type { Passenger, ReleaseTrain } from './release-train.ts'
import { runTrial } from './run-trial.ts'
import { clearsBy } from './trial-dataset.ts'

/** Suites that failed and in which something was lost: what did not improve has no culprit. */
export function brokenSuites(report: GateReport): readonly number[] {
  return report.suites.filter(({ passed, comparison }) => !passed && lossOf(comparison) > 0).map(({ comparison }) => comparison.suite.id)
}

/**
 * What the builds so far say, after at most one more of them. `unanswered` means that there is more to build and the budget allows it: call again. The
 * questions follow from the answers on record, so that it goes on after an interruption where it was.
 * @param builds the most builds the whole search may take
 */
export async function searchCause(
  app: BuildApp,
  train: ReleaseTrain,
  suites: readonly number[],
  builds: number,
  context: JobContext,
): Promise<Finding<Passenger>> {
  const suspects = train.passengers.filter(({ id }) => !train.leftOut.includes(id))
  const baseline = train.baselineId === null ? null : await findReleaseById(app.db, train.baselineId)
  const { recipe } = await findRun(app.db, baseline ? (await findCheckpoint(app.db, baseline.checkpointId)).runId : train.runId!)
  const finding = await findCulprits(suspects, async (question) => answerOf(train, question), {
    weight: ({ examples }) => examples,
    clears: clearsBy(recipe, train.passengers),
    budget: Infinity,
    // A trial is harder on the innocent than the training of a candidate: what is new disturbs what was learned. The gate decides about the rest.
    first: true,
  })
  if (finding.kind !== 'unanswered') return finding
  const { question, culprits, suspects: left } = finding
  const { draw } = question
  const wanted = needsControl(train, draw) ? [] : question.group.map(({ id }) => id)
  if (train.trials.length >= builds) return { kind: 'out-of-budget', culprits, suspects: left }
  await runTrial(app, train, { contributions: wanted, draw }, suites, context)
  return finding
}

function needsControl({ baselineId, trials }: ReleaseTrain, draw: 0 | 1): boolean {
  return baselineId !== null && !trials.some((trial) => trial.draw === draw && trial.contributions.length === 0)
}

function answerOf(train: ReleaseTrain, { group, draw }: Question<Passenger>) {
  const wanted = JSON.stringify(group.map(({ id }) => id).sort((a, b) => a - b))
  return train.trials.find((trial) => trial.draw === draw && JSON.stringify(trial.contributions) === wanted)?.verdict ?? null
}
