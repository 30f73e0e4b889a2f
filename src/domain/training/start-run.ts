/** Queues a training run. */

import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import type { Actor } from '../people/actor.ts'
import type { TrainingRun } from './run.ts'
import type { Trainer } from '../../trainers/trainer.ts'

export interface TrainingApp {
  readonly db: Database
  readonly blobs: Blobs
  readonly trainer: Trainer
  /** Folder for runs in progress; what is in it can be made again. */
  readonly workFolder: string
}

/** Queues a run on the newest dataset revision (reviewer or above). `recipe` is YAML. An identical run that finished is returned as it is, unless `again`. */
export async function startRun(
  app: TrainingApp,
  actor: Actor,
  model: string,
  options: { readonly recipe?: string; readonly again?: boolean } = {},
): Promise<TrainingRun> {
  throw new AppError('unavailable', 'This verb is being written.', { cause: [app, actor, model, options] })
}
