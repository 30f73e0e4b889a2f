/** Lets a cancelled or failed run go on from its newest checkpoint, or from the start where it has none. */

import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import type { Jobs } from '../../storage/jobs.ts'
import type { Trainer } from '../../trainers/trainer.ts'
import { requireRole, type Actor } from '../people/actor.ts'
import { announce } from './changes.ts'
import { findRun } from './run-queries.ts'
import type { TrainingRun } from './run.ts'

/** Reviewers and maintainers. One that is queued or running is returned as it is; a finished one is a `conflict`. */
export async function resumeRun(
  app: { readonly db: Database; readonly jobs: Pick<Jobs, 'enqueue'>; readonly trainer: Pick<Trainer, 'version'> },
  actor: Actor,
  id: number,
): Promise<TrainingRun> {
  return app.db.transaction().execute(async (db) => {
    const run = await findRun(db, id)
    requireRole(actor, 'reviewer', run.modelId)
    if (run.state === 'finished') throw new AppError('conflict', `Run ${id} has finished; "train --again" makes another.`)
    if (run.state === 'queued' || run.state === 'running') return run
    if (run.endedAt === null) throw new AppError('conflict', `Run ${id} is still stopping; resume it in a moment.`)
    if (run.trainer !== app.trainer.version)
      throw new AppError(
        'conflict',
        `Run ${id} was begun by ${run.trainer} and this is ${app.trainer.version}: its end would depend on both. Start a new run with "train".`,
      )
    await db.updateTable('trainingRuns').set({ state: 'queued', error: null, endedAt: null }).where('id', '=', id).execute()
    await announce(db)
    await app.jobs.enqueue(db, 'train', { runId: id })
    return findRun(db, id)
  })
}
