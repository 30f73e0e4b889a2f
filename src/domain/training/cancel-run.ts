/** Stops a run that has not ended. Its newest checkpoint stays, so that it can be resumed. */

import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import { requireRole, type Actor } from '../people/actor.ts'
import { announce } from './changes.ts'
import { findRun } from './run-queries.ts'
import { hasEnded, type TrainingRun } from './run.ts'

/** Reviewers and maintainers. The trainer notices within a second or at the end of the step it is in; the record says so at once. */
export async function cancelRun(app: { readonly db: Database }, actor: Actor, id: number): Promise<TrainingRun> {
  return app.db.transaction().execute(async (db) => {
    const run = await findRun(db, id)
    requireRole(actor, 'reviewer', run.modelId)
    if (run.state === 'cancelled') return run
    if (hasEnded(run.state)) throw new AppError('conflict', `Run ${id} has ${run.state} already; there is nothing to cancel.`)
    // Without an end the run is still stopping: the job that trains writes it.
    await db
      .updateTable('trainingRuns')
      .set({ state: 'cancelled', endedAt: run.state === 'queued' ? new Date() : null })
      .where('id', '=', id)
      .where('state', '=', run.state)
      .execute()
    await announce(db)
    return findRun(db, id)
  })
}
