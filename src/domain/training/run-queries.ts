/** Reads of runs, their steps and checkpoints. */

import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import type { Checkpoint, RunStep, TrainingRun } from './run.ts'

export async function findRun(db: Database, id: number): Promise<TrainingRun> {
  throw new AppError('unavailable', 'This verb is being written.', { cause: [db, id] })
}

/** Newest first; `after` is the id to go on below. */
export async function listRuns(
  db: Database,
  model: string,
  page: { readonly after?: number; readonly limit?: number } = {},
): Promise<TrainingRun[]> {
  throw new AppError('unavailable', 'This verb is being written.', { cause: [db, model, page] })
}

/** Steps beyond `after`, in order. */
export async function stepsOf(db: Database, runId: number, options: { readonly after?: number } = {}): Promise<RunStep[]> {
  throw new AppError('unavailable', 'This verb is being written.', { cause: [db, runId, options] })
}

export async function findCheckpoint(db: Database, id: number): Promise<Checkpoint> {
  throw new AppError('unavailable', 'This verb is being written.', { cause: [db, id] })
}
