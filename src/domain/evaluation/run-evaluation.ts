/** The job that evaluates: asks the engine about every sample of a suite, several at a time, and keeps what each one gave. */

import { AppError } from '../../errors.ts'
import type { Engine } from '../../engines/engine.ts'
import { FormatError } from '../../formats/format-error.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { JobContext } from '../../storage/jobs.ts'
import { readSuite } from '../models/suite-queries.ts'
import type { SuiteSample } from '../models/suite.ts'
import { announce } from '../training/changes.ts'
import { hasEnded } from '../training/run.ts'
import type { Evaluation, SampleResult } from './evaluation.ts'
import { findEvaluation } from './evaluation-queries.ts'
import { scoreOf, scoreSample } from './scorers.ts'

export interface EvaluationApp {
  readonly db: Database
  readonly blobs: Blobs
  readonly engine: Engine
}

/** Samples asked about at once: an engine answers several requests in one pass over its weights. */
const inFlight = 32
/** The count of answered samples is written this often: milliseconds. */
const interval = 500
/** As for training: below the queue's own limit, so that the record says what happened. */
const processDeaths = 4

/**
 * Evaluates from the first sample: an interrupted evaluation starts again, so that one record comes from one process and one engine. Aborting the
 * signal leaves the record as it is, for the queue to begin again. What goes wrong is written to the record; only a bug is thrown too.
 */
export async function runEvaluation(app: EvaluationApp, id: number, { signal, attempt }: JobContext): Promise<void> {
  const evaluation = await findEvaluation(app.db, id)
  if (hasEnded(evaluation.state)) return
  if (attempt > processDeaths)
    return fail(app.db, id, `The server ended ${processDeaths} times while it ran, most often for want of memory; free some and ask again.`)
  await app.db.updateTable('evaluations').set({ state: 'running', done: 0, error: null }).where('id', '=', id).execute()
  const started = performance.now()
  try {
    const results = await askAll(app, evaluation, signal)
    const lines = results.map((result) => `${JSON.stringify(result)}\n`).join('')
    const { digest } = await app.blobs.put(Buffer.from(lines))
    const { score } = scoreOf(evaluation.suite.kind, results)
    await app.db
      .updateTable('evaluations')
      .set({ state: 'finished', score, samples: digest, done: results.length, seconds: (performance.now() - started) / 1000 })
      .where('id', '=', id)
      .execute()
    await announce(app.db)
  } catch (error) {
    if (signal.aborted) throw error
    const expected = error instanceof AppError || error instanceof FormatError
    const sentence = expected
      ? error.message
      : 'It stopped because of a fault in the software; the server log has it. "evaluate" tries again.'
    await fail(app.db, id, sentence)
    if (!expected) throw error
  }
}

async function fail(db: Db, id: number, error: string): Promise<void> {
  await db.updateTable('evaluations').set({ state: 'failed', error }).where('id', '=', id).execute()
  await announce(db)
}

async function askAll(app: EvaluationApp, evaluation: Evaluation, signal: AbortSignal): Promise<SampleResult[]> {
  const results: SampleResult[] = []
  // One failing sample ends the others too: a score over some of the samples would not be the suite's.
  const failed = new AbortController()
  const options = { signal: AbortSignal.any([signal, failed.signal]) }
  const samples = readSuite(app, evaluation.suite)[Symbol.asyncIterator]()
  let asked = 0
  let done = 0
  let written = performance.now()
  const ask = async (): Promise<void> => {
    for (;;) {
      options.signal.throwIfAborted()
      // A generator answers overlapping calls in the order they came, so the count is the sample's line.
      const index = asked++
      const next = await samples.next()
      if (next.done) return
      const sample = next.value
      results[index] = await scoreSample(app.engine, evaluation.served, sample, index, options).catch((cause: unknown) => {
        throw aboutSample(cause, evaluation, sample, index)
      })
      done++
      if (performance.now() - written < interval) continue
      written = performance.now()
      await app.db.updateTable('evaluations').set({ done }).where('id', '=', evaluation.id).execute()
      await announce(app.db)
    }
  }
  await Promise.allSettled(Array.from({ length: inFlight }, () => ask().catch((error: unknown) => failed.abort(error))))
  // Stopped in the middle, the suite's file would stay open.
  await samples.return?.()
  options.signal.throwIfAborted()
  return results
}

function aboutSample(cause: unknown, { suite }: Evaluation, sample: SuiteSample, index: number): unknown {
  if (!(cause instanceof AppError)) return cause
  return new AppError(cause.code, `Sample ${index + 1} of suite ${suite.name} (${sample.kind}): ${cause.message}`, { cause })
}
