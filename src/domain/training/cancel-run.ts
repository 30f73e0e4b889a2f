/** Stops a run that has not ended. */

import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import type { Actor } from '../people/actor.ts'
import type { TrainingRun } from './run.ts'

export async function cancelRun(app: { readonly db: Database }, actor: Actor, id: number): Promise<TrainingRun> {
  throw new AppError('unavailable', 'This verb is being written.', { cause: [app, actor, id] })
}
