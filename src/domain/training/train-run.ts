/** The job that trains: runs the trainer, keeps the database told, and stores the weights. */

import { rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { AppError } from '../../errors.ts'
import { FormatError } from '../../formats/format-error.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { JobContext } from '../../storage/jobs.ts'
import type { TrainingEvent } from '../../trainers/trainer.ts'
import { findBaseById } from '../models/model-queries.ts'
import { averagedAdapter } from './average-runs.ts'
import { announce, changes } from './changes.ts'
import { findCheckpoint, findRun } from './run-queries.ts'
import { hasEnded, noProgress, type RunProgress, type RunStep, type TrainingRun } from './run.ts'
import type { TrainingApp } from './start-run.ts'
import { storeCheckpoint } from './store-checkpoint.ts'
import { adapterFolder, baseFolder, exists, runFolder } from './work-folder.ts'

/** Steps are written together this often: milliseconds. */
const interval = 400
/** Starts that ended with the whole process before a run is given up: below the queue's own limit, so that the run's record says so. */
const processDeaths = 4

/**
 * Trains a queued run to its end, or goes on with one that was interrupted, from its newest checkpoint. Aborting the signal (the server stops)
 * leaves the record as it is, for the queue to go on from. What goes wrong is written to the run, not thrown; only a bug is both.
 */
export async function trainRun(app: TrainingApp, runId: number, { signal, attempt }: JobContext): Promise<void> {
  const found = await findRun(app.db, runId)
  if (hasEnded(found.state)) return acknowledge(app.db, runId)
  const run = found.trainer === app.trainer.version ? found : await beginAnew(app, found)
  if (attempt > processDeaths)
    return fail(
      app.db,
      runId,
      `The server ended ${processDeaths} times while this run trained, most often for want of memory. Lower batchSize or maxLength and start another.`,
    )
  await app.db
    .updateTable('trainingRuns')
    .set({ state: 'running', startedAt: run.startedAt ?? new Date(), error: null })
    .where('id', '=', runId)
    .where('state', 'in', ['queued', 'running'])
    .execute()
  await announce(app.db)
  const cancelled = new AbortController()
  const ended = new AbortController()
  const watch = watchCancellation(app.db, runId, cancelled, ended.signal)
  try {
    await train(app, run, AbortSignal.any([signal, cancelled.signal]))
  } catch (error) {
    // Stopped by a shutdown, or another server has it: the record stays as it is, and the job goes on from there.
    if (signal.aborted) throw error
    if (cancelled.signal.aborted && (await isCancelled(app.db, runId))) return
    const expected = error instanceof AppError || error instanceof FormatError
    await fail(
      app.db,
      runId,
      expected ? error.message : 'Training stopped because of a fault in the software; the server log has it. "run resume" tries again.',
    )
    if (!expected) throw error
  } finally {
    ended.abort()
    await watch
    await acknowledge(app.db, runId)
  }
}

/** The software was updated while the run waited or trained: what the old trainer began, the new one must not end, so it starts from step 0. */
async function beginAnew(app: TrainingApp, { id, averagedFrom, progress: before }: TrainingRun): Promise<TrainingRun> {
  await rm(await runFolder(app, id), { recursive: true, force: true })
  await app.db.transaction().execute(async (db) => {
    await db.deleteFrom('runSteps').where('runId', '=', id).execute()
    const progress = averagedFrom === null ? noProgress : before
    const fresh = { trainer: app.trainer.version, progress: JSON.stringify(progress) }
    await db.updateTable('trainingRuns').set(fresh).where('id', '=', id).execute()
    await announce(db)
  })
  return findRun(app.db, id)
}

async function train(app: TrainingApp, run: TrainingRun, signal: AbortSignal): Promise<void> {
  if (run.examples === null) throw new AppError('conflict', `Run ${run.id} has no examples; start another.`)
  const base = await findBaseById(app.db, run.baseId)
  const output = await runFolder(app, run.id)
  if (run.averagedFrom !== null) {
    const folder = await averagedAdapter(app, base, run.averagedFrom, output)
    signal.throwIfAborted()
    await storeCheckpoint(app, { run, base, folder, step: run.progress.step })
    return rm(output, { recursive: true, force: true })
  }
  const resume = run.progress.resume && join(output, run.progress.resume.file)
  const goesOn = resume !== null && (await exists(resume))
  const events = app.trainer.train(
    {
      base: await baseFolder(app, base),
      examples: await app.blobs.file(run.examples),
      recipe: run.recipe,
      output,
      ...(run.warmStartId === null ? {} : { adapter: await adapterFolder(app, await findCheckpoint(app.db, run.warmStartId)) }),
      ...(goesOn ? { resume } : {}),
      ...(app.trainingMemory === undefined ? {} : { memoryBudget: app.trainingMemory }),
    },
    { signal },
  )

  let progress: RunProgress = run.progress
  let steps: RunStep[] = []
  let written = 0
  const write = async (): Promise<void> => {
    await writeProgress(app.db, run.id, progress, steps)
    steps = []
    written = Date.now()
  }
  for await (const event of events) {
    progress = progressAfter(progress, event, output)
    if (event.kind === 'step') {
      const { step, loss, gradientNorm, learningRate, tokensPerSecond } = event
      steps.push({ step, loss, gradientNorm, learningRate, tokensPerSecond })
    }
    if (event.kind === 'finished') {
      await write()
      signal.throwIfAborted()
      await storeCheckpoint(app, { run, base, folder: event.folder, step: event.step })
    } else if (event.kind !== 'step' || Date.now() - written > interval) await write()
  }
  // Only a run that is on record as finished may lose its files; a cancelled one can be resumed.
  if ((await findRun(app.db, run.id)).state === 'finished') await rm(output, { recursive: true, force: true })
}

function progressAfter(progress: RunProgress, event: TrainingEvent, output: string): RunProgress {
  switch (event.kind) {
    case 'planned': {
      const { steps, examples, cut, lossTokens, trainableParameters, estimatedBytes } = event
      return { ...progress, steps, plan: { examples, cut, lossTokens, trainableParameters, estimatedBytes } }
    }
    case 'step': {
      const { step, steps, loss, tokensPerSecond, secondsLeft } = event
      return { ...progress, step, steps, loss, tokensPerSecond, secondsLeft }
    }
    case 'validated': {
      const { step, loss } = event
      return { ...progress, validation: [...(progress.validation ?? []).filter((before) => before.step < step), { step, loss }] }
    }
    case 'checkpoint':
      return { ...progress, resume: { step: event.step, file: relative(output, event.file) } }
    case 'finished': {
      const { step, loss, seconds, peakBytes } = event
      return { ...progress, step, secondsLeft: 0, result: { loss, seconds, peakBytes } }
    }
    default:
      return event satisfies never
  }
}

/** A step that is trained a second time after an interruption replaces its first row, with the same numbers. */
async function writeProgress(outer: Database, runId: number, progress: RunProgress, steps: readonly RunStep[]): Promise<void> {
  await outer.transaction().execute(async (db) => {
    if (steps.length > 0)
      await db
        .insertInto('runSteps')
        .values(steps.map((step) => ({ runId, ...step })))
        .onConflict((again) =>
          again.columns(['runId', 'step']).doUpdateSet((row) => ({
            loss: row.ref('excluded.loss'),
            gradientNorm: row.ref('excluded.gradientNorm'),
            learningRate: row.ref('excluded.learningRate'),
            tokensPerSecond: row.ref('excluded.tokensPerSecond'),
          })),
        )
        .execute()
    await db
      .updateTable('trainingRuns')
      .set({ progress: JSON.stringify(progress) })
      .where('id', '=', runId)
      .execute()
    await announce(db)
  })
}

/** Aborts `cancelled` when the run is cancelled, by whichever process; returns when that or the run's end has come. */
async function watchCancellation(db: Database, runId: number, cancelled: AbortController, ended: AbortSignal): Promise<void> {
  try {
    for await (const _ of changes(db, ended))
      if (await isCancelled(db, runId)) return cancelled.abort(new AppError('conflict', `Run ${runId} was cancelled.`))
  } catch (error) {
    // Without the database the run could not say what it did: it stops, and its record with the checkpoint stays.
    if (!ended.aborted) cancelled.abort(error)
  }
}

async function isCancelled(db: Db, runId: number): Promise<boolean> {
  const row = await db.selectFrom('trainingRuns').select('state').where('id', '=', runId).executeTakeFirst()
  return row?.state === 'cancelled'
}

/** Says that a cancelled run has really stopped: from now on it may be resumed. */
async function acknowledge(db: Db, runId: number): Promise<void> {
  await db
    .updateTable('trainingRuns')
    .set({ endedAt: new Date() })
    .where('id', '=', runId)
    .where('state', '=', 'cancelled')
    .where('endedAt', 'is', null)
    .execute()
  await announce(db)
}

/** Leaves a run that was cancelled in the meantime as it is. */
async function fail(db: Db, runId: number, error: string): Promise<void> {
  await db
    .updateTable('trainingRuns')
    .set({ state: 'failed', error, endedAt: new Date() })
    .where('id', '=', runId)
    .where('state', 'in', ['queued', 'running'])
    .execute()
  await announce(db)
}
