/** Reads of runs, their steps and checkpoints. */

import { AppError } from '../../errors.ts'
import type { Db } from '../../storage/database.ts'
import { defaultSettings, type Recipe } from '../../trainers/trainer.ts'
import { findModel } from '../models/model-queries.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'
import { noProgress, type AveragedRun, type Checkpoint, type RunProgress, type RunStep, type TrainingRun } from './run.ts'

export async function findRun(db: Db, id: number): Promise<TrainingRun> {
  const row = await runs(db).where('trainingRuns.id', '=', id).executeTakeFirst()
  if (!row) throw new AppError('not-found', `There is no run ${id}; "run list <owner/name>" shows those there are.`)
  return toRun(row)
}

/** Candidates, newest first; `after` is the id to go on below. */
export async function listRuns(db: Db, model: string, page: Page = {}): Promise<TrainingRun[]> {
  const { id } = await findModel(db, model)
  let query = runs(db).where('trainingRuns.modelId', '=', id).where('trainingRuns.purpose', '=', 'candidate')
  if (page.after !== undefined) query = query.where('trainingRuns.id', '<', page.after)
  return (await query.orderBy('trainingRuns.id', 'desc').limit(pageLimit(page)).execute()).map(toRun)
}

/** The newest candidate that has a checkpoint, or null. */
export async function newestFinishedRun(db: Db, modelId: number): Promise<TrainingRun | null> {
  const row = await runs(db)
    .where('trainingRuns.modelId', '=', modelId)
    .where('trainingRuns.purpose', '=', 'candidate')
    .where('datasetRevisions.number', 'is not', null)
    .where('trainingRuns.state', '=', 'finished')
    .orderBy('trainingRuns.id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ? toRun(row) : null
}

/** Steps beyond `after`, in order. */
export async function stepsOf(db: Db, runId: number, options: { readonly after?: number } = {}): Promise<RunStep[]> {
  return db
    .selectFrom('runSteps')
    .select(['step', 'loss', 'gradientNorm', 'learningRate', 'tokensPerSecond'])
    .where('runId', '=', runId)
    .where('step', '>', options.after ?? 0)
    .orderBy('step')
    .execute()
}

export async function findCheckpoint(db: Db, id: number): Promise<Checkpoint> {
  const row = await db.selectFrom('checkpoints').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) throw new AppError('not-found', `There is no checkpoint ${id}; "run show" names a run's checkpoint.`)
  return row
}

/** Every run with its revision and its checkpoint, where it has one. */
function runs(db: Db) {
  return db
    .selectFrom('trainingRuns')
    .innerJoin('datasetRevisions', 'datasetRevisions.id', 'trainingRuns.revisionId')
    .leftJoin('checkpoints', 'checkpoints.runId', 'trainingRuns.id')
    .selectAll('trainingRuns')
    .select([
      'datasetRevisions.number as revisionNumber',
      'datasetRevisions.digest as revisionDigest',
      'datasetRevisions.count as revisionCount',
      'checkpoints.id as checkpointId',
      'checkpoints.step as checkpointStep',
      'checkpoints.digest as checkpointDigest',
      'checkpoints.files as checkpointFiles',
      'checkpoints.served as checkpointServed',
      'checkpoints.createdAt as checkpointCreatedAt',
    ])
}

type RunRow = Awaited<ReturnType<ReturnType<typeof runs>['execute']>>[number]

function toRun(row: RunRow): TrainingRun {
  return {
    id: row.id,
    modelId: row.modelId,
    baseId: row.baseId,
    revision: { id: row.revisionId, number: row.revisionNumber, digest: row.revisionDigest, count: row.revisionCount },
    warmStartId: row.warmStartId,
    averagedFrom: row.averagedFrom as readonly AveragedRun[] | null,
    purpose: row.purpose,
    // A run from before a setting existed had its default.
    recipe: { ...defaultSettings, ...(row.recipe as Recipe) },
    trainer: row.trainer,
    examples: row.examples,
    state: row.state,
    progress: (row.progress as RunProgress | null) ?? noProgress,
    error: row.error,
    startedBy: row.startedBy,
    createdAt: row.createdAt,
    startedAt: row.startedAt,
    endedAt: row.endedAt,
    checkpoint:
      row.checkpointId === null
        ? null
        : {
            id: row.checkpointId,
            runId: row.id,
            step: row.checkpointStep!,
            digest: row.checkpointDigest!,
            files: row.checkpointFiles!,
            served: row.checkpointServed!,
            createdAt: row.checkpointCreatedAt!,
          },
  }
}
