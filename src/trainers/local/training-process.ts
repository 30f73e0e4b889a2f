/** The process in which a run lives: takes one request from its parent, reports events, stops when told to or when the parent is gone. */

import { setPriority } from 'node:os'
import { AppError, sentenceOf, type ErrorCode } from '../../errors.ts'
import { FormatError } from '../../formats/format-error.ts'
import type { MemoryEstimate, TrainingEvent, TrainingRequest } from '../trainer.ts'
import { planRun } from './plan.ts'
import { trainHere } from './train-here.ts'
import { localTrainerVersion } from './version.ts'

export type ToChild =
  { readonly kind: 'estimate' | 'train'; readonly request: TrainingRequest; readonly threads: number } | { readonly kind: 'abort' }

export type FromChild =
  | { readonly kind: 'event'; readonly event: TrainingEvent }
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
    if (message.kind === 'estimate') {
      const plan = await planRun(message.request, localTrainerVersion(message.threads))
      await plan.base.weights?.close()
      await tell({ kind: 'estimate', estimate: plan.estimate })
    } else {
      for await (const event of trainHere(message.request, { threads: message.threads, signal: abort.signal }))
        await tell({ kind: 'event', event })
    }
    await tell({ kind: 'done' })
  } catch (error) {
    const code = error instanceof AppError ? error.code : error instanceof FormatError ? 'invalid' : null
    const stack = error instanceof Error ? (error.stack ?? '') : ''
    const aborted = abort.signal.aborted && error === abort.signal.reason
    await tell({ kind: 'failed', code, sentence: sentenceOf(error), stack, aborted })
  }
  process.disconnect()
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
