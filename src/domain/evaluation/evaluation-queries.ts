/** Reads of evaluations and their per-sample results. */

import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import type { Evaluation, SampleResult } from './evaluation.ts'

export async function findEvaluation(db: Database, id: number): Promise<Evaluation> {
  throw new AppError('unavailable', 'This verb is being written.', { cause: [db, id] })
}

/** Newest first; `after` is the id to go on below. */
export async function listEvaluations(
  db: Database,
  model: string,
  page: { readonly after?: number; readonly limit?: number } = {},
): Promise<Evaluation[]> {
  throw new AppError('unavailable', 'This verb is being written.', { cause: [db, model, page] })
}

export async function samplesOf(app: { readonly db: Database; readonly blobs: Blobs }, id: number): Promise<SampleResult[]> {
  throw new AppError('unavailable', 'This verb is being written.', { cause: [app, id] })
}
