/**
 * The trainer that needs nothing but this machine: training-graph.ts run by ONNX Runtime on the CPU.
 *
 * A run lives in a child process, not in a worker thread: `session.run()` is native code that blocks its event loop for seconds, a process that the
 * system kills for memory (or that crashes natively) then takes no server with it, its memory goes back to the system whole when it ends (ONNX Runtime's
 * arenas stay otherwise), and its peak can be measured by itself.
 */

import { fork, type ChildProcess } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { AppError } from '../../errors.ts'
import type { RateEvent, TraceEvent, Trainer, TrainingEvent } from '../trainer.ts'
import { nodeFlags } from './node-flags.ts'
import type { FromChild, HowToRun, ToChild, Work } from './training-process.ts'
import { localTrainerVersion, portableTrainerVersion } from './version.ts'

export interface LocalTrainerOptions {
  /** At most so many; by default all that this process may use. The bytes are the same for any number. */
  readonly threads?: number
  /** The same bytes on every processor, on one thread and several times slower (portable-runtime.ts). */
  readonly portable?: boolean
}

/** All that this process may use. */
export const defaultThreads = availableParallelism()

export function localTrainer(options: LocalTrainerOptions = {}): Trainer {
  const { threads = defaultThreads, portable = false } = options
  return {
    version: portable ? portableTrainerVersion : localTrainerVersion,

    async estimate(request) {
      for await (const message of converse({ kind: 'estimate', request, threads, portable }))
        if (message.kind === 'estimate') return message.estimate
      throw new Error('The training process ended without an estimate.')
    },

    async *train(request, { signal } = {}): AsyncGenerator<TrainingEvent> {
      for await (const message of converse({ kind: 'train', request, threads, portable }, signal))
        if (message.kind === 'event') yield message.event
    },

    async *findRate(request, search, { signal } = {}): AsyncGenerator<RateEvent> {
      for await (const message of converse({ kind: 'rate', request, search, threads, portable }, signal))
        if (message.kind === 'rate') yield message.event
    },

    async *trace(request, { signal } = {}): AsyncGenerator<TraceEvent> {
      for await (const message of converse({ kind: 'trace', request, threads, portable }, signal))
        if (message.kind === 'trace') yield message.event
    },

    async average(request) {
      for await (const message of converse({ kind: 'average', request, threads, portable }))
        if (message.kind === 'average') return message.folder
      throw new Error('The training process ended without an average.')
    },
  }
}

/**
 * Tells glibc to keep what a step frees for the next one. By its defaults it gives large results back to the kernel, which then clears the same pages again
 * and again: a fifth of a step's processor time at 135 M parameters, at the same peak. What takes 32 MiB goes back all the same: there are few such results, and
 * the gaps that they left cost up to a tenth of the peak (docs/log.md). Both training threads share one heap: with one each the peak was 5 % higher, at the same speed.
 * Other systems' allocators do not read these.
 */
const keepMemory = { MALLOC_MMAP_THRESHOLD_: String(2 ** 25), MALLOC_TRIM_THRESHOLD_: String(2 ** 32), MALLOC_ARENA_MAX: '1' }

type Answer = Exclude<FromChild, { kind: 'done' | 'failed' }>

/** Starts a process, hands on what it says and throws what it failed with. Leaving the iteration early ends the process. */
async function* converse(start: Work & HowToRun, signal?: AbortSignal): AsyncGenerator<Answer> {
  signal?.throwIfAborted()
  const child = fork(fileURLToPath(new URL('training-process.ts', import.meta.url)), [], {
    serialization: 'advanced',
    execArgv: [...nodeFlags],
    env: { ...process.env, ...keepMemory },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const { messages, ended } = listen(child)
  const stop = (): void => send(child, { kind: 'abort' })
  signal?.addEventListener('abort', stop, { once: true })
  try {
    send(child, start)
    for (;;) {
      const message = await messages.next()
      if (message === null) break
      if (message.kind === 'done') return
      if (message.kind === 'failed') {
        if (message.aborted) signal?.throwIfAborted()
        if (message.code) throw new AppError(message.code, message.sentence)
        throw new Error(`The training process failed: ${message.sentence}`, { cause: message.stack })
      }
      yield message
    }
    const { how, stderr } = await ended
    throw new AppError(
      'unavailable',
      `The training process ended in the middle of its work (${how}), most often because the machine ran out of memory; resume from the last checkpoint, or lower batchSize.`,
      { cause: stderr },
    )
  } finally {
    signal?.removeEventListener('abort', stop)
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await ended
  }
}

function send(child: ChildProcess, message: ToChild): void {
  // A process that has just ended cannot be told anything; that it ended is reported by itself.
  if (child.connected) child.send(message, () => {})
}

function listen(child: ChildProcess): { messages: { next(): Promise<FromChild | null> }; ended: Promise<{ how: string; stderr: string }> } {
  const waiting: (FromChild | null)[] = []
  let wake: (() => void) | undefined
  const push = (message: FromChild | null): void => {
    waiting.push(message)
    wake?.()
  }
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-4000)))
  child.on('message', (message) => push(message as FromChild))
  const ended = new Promise<{ how: string; stderr: string }>((resolve) => {
    child.on('error', (error) => {
      push(null)
      resolve({ how: error.message, stderr })
    })
    // 'close' comes after the last message and the last line of stderr.
    child.on('close', (code, killedBy) => {
      push(null)
      resolve({ how: killedBy ? `killed by ${killedBy}` : `exit code ${code}`, stderr })
    })
  })
  return {
    ended,
    messages: {
      async next() {
        while (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve))
        return waiting.shift()!
      },
    },
  }
}
