/** The engine that runs in this process: llama.cpp through node-llama-cpp. */

import { totalmem } from 'node:os'
import { getLlama, LlamaLogLevel } from 'node-llama-cpp'
import { AppError } from '../errors.ts'
import type { Engine, Generated, Sampling, ServedModel, TokenLogprob } from './engine.ts'
import { generation, scoring } from './llama-cpp/generate.ts'
import { Residency, type LoadedBase, type ResidencyOptions, type StartedLlama } from './llama-cpp/residency.ts'
import { splitTokens } from './llama-cpp/split-tokens.ts'

export interface LlamaCppOptions extends Partial<Omit<ResidencyOptions, 'blobs'>> {
  readonly blobs: ResidencyOptions['blobs']
  /** `auto` uses a graphics processor where llama.cpp finds one; the default is the processor alone. */
  readonly gpu?: false | 'auto'
}

export function llamaCppEngine(options: LlamaCppOptions): Engine {
  const residency = new Residency(() => startLlama(options.gpu ?? false), {
    blobs: options.blobs,
    memoryBudget: options.memoryBudget ?? Math.floor(Math.min(totalmem(), process.constrainedMemory() || Infinity) / 2),
    contextLength: options.contextLength ?? 4096,
    parallel: options.parallel ?? 16,
    cacheBytes: options.cacheBytes ?? 256 * 1024 * 1024,
    threads: options.threads ?? null,
    fullPrecision: options.fullPrecision ?? false,
  })

  /** One answer: its tokens are computed whether or not anybody has read the ones before, and the seat is free as soon as it ends. */
  async function* answer(
    model: ServedModel,
    encode: (base: LoadedBase) => number[],
    sampling: Sampling,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Generated> {
    checkSampling(sampling)
    signal?.throwIfAborted()
    const lease = await residency.lease(model, signal)
    const left = new AbortController()
    const ready: Generated[] = []
    let wake: () => void = () => {}
    let failed: { error: unknown } | null = null
    let running = Promise.resolve()
    try {
      const { base } = lease
      const prompt = encode(base)
      checkLength(base, prompt.length, 'The prompt')
      if (sampling.maxTokens === 0 || prompt.length === base.contextLength) {
        yield { kind: 'end', reason: 'length', promptTokens: prompt.length, completionTokens: 0 }
        return
      }
      const speaker = {
        vocabulary: base.vocabulary,
        contextLength: base.contextLength,
        isEnd: (id: number) => base.model.isEogToken(id as never),
      }
      const work = generation(speaker, prompt, sampling, (generated) => {
        ready.push(generated)
        wake()
      })
      running = lease.lane.run(work, signal ? AbortSignal.any([signal, left.signal]) : left.signal).then(
        () => lease.release(),
        (error: unknown) => {
          lease.release()
          failed = { error }
          wake()
        },
      )
      for (;;) {
        while (ready.length > 0) {
          const generated = ready.shift()!
          yield generated
          if (generated.kind === 'end') return
        }
        if (failed) throw (failed as { error: unknown }).error
        await new Promise<void>((resolve) => (wake = resolve))
      }
    } finally {
      left.abort()
      await running
      lease.release()
    }
  }

  return {
    complete: (model, prompt, sampling, { signal } = {}) => answer(model, (base) => rawTokens(base, prompt), sampling, signal),
    chat: (model, turns, sampling, { signal } = {}) => answer(model, (base) => base.encodeChat(turns), sampling, signal),
    async score(model, { context, continuation, top }, { signal } = {}) {
      signal?.throwIfAborted()
      if (continuation === '') return { tokens: [] }
      const lease = await residency.lease(model, signal)
      try {
        const { base } = lease
        const { tokens, from } = splitTokens(base.vocabulary, rawTokens(base, context + continuation), context, base.tokenizer)
        checkLength(base, tokens.length, 'The text to score')
        let found: TokenLogprob[] = []
        await lease.lane.run(
          scoring(base.vocabulary, tokens, from, top ?? 0, (scored) => (found = scored)),
          signal,
        )
        return { tokens: found }
      } finally {
        lease.release()
      }
    },
    render: (model, turns) => residency.withBase(model.base, (base) => base.template(turns)),
    contextLength: (model) => residency.withBase(model.base, (base) => base.contextLength),
    loaded: () => residency.loaded(),
    close: () => residency.close(),
  }
}

/** Raw text as it stands: special tokens written out in it become their ids, for whoever sends raw text writes the whole prompt. */
function rawTokens(base: LoadedBase, text: string): number[] {
  const { begin, start, longestToken } = base.vocabulary
  // Tokenising is not interruptible, so what cannot fit is refused before it.
  const least = Math.floor(Buffer.byteLength(text) / longestToken)
  checkLength(base, least, 'The text', 'at least ')
  const tokens = base.tokenizer.encode(text)
  if (begin !== null && tokens[0] !== begin) tokens.unshift(begin)
  if (tokens.length > 0) return tokens
  if (start === null)
    throw new AppError('invalid', 'This model has no begin token, so it cannot go on from an empty text; give it at least one character.')
  return [start]
}

function checkLength(base: LoadedBase, tokens: number, what: string, about = ''): void {
  if (tokens > base.contextLength)
    throw new AppError(
      'invalid',
      `${what} takes ${about}${tokens} tokens, and this model reads and writes at most ${base.contextLength}; shorten it.`,
    )
}

function checkSampling({ temperature, topP, maxTokens, logprobs }: Sampling): void {
  const refuse = (sentence: string): never => {
    throw new AppError('invalid', sentence)
  }
  if (!(temperature >= 0 && Number.isFinite(temperature))) refuse(`The temperature is ${temperature}; it must be 0 or more.`)
  if (!(topP > 0 && topP <= 1)) refuse(`top_p is ${topP}; it must be above 0 and at most 1.`)
  if (!Number.isSafeInteger(maxTokens) || maxTokens < 0)
    refuse(`The largest number of tokens is ${maxTokens}; it must be a whole number, 0 or more.`)
  if (logprobs !== null && !(Number.isSafeInteger(logprobs) && logprobs >= 0))
    refuse(`The number of log-probabilities is ${logprobs}; it must be a whole number, 0 or more.`)
}

/** One llama.cpp per process and device: its backend is global, so closing one engine must not take it from another. */
const started = new Map<false | 'auto', Promise<StartedLlama>>()

function startLlama(gpu: false | 'auto'): Promise<StartedLlama> {
  const found = started.get(gpu)
  if (found) return found
  const errors: string[] = []
  // Kept for the sentence of the error that follows, not printed.
  const logger = (_level: LlamaLogLevel, message: string): void => void (errors.length < 20 && errors.push(message))
  const starting = getLlama({ gpu, build: 'never', skipDownload: true, progressLogs: false, logLevel: LlamaLogLevel.error, logger }).then(
    (llama) => ({ llama, errors }),
    (cause: unknown) => {
      started.delete(gpu)
      throw new AppError('unavailable', 'llama.cpp could not be started: node-llama-cpp has no ready-made binary for this machine.', {
        cause,
      })
    },
  )
  started.set(gpu, starting)
  return starting
}
