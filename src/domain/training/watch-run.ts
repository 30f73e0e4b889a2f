/** Follows a run from anywhere that sees the database. */

import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import type { RunStep, TrainingRun } from './run.ts'

export interface RunUpdate {
  readonly run: TrainingRun
  /** Steps since the last update. */
  readonly steps: readonly RunStep[]
}

/** Ends after the update in which the run has ended. */
export async function* watchRun(
  app: { readonly db: Database },
  id: number,
  options: { readonly signal?: AbortSignal } = {},
): AsyncIterable<RunUpdate> {
  throw new AppError('unavailable', 'This verb is being written.', { cause: [app, id, options] })
}
