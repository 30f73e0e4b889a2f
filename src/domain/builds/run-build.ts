/** The job that builds: trains, asks the result what it would answer as served, and compares. */

import { AppError } from '../../errors.ts'
import { FormatError } from '../../formats/format-error.ts'
import type { ServedModel } from '../../engines/engine.ts'
import type { Db } from '../../storage/database.ts'
import type { JobContext } from '../../storage/jobs.ts'
import { compareEvaluations } from '../evaluation/compare.ts'
import { findEvaluation } from '../evaluation/evaluation-queries.ts'
import type { Comparison, Evaluation } from '../evaluation/evaluation.ts'
import { requestEvaluations } from '../evaluation/request-evaluations.ts'
import { runEvaluation, type EvaluationApp } from '../evaluation/run-evaluation.ts'
import { findBaseById } from '../models/model-queries.ts'
import { findSuites } from '../models/suite-queries.ts'
import { findReleaseById, servedModelOf } from '../releases/release-queries.ts'
import { announce } from '../training/changes.ts'
import { hasEnded } from '../training/run.ts'
import type { TrainingApp } from '../training/start-run.ts'
import { trainRun } from '../training/train-run.ts'
import type { Build } from './build.ts'
import { findBuild } from './build-queries.ts'

export type BuildApp = TrainingApp & EvaluationApp

/**
 * Goes on where an interrupted build was: the run from its newest checkpoint, an evaluation from its first sample. Aborting the signal leaves the records as
 * they are, for the queue to begin again. What goes wrong is written to the build; only a bug is thrown too.
 */
export async function runBuild(app: BuildApp, id: number, context: JobContext): Promise<void> {
  const queued = await findBuild(app.db, id)
  if (hasEnded(queued.state)) return
  await app.db
    .updateTable('builds')
    .set({ state: 'running', startedAt: queued.startedAt ?? new Date(), error: null })
    .where('id', '=', id)
    .where('state', 'in', ['queued', 'running'])
    .execute()
  await announce(app.db)
  try {
    await trainRun(app, queued.run.id, context)
    context.signal.throwIfAborted()
    const build = await findBuild(app.db, id)
    if (build.state === 'cancelled') return
    if (build.run.checkpoint === null)
      return await end(app.db, id, build.run.state === 'cancelled' ? 'cancelled' : 'failed', build.run.error)
    const comparisons = await compared(app, build, build.run.checkpoint, context)
    await app.db
      .updateTable('builds')
      .set({ state: 'finished', comparisons: JSON.stringify(comparisons), endedAt: new Date() })
      .where('id', '=', id)
      .where('state', '=', 'running')
      .execute()
    await announce(app.db)
  } catch (error) {
    if (context.signal.aborted) throw error
    const expected = error instanceof AppError || error instanceof FormatError
    await end(app.db, id, 'failed', expected ? error.message : 'It stopped because of a fault in the software; the server log has it.')
    if (!expected) throw error
  }
}

/** Every suite on the build and on what it is compared with, the build's own first; what was evaluated before is not evaluated again. */
async function compared(
  app: BuildApp,
  build: Build,
  checkpoint: { readonly id: number; readonly served: NonNullable<ServedModel['adapter']> },
  context: JobContext,
): Promise<Comparison[]> {
  const suites = await findSuites(app.db, build.suites)
  const base = await findBaseById(app.db, build.run.baseId)
  const servedBase = await servedModelOf(app.db, { base: base.name })
  const baseline = build.baselineId === null ? null : await findReleaseById(app.db, build.baselineId)
  const sides = [
    { checkpointId: checkpoint.id, served: { base: servedBase.base, adapter: checkpoint.served } },
    baseline === null
      ? { checkpointId: null, served: servedBase }
      : { checkpointId: baseline.checkpointId, served: await servedModelOf(app.db, { release: baseline }) },
  ]
  const evaluations: Evaluation[][] = []
  for (const side of sides) {
    const wanted = await app.db.transaction().execute((db) => requestEvaluations(app.jobs, db, suites, side))
    const done: Evaluation[] = []
    for (const { id } of wanted) done.push(await evaluated(app, id, context))
    evaluations.push(done)
  }
  const [subject, other] = evaluations as [Evaluation[], Evaluation[]]
  const comparisons: Comparison[] = []
  for (const [index, evaluation] of subject.entries())
    comparisons.push(await compareEvaluations(app, evaluation, other[index] as Evaluation))
  return comparisons
}

/** Runs it here and now. The queue has a job for it too, which finds it done. */
async function evaluated(app: BuildApp, id: number, context: JobContext): Promise<Evaluation> {
  await runEvaluation(app, id, context)
  context.signal.throwIfAborted()
  const evaluation = await findEvaluation(app.db, id)
  if (evaluation.state !== 'finished')
    throw new AppError('conflict', `Evaluation ${id} is ${evaluation.state}${evaluation.error === null ? '' : `: ${evaluation.error}`}`)
  return evaluation
}

async function end(db: Db, id: number, state: 'failed' | 'cancelled', error: string | null): Promise<void> {
  await db
    .updateTable('builds')
    .set({ state, error, endedAt: new Date() })
    .where('id', '=', id)
    .where('state', 'in', ['queued', 'running'])
    .execute()
  await announce(db)
}
