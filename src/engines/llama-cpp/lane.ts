/** One llama.cpp context in which requests run side by side: every step evaluates the next tokens of all of them in one batch. */

import type { ControlledEvaluateIndexOutput, ControlledEvaluateInputItem, LlamaContext, LlamaContextSequence } from 'node-llama-cpp'
import { AppError, sentenceOf } from '../../errors.ts'

export type Input = ControlledEvaluateInputItem
export type Output = ControlledEvaluateIndexOutput['next']

/** What a request asks of the model: tokens to read, then further ones that depend on what came out. */
export interface Work {
  readonly prompt: readonly Input[]
  /** Takes what the inputs asked for, in order; returns the next inputs, or null when done. */
  next(outputs: readonly Output[]): Input[] | null
}

interface Running {
  readonly work: Work
  readonly resolve: () => void
  readonly reject: (reason: Error) => void
  /** Not yet evaluated. */
  input: Input[]
  outputs: Output[]
  ended: boolean
}

interface Seat {
  readonly sequence: LlamaContextSequence
  running: Running | null
}

export class Lane {
  readonly #context: LlamaContext
  readonly #batchSize: number
  /** In the order of llama.cpp's sequence numbers: it batches only sequences that come in ascending order without gaps. */
  readonly #seats: readonly Seat[]
  readonly #waiting: Running[] = []
  #stepping: Promise<void> | null = null

  /** @param batchSize tokens in one step, no fewer than the context has sequences */
  constructor(context: LlamaContext, batchSize: number) {
    this.#context = context
    this.#batchSize = batchSize
    this.#seats = Array.from({ length: context.totalSequences }, () => ({ sequence: context.getSequence(), running: null }))
  }

  /** Settles when the work is done. Aborting rejects with the signal's reason at once; the seat is free after the step under way. */
  run(work: Work, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error)
      const abort = (): void => end(() => reject(signal!.reason as Error))
      const end = (settle: () => void): void => {
        if (running.ended) return
        running.ended = true
        signal?.removeEventListener('abort', abort)
        const at = this.#waiting.indexOf(running)
        if (at !== -1) this.#waiting.splice(at, 1)
        settle()
      }
      const running: Running = {
        work,
        resolve: () => end(resolve),
        reject: (reason) => end(() => reject(reason)),
        input: [...work.prompt],
        outputs: [],
        ended: false,
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiting.push(running)
      this.#stepping ??= this.#steps()
    })
  }

  /** Ends whatever runs with `reason` and gives the memory back once the step under way is over. */
  async close(reason: Error): Promise<void> {
    for (const running of this.#unfinished()) running.reject(reason)
    await this.#stepping
    await this.#context.dispose()
  }

  #unfinished(): Running[] {
    return [...this.#waiting, ...this.#seats.flatMap((seat) => seat.running ?? [])]
  }

  async #steps(): Promise<void> {
    // Requests that come in the same turn of the event loop share the first batch.
    await new Promise(setImmediate)
    try {
      while (await this.#seat()) await this.#step()
    } catch (error) {
      for (const running of this.#unfinished()) running.reject(error as Error)
    }
    this.#stepping = null
    if (this.#waiting.length > 0) this.#stepping = this.#steps()
  }

  /** Frees seats of those that ended and gives them to those that wait; says whether any is taken. */
  async #seat(): Promise<boolean> {
    let taken = false
    for (const seat of this.#seats) {
      if (seat.running?.ended) seat.running = null
      if (!seat.running && this.#waiting.length > 0) {
        seat.running = this.#waiting.shift()!
        if (seat.sequence.nextTokenIndex > 0) await seat.sequence.clearHistory()
      }
      if (seat.running) taken = true
    }
    return taken
  }

  async #step(): Promise<void> {
    const seats = this.#seats.filter((seat) => seat.running)
    // Everybody gets a token, so that nobody's answer waits for the whole of another's long prompt.
    let spare = this.#batchSize - seats.length
    await Promise.all(
      seats.map(async ({ sequence, running }) => {
        if (!running) return
        const taken = Math.min(running.input.length, 1 + spare)
        spare -= taken - 1
        const input = running.input.slice(0, taken)
        running.input = running.input.slice(taken)
        try {
          for (const output of await sequence.controlledEvaluate(input)) if (output !== undefined) running.outputs.push(output.next)
        } catch (error) {
          return running.reject(
            new AppError('unavailable', `The model could not compute an answer: ${sentenceOf(error)}.`, { cause: error }),
          )
        }
        if (running.ended || running.input.length > 0) return
        try {
          const following = running.work.next(running.outputs)
          running.outputs = []
          if (following === null) running.resolve()
          else running.input = following
        } catch (error) {
          running.reject(error as Error)
        }
      }),
    )
  }
}
