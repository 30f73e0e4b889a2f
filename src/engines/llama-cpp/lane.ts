/** Requests to one base and adapter, side by side: every step of a llama.cpp context evaluates the next tokens of all that sit in it in one batch. */

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

/** A queue of requests, and one or more contexts that take from it. Each context steps by itself, on a thread of its own where the model is small. */
export class Lane {
  readonly #waiting: Running[] = []
  readonly #rows: readonly Row[]

  /** @param batchSize tokens in one step, no fewer than a context has sequences */
  constructor(contexts: readonly LlamaContext[], batchSize: number) {
    this.#rows = contexts.map((context) => new Row(context, batchSize, (taken) => this.#next(taken)))
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
      for (const row of this.#rows) row.wake()
    })
  }

  /** Ends whatever runs with `reason` and gives the memory back once the steps under way are over. */
  async close(reason: Error): Promise<void> {
    for (const running of [...this.#waiting]) running.reject(reason)
    for (const row of this.#rows) await row.close(reason)
  }

  /** The next request for a row in which `taken` already sit, if it is that row's turn: all rows get about as many. */
  #next(taken: number): Running | undefined {
    const all = this.#waiting.length + this.#rows.reduce((sum, row) => sum + row.taken, 0)
    return taken < Math.ceil(all / this.#rows.length) ? this.#waiting.shift() : undefined
  }
}

/** One context and its seats. */
class Row {
  readonly #context: LlamaContext
  readonly #batchSize: number
  readonly #next: (taken: number) => Running | undefined
  /** In the order of llama.cpp's sequence numbers: it batches only sequences that come in ascending order without gaps. */
  readonly #seats: readonly Seat[]
  #stepping: Promise<void> | null = null
  #woken = false

  constructor(context: LlamaContext, batchSize: number, next: (taken: number) => Running | undefined) {
    this.#context = context
    this.#batchSize = batchSize
    this.#next = next
    this.#seats = Array.from({ length: context.totalSequences }, () => ({ sequence: context.getSequence(), running: null }))
  }

  /** Seats whose request has not ended. */
  get taken(): number {
    return this.#seats.filter(({ running }) => running && !running.ended).length
  }

  wake(): void {
    this.#woken = true
    this.#stepping ??= this.#steps()
  }

  async close(reason: Error): Promise<void> {
    for (const { running } of this.#seats) running?.reject(reason)
    await this.#stepping
    await this.#context.dispose()
  }

  async #steps(): Promise<void> {
    // Requests that come in the same turn of the event loop share the first batch.
    await new Promise(setImmediate)
    do {
      this.#woken = false
      try {
        while (await this.#seat()) await this.#step()
      } catch (error) {
        for (const { running } of this.#seats) running?.reject(error as Error)
        this.#woken = true
      }
    } while (this.#woken)
    this.#stepping = null
  }

  /** Frees seats of those that ended and gives them to those that wait; says whether any is taken. */
  async #seat(): Promise<boolean> {
    for (const seat of this.#seats) if (seat.running?.ended) seat.running = null
    for (const seat of this.#seats) {
      if (seat.running) continue
      const next = this.#next(this.taken)
      if (!next) break
      seat.running = next
      if (seat.sequence.nextTokenIndex > 0) await seat.sequence.clearHistory()
    }
    return this.#seats.some(({ running }) => running)
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
