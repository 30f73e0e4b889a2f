/** The job that moves a train: one stage inline per job, after which others in the queue have their turn. */

import { AppError } from '../../errors.ts'
import { FormatError } from '../../formats/format-error.ts'
import type { Db } from '../../storage/database.ts'
import type { JobContext } from '../../storage/jobs.ts'
import type { BuildApp } from '../builds/run-build.ts'
import { findEvaluations } from '../evaluation/evaluation-queries.ts'
import { runEvaluation } from '../evaluation/run-evaluation.ts'
import { findBaseById, findModelById } from '../models/model-queries.ts'
import { notify } from '../notifications/notify.ts'
import { operator } from '../people/actor.ts'
import { idsWithRole } from '../people/member-queries.ts'
import { evaluateSubject } from '../releases/evaluate-subject.ts'
import { previewRelease } from '../releases/publish-release.ts'
import { announce } from '../training/changes.ts'
import { findRun } from '../training/run-queries.ts'
import { trainRun } from '../training/train-run.ts'
import { findTwin, insertRun, recipeOf, storeExamples, type WantedRun } from '../training/wanted-run.ts'
import { unresolvedSentence } from './evidence.ts'
import { proposeRelease } from './propose-release.ts'
import { releaseTrain } from './publish-train.ts'
import type { ReleaseTrain, TrainStage } from './release-train.ts'
import { brokenSuites, searchCause } from './search-cause.ts'
import { findTrain, scheduleOf } from './train-queries.ts'
import { datasetWith } from './trial-dataset.ts'

/** Starts of one stage that ended with the whole process before the train is given up: below the queue's own limit, so that its record says so. */
const processDeaths = 4

/**
 * Does the stage the train is at, records the next one and asks for it in one transaction: killed at any moment, it goes on from the stage it was in, whose
 * own records (run, evaluations, builds) go on from where they were. What goes wrong is written to the train; only a bug is thrown too.
 */
export async function advanceTrain(app: BuildApp, id: number, context: JobContext): Promise<void> {
  const train = await findTrain(app.db, id)
  if (train.state !== 'running') return
  if (context.attempt > processDeaths)
    return stop(app, train, 'failed', `The server ended ${processDeaths} times in this stage, most often for want of memory; free some and start another train.`) // prettier-ignore
  try {
    await stages[train.stage](app, train, context)
  } catch (error) {
    if (context.signal.aborted) throw error
    const expected = error instanceof AppError || error instanceof FormatError
    await stop(app, train, 'failed', expected ? error.message : 'It stopped because of a fault in the software; the server log has it.')
    if (!expected) throw error
  }
}

const stages: Record<TrainStage, (app: BuildApp, train: ReleaseTrain, context: JobContext) => Promise<void>> = {
  async train(app, train, context) {
    const runId = train.runId ?? (await requestCandidate(app, train))
    if (runId === null) return
    await trainRun(app, runId, context)
    context.signal.throwIfAborted()
    const run = await findRun(app.db, runId)
    if (run.checkpoint !== null) return moveOn(app, train, 'evaluate')
    const cancelled = run.state === 'cancelled'
    await stop(app, train, cancelled ? 'cancelled' : 'failed', cancelled ? `Its run ${runId} was cancelled.` : `Its run ${runId} failed: ${run.error ?? ''}`) // prettier-ignore
  },

  async evaluate(app, train, context) {
    const { subject, base, previous } = await evaluateSubject(app, operator, train.model, { run: train.runId! })
    const ids = [...subject, ...base, ...previous].map(({ id }) => id)
    for (const id of ids) {
      await runEvaluation(app, id, context)
      context.signal.throwIfAborted()
    }
    const failed = (await findEvaluations(app.db, ids)).find(({ state }) => state !== 'finished')
    if (failed) throw new AppError('conflict', `Suite ${failed.suite.name} could not be run: ${failed.error ?? failed.state}.`)
    await moveOn(app, train, 'gate')
  },

  async gate(app, train) {
    const report = await previewRelease(app, train.model, { run: train.runId! })
    const gate = JSON.stringify(report)
    if (report.passed) {
      const { publish } = await scheduleOf(app.db, train.modelId)
      return moveOn(app, train, publish && train.leftOut.length === 0 ? 'publish' : 'propose', { gate })
    }
    const record = { gate, ...(train.firstGate === null && { firstGate: gate }) }
    const failed = report.suites.filter(({ passed }) => !passed).map(({ reason }) => reason)
    const first = train.firstGate === null ? null : new Set(brokenSuites(train.firstGate))
    const broken = brokenSuites(report)
    if (broken.length === 0)
      return stop(app, train, 'stopped', `Nothing got worse, but the gate does not hold. ${failed.join(' ')}`, record)
    if (first && broken.some((id) => !first.has(id)))
      return stop(app, train, 'stopped', `Without ${train.leftOut.join(', ')} the gate fails elsewhere. ${failed.join(' ')}`, record)
    await moveOn(app, train, 'search', record)
  },

  async search(app, train, context) {
    const { builds } = await scheduleOf(app.db, train.modelId)
    const finding = await searchCause(app, train, brokenSuites(train.firstGate!), builds, context)
    if (finding.kind === 'unanswered') return moveOn(app, train, 'search')
    if (finding.kind !== 'found') return stop(app, train, 'stopped', unresolvedSentence(finding, train))
    const leftOut = [...train.leftOut, ...finding.culprits.flat().map(({ id }) => id)].sort((a, b) => a - b)
    if (leftOut.length === train.passengers.length)
      return stop(app, train, 'stopped', `Each of those aboard breaks the gate by itself: ${leftOut.join(', ')}. There is nobody left to release.`) // prettier-ignore
    await moveOn(app, train, 'train', { leftOut: JSON.stringify(leftOut), runId: null })
  },

  async propose(app, train) {
    await proposeRelease(app, train)
  },

  async publish(app, train) {
    await releaseTrain(app, operator, train)
  },
}

