/** One build of the search: trains a group, asks it the suites that failed the gate, and says whether it breaks one of them. */

import { AppError } from '../../errors.ts'
import type { Db } from '../../storage/database.ts'
import type { JobContext } from '../../storage/jobs.ts'
import { findBuild } from '../builds/build-queries.ts'
import type { Build } from '../builds/build.ts'
import { requestBuild } from '../builds/request-build.ts'
import { runBuild, type BuildApp } from '../builds/run-build.ts'
import { compareEvaluations } from '../evaluation/compare.ts'
import { lossOf } from '../evaluation/comparison.ts'
import { findEvaluation } from '../evaluation/evaluation-queries.ts'
import type { Comparison } from '../evaluation/evaluation.ts'
import { findBaseById } from '../models/model-queries.ts'
import { operator } from '../people/actor.ts'
import { findReleaseById } from '../releases/release-queries.ts'
import { announce } from '../training/changes.ts'
import { findCheckpoint, findRun } from '../training/run-queries.ts'
import type { Verdict } from './find-culprits.ts'
import type { ReleaseTrain, Trial } from './release-train.ts'
import { trialDataset, trialRecipe } from './trial-dataset.ts'

/** Beyond a suite's tolerance, chance has to be this unlikely before a group is said to break it; the confirmation guards the rest. */
const doubtful = 0.2

/**
 * Builds a group (no contributions: the control) and stores what came out. What was built before is not built again, so a trial that was interrupted goes on.
 * A group is compared with the control of the same draw, which has to be there; where no release came before, with the base alone.
 */
export async function runTrial(
  app: BuildApp,
  train: ReleaseTrain,
  { contributions, draw }: Pick<Trial, 'contributions' | 'draw'>,
  suites: readonly number[],
  context: JobContext,
): Promise<void> {
  const began = performance.now()
  const { id } = await requestTrial(app, train, contributions, draw, suites)
  await app.db.updateTable('releaseTrains').set({ buildId: id }).where('id', '=', train.id).where('state', '=', 'running').execute()
  await runBuild(app, id, context)
  context.signal.throwIfAborted()
  const build = await findBuild(app.db, id)
  // Somebody who had asked for the same build cancelled it before this train was seen to want it: a cancelled one is never taken again.
  if (build.state === 'cancelled' && (await isRunning(app.db, train.id)))
    return runTrial(app, train, { contributions, draw }, suites, context)
  if (build.comparisons === null)
    throw new AppError('conflict', `Build ${id} of the search is ${build.state}${build.error === null ? '' : `: ${build.error}`}.`)
  const isControl = contributions.length === 0
  const comparisons = isControl ? [] : await withControl(app, train, build, draw)
  await app.db.transaction().execute(async (db) => {
    await db
      .insertInto('trainTrials')
      .values({
        trainId: train.id,
        draw,
        contributions: JSON.stringify([...contributions].sort((a, b) => a - b)),
        buildId: id,
        verdict: isControl ? null : verdictOf(comparisons),
        comparisons: JSON.stringify(comparisons),
        seconds: (performance.now() - began) / 1000,
      })
      .onConflict((again) => again.doNothing())
      .execute()
    await db.updateTable('releaseTrains').set({ buildId: null }).where('id', '=', train.id).execute()
    await announce(db)
  })
}

async function isRunning(db: Db, id: number): Promise<boolean> {
  const { state } = await db.selectFrom('releaseTrains').select('state').where('id', '=', id).executeTakeFirstOrThrow()
  return state === 'running'
}

/** Breaks: worse by an interval that excludes zero, or beyond what the suite tolerates and hardly by chance. */
export function verdictOf(comparisons: readonly Comparison[]): Verdict {
  const breaks = (one: Comparison): boolean =>
    one.verdict === 'worse' || (!one.suite.target && lossOf(one) > one.suite.tolerance && one.pValue < doubtful)
  return comparisons.some(breaks) ? 'breaks' : 'holds'
}

async function requestTrial(
  app: BuildApp,
  train: ReleaseTrain,
  contributions: readonly number[],
  draw: 0 | 1,
  suites: readonly number[],
): Promise<Build> {
  const revision = await app.db.transaction().execute((db) => trialDataset(db, train, contributions))
  const baseline = train.baselineId === null ? null : await findReleaseById(app.db, train.baselineId)
  const start = baseline && (await findCheckpoint(app.db, baseline.checkpointId))
  // An adapter goes on in the shape it has, so with the recipe of the release it comes from.
  const { recipe, baseId } = await findRun(app.db, start ? start.runId : train.runId!)
  return requestBuild(app, operator, {
    base: await findBaseById(app.db, baseId),
    revision,
    recipe: trialRecipe(recipe, start ? 'release' : 'base', train.passengers, draw),
    warmStart: start,
    baselineId: train.baselineId,
    suites,
  })
}

async function withControl(app: BuildApp, train: ReleaseTrain, build: Build, draw: 0 | 1): Promise<readonly Comparison[]> {
  if (train.baselineId === null) return build.comparisons!
  const control = train.trials.find((trial) => trial.draw === draw && trial.contributions.length === 0)
  if (!control) throw new Error(`Train ${train.id} has no control for draw ${draw}.`)
  const { comparisons: others } = await findBuild(app.db, control.buildId)
  const compared: Comparison[] = []
  for (const { suite, subject } of build.comparisons!) {
    const other = others!.find((one) => one.suite.id === suite.id)!
    compared.push(
      await compareEvaluations(
        app,
        await findEvaluation(app.db, subject.evaluationId),
        await findEvaluation(app.db, other.subject.evaluationId),
      ),
    )
  }
  return compared
}
