/** The job that makes a study: the trainer works, the record is kept told, and what was found is kept with what it was made from. */

import { AppError } from '../../errors.ts'
import { FormatError } from '../../formats/format-error.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { JobContext } from '../../storage/jobs.ts'
import { announce, changes } from '../training/changes.ts'
import { hasEnded } from '../training/run.ts'
import type { TrainingApp } from '../training/start-run.ts'
import { searchRate } from './search-rate.ts'
import { findStudy } from './study-queries.ts'
import type { Study } from './study.ts'
import { traceAnswer } from './trace-answer.ts'

/** Progress is written this often: milliseconds. */
const interval = 400
/** Starts that ended with the whole process before a study is given up. */
const processDeaths = 3

/** Tells how far the work is. */
export type Told = (done: number, of: number) => Promise<void>

/**
 * Makes a queued study, from its beginning where it was interrupted. Aborting the signal leaves the record as it is, for the queue to begin again. What goes
 * wrong is written to the study; only a bug is thrown too.
 */
export async function runStudy(app: TrainingApp, id: number, { signal, attempt }: JobContext): Promise<void> {
  const study = await findStudy(app.db, id)
  if (hasEnded(study.state)) return
  if (attempt > processDeaths) return end(app.db, id, 'The server ended several times during this study, most often for want of memory.')
  await app.db
    .updateTable('studies')
    .set({ state: 'running', startedAt: study.startedAt ?? new Date(), trainer: app.trainer.version })
    .where('id', '=', id)
    .where('state', 'in', ['queued', 'running'])
    .execute()
  await announce(app.db)
  const cancelled = new AbortController()
  const ended = new AbortController()
  const watch = watchCancellation(app.db, id, cancelled, ended.signal)
  try {
    const result = await make(app, study, progressOf(app.db, id), AbortSignal.any([signal, cancelled.signal]))
    await app.db
      .updateTable('studies')
      .set({ state: 'finished', result: JSON.stringify(result), endedAt: new Date() })
      .where('id', '=', id)
      .where('state', '=', 'running')
      .execute()
  } catch (error) {
    if (signal.aborted) throw error
    if (cancelled.signal.aborted) return
    const expected = error instanceof AppError || error instanceof FormatError
    await end(app.db, id, expected ? error.message : 'It stopped because of a fault in the software; the server log has it.')
    if (!expected) throw error
  } finally {
    ended.abort()
    await watch
    await announce(app.db)
  }
}

function make(app: TrainingApp, study: Study, told: Told, signal: AbortSignal): Promise<NonNullable<Study['result']>> {
  return study.kind === 'rate' ? searchRate(app, study, told, signal) : traceAnswer(app, study, told, signal)
}

function progressOf(db: Db, id: number): Told {
  let written = 0
  return async (done, of) => {
    if (done < of && Date.now() - written < interval) return
    written = Date.now()
    await db.updateTable('studies').set({ done, total: of }).where('id', '=', id).execute()
    await announce(db)
  }
}

/** Aborts `cancelled` when the study is cancelled, by whichever process; returns when that or its end has come. */
async function watchCancellation(db: Database, id: number, cancelled: AbortController, ended: AbortSignal): Promise<void> {
  try {
    for await (const _ of changes(db, ended)) {
      const row = await db.selectFrom('studies').select('state').where('id', '=', id).executeTakeFirst()
      if (row?.state === 'cancelled') return cancelled.abort(new AppError('conflict', `Study ${id} was cancelled.`))
    }
  } catch (error) {
    if (!ended.aborted) cancelled.abort(error)
  }
}

async function end(db: Db, id: number, error: string): Promise<void> {
  await db
    .updateTable('studies')
    .set({ state: 'failed', error, endedAt: new Date() })
    .where('id', '=', id)
    .where('state', 'in', ['queued', 'running'])
    .execute()
  await announce(db)
}