/** The run of those aboard: one that did exactly this before, or a new one. Null where the train was cancelled meanwhile. */
async function requestCandidate(app: BuildApp, train: ReleaseTrain): Promise<number | null> {
  const model = await findModelById(app.db, train.modelId)
  const base = await findBaseById(app.db, model.baseId)
  const aboard = train.passengers.map(({ id }) => id).filter((id) => !train.leftOut.includes(id))
  const revision =
    train.leftOut.length === 0
      ? await app.db.selectFrom('datasetRevisions').select(['id', 'modelId', 'digest', 'count']).where('id', '=', train.revisionId).executeTakeFirstOrThrow() // prettier-ignore
      : await app.db.transaction().execute((db) => datasetWith(db, train, aboard))
  if (revision.count === 0) throw new AppError('conflict', 'Without what is left out the dataset is empty.')
  const wanted: WantedRun = { base, revision, recipe: recipeOf(model, base), warmStart: null, purpose: 'candidate' }
  const twin = await findTwin(app, wanted)
  const examples = twin === null ? await storeExamples(app, wanted) : null
  return app.db.transaction().execute(async (db) => {
    const runId = twin ?? (await insertRun(app, db, operator, wanted, examples!)).id
    const moved = await db
      .updateTable('releaseTrains')
      .set({ runId })
      .where('id', '=', train.id)
      .where('state', '=', 'running')
      .executeTakeFirst()
    await announce(db)
    if (moved.numUpdatedRows > 0n) return runId
    await db.updateTable('trainingRuns').set({ state: 'cancelled', endedAt: new Date() }).where('id', '=', runId).where('state', '=', 'queued').execute() // prettier-ignore
    return null
  })
}

interface Found {
  readonly gate?: string
  readonly firstGate?: string
  readonly leftOut?: string
  readonly runId?: number | null
}

/** Records the next stage and asks for it, unless the train was cancelled meanwhile. */
async function moveOn(app: BuildApp, train: ReleaseTrain, stage: TrainStage, found: Found = {}): Promise<void> {
  await app.db.transaction().execute(async (db) => {
    const moved = await db
      .updateTable('releaseTrains')
      .set({ stage, ...found })
      .where('id', '=', train.id)
      .where('state', '=', 'running')
      .executeTakeFirst()
    if (moved.numUpdatedRows === 0n) return
    await app.jobs.enqueue(db, 'advance-train', { trainId: train.id })
    await announce(db)
  })
}

async function stop(
  app: BuildApp,
  train: ReleaseTrain,
  state: 'stopped' | 'failed' | 'cancelled',
  outcome: string,
  found: Found = {},
): Promise<void> {
  await app.db.transaction().execute(async (db: Db) => {
    const moved = await db
      .updateTable('releaseTrains')
      .set({ state, outcome, endedAt: new Date(), ...found })
      .where('id', '=', train.id)
      .where('state', '=', 'running')
      .executeTakeFirst()
    if (moved.numUpdatedRows === 0n) return
    await notify(db, {
      personIds: [...(await idsWithRole(db, train.modelId, 'maintainer')), train.startedBy],
      kind: 'train',
      sentence: `Train ${train.number} of ${train.model} ${state === 'stopped' ? 'stopped at the gate' : state === 'failed' ? 'failed' : 'was cancelled'}: ${outcome}`,
      link: `/trains/${train.id}`,
      key: `train ${train.id} ended`,
    })
    await announce(db)
  })
}
