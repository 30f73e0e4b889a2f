/** The process in which a run lives: takes one request from its parent, reports events, stops when told to or when the parent is gone. */

import { setPriority } from 'node:os'
import { AppError, sentenceOf, type ErrorCode } from '../../errors.ts'
import { FormatError } from '../../formats/format-error.ts'
import type {
  AverageRequest,
  MemoryEstimate,
  RateEvent,
  RateSearch,
  StudyRequest,
  TraceEvent,
  TraceRequest,
  TrainingEvent,
  TrainingRequest,
} from '../trainer.ts'
import { averageAdapters } from './average-adapters.ts'
import { findRateHere } from './find-learning-rate.ts'
import { planRun, type LocalOptions } from './plan.ts'
import { traceHere } from './trace-examples.ts'
import { trainHere } from './train-here.ts'

export type Work =
  | { readonly kind: 'estimate' | 'train'; readonly request: TrainingRequest }
  | { readonly kind: 'rate'; readonly request: StudyRequest; readonly search: RateSearch }
  | { readonly kind: 'trace'; readonly request: TraceRequest }
  | { readonly kind: 'average'; readonly request: AverageRequest }

export type HowToRun = Required<Pick<LocalOptions, 'threads' | 'portable'>>

export type ToChild = (Work & HowToRun) | { readonly kind: 'abort' }

export type FromChild =
  | { readonly kind: 'event'; readonly event: TrainingEvent }
  | { readonly kind: 'rate'; readonly event: RateEvent }
  | { readonly kind: 'trace'; readonly event: TraceEvent }
  | { readonly kind: 'average'; readonly folder: string }
  | { readonly kind: 'estimate'; readonly estimate: MemoryEstimate }
  | { readonly kind: 'done' }
  | {
      readonly kind: 'failed'
      /** Null for a bug. */
      readonly code: ErrorCode | null
      readonly sentence: string
      readonly stack: string
      readonly aborted: boolean
    }

const abort = new AbortController()

process.on('message', (message: ToChild) => {
  if (message.kind === 'abort') abort.abort()
  else void answer(message)
})
// Without its parent nobody hears the run; another process may already have gone on from its last checkpoint.
process.on('disconnect', () => process.exit(1))
// Ctrl-C and a stopping init system reach every process; the parent decides what they mean, so that a checkpoint is written first.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})

async function answer(message: Exclude<ToChild, { kind: 'abort' }>): Promise<void> {
  try {
    beNice()
    await work(message)
    await tell({ kind: 'done' })
  } catch (error) {
    const code = error instanceof AppError ? error.code : error instanceof FormatError ? 'invalid' : null
    const stack = error instanceof Error ? (error.stack ?? '') : ''
    const aborted = abort.signal.aborted && error === abort.signal.reason
    await tell({ kind: 'failed', code, sentence: sentenceOf(error), stack, aborted })
  }
  process.disconnect()
}

async function work(message: Exclude<ToChild, { kind: 'abort' }>): Promise<void> {
  const options = { threads: message.threads, portable: message.portable, signal: abort.signal }
  switch (message.kind) {
    case 'estimate': {
      const plan = await planRun(message.request, options)
      await plan.base.weights?.close()
      return tell({ kind: 'estimate', estimate: plan.estimate })
    }
    case 'train':
      for await (const event of trainHere(message.request, options)) await tell({ kind: 'event', event })
      return
    case 'rate':
      for await (const event of findRateHere(message.request, message.search, options)) await tell({ kind: 'rate', event })
      return
    case 'trace':
      for await (const event of traceHere(message.request, options)) await tell({ kind: 'trace', event })
      return
    case 'average': {
      const { base, adapters, output } = message.request
      return tell({ kind: 'average', folder: await averageAdapters(base, adapters, output) })
    }
    default:
      return message satisfies never
  }
}

/** Training leaves the processor to whoever answers people. */
function beNice(): void {
  try {
    setPriority(5)
  } catch {
    // Some containers forbid it; training then merely competes.
  }
}

function tell(message: FromChild): Promise<void> {
  return new Promise((resolve, reject) => process.send!(message, undefined, {}, (error) => (error ? reject(error) : resolve())))
}
