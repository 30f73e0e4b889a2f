/** Which base models and adapters are in memory: loaded on first use, let go, least recently used first, when others need the room. */

import type { Llama, LlamaContext, LlamaModel } from 'node-llama-cpp'
import { AppError, sentenceOf } from '../../errors.ts'
import { FormatError } from '../../formats/format-error.ts'
import type { Gguf } from '../../formats/gguf.ts'
import type { Blobs, Digest } from '../../storage/blobs.ts'
import type { ServedModel } from '../engine.ts'
import { chatEncoder, chatTemplate, type ChatTemplate } from './chat-prompt.ts'
import { checkAdapter, checkBase, count, readGguf } from './check-gguf.ts'
import { Lane } from './lane.ts'
import { promptTokenizer, type PromptTokenizer } from './prompt-tokenizer.ts'
import { readVocabulary, type Vocabulary } from './vocabulary.ts'

export interface ResidencyOptions {
  readonly blobs: Pick<Blobs, 'file'>
  /** Weights, adapters, caches and buffers together, bytes. One model alone must fit. */
  readonly memoryBudget: number
  /** Longest prompt plus answer, tokens, where the model itself allows more. */
  readonly contextLength: number
  /** Requests that share one batch, at most. */
  readonly parallel: number
  /** Bytes of cache that one base and adapter may take; fewer requests run side by side where a model needs more each. */
  readonly cacheBytes: number
  /** Processor threads for one batch, at most; null is as many as there are cores. Small models take one whatever is allowed. */
  readonly threads: number | null
  /**
   * Keeps attention in 32 bits, for comparing with other implementations: with F32 weights log-probabilities then agree to about 1e-4, and with
   * llama.cpp's ordinary 16 bits to about 1e-2. Slower, and twice the cache.
   */
  readonly fullPrecision: boolean
}

export interface StartedLlama {
  readonly llama: Llama
  /** What llama.cpp has logged as an error; emptied by whoever wants to know about one call. */
  readonly errors: string[]
}

/** A base in memory. */
export interface LoadedBase {
  readonly digest: Digest
  readonly model: LlamaModel
  readonly header: Pick<Gguf, 'metadata' | 'tensors'>
  readonly vocabulary: Vocabulary
  readonly template: ChatTemplate
  readonly tokenizer: PromptTokenizer
  readonly encodeChat: ReturnType<typeof chatEncoder>
  readonly contextLength: number
  /** By adapter, the empty string for the base alone. */
  readonly lanes: Map<string, LoadedLane>
  /** llama.cpp keeps an adapter until its base goes. */
  readonly adapters: Set<Digest>
  bytes: number
}

interface LoadedLane {
  readonly lane: Lane
  readonly bytes: number
  uses: number
  lastUse: number
}

export interface Lease {
  readonly base: LoadedBase
  readonly lane: Lane
  release(): void
}

/** Tokens in one batch: beyond a few hundred, matrix products get no faster, while buffers grow. */
const largestBatch = 512
const smallestBatch = 128

/** llama.cpp reserves a row of logits for each token of a batch. */
const logitBytes = 64 * 1024 * 1024

/**
 * Below this size a second thread costs more in waiting for the other than it saves, and far more (measured: 250 ms a step instead of 20 ms for a
 * 4.5M-parameter model) while anything else keeps the processors busy.
 */
const oneThreadBytes = 96 * 1024 * 1024

/** A small model computes in several contexts side by side, one thread each: 16 requests in each of 4 keep any machine busy. */
const mostContexts = 4

export class Residency {
  readonly #options: ResidencyOptions
  readonly #llama: () => Promise<StartedLlama>
  readonly #bases = new Map<Digest, LoadedBase>()
  /** Loading and letting go happen one after another. */
  #turn: Promise<unknown> = Promise.resolve()
  #uses = 0
  #closed = false
  /** Woken when a lane falls idle. */
  #idle: (() => void)[] = []

  constructor(llama: () => Promise<StartedLlama>, options: ResidencyOptions) {
    this.#llama = llama
    this.#options = options
  }

  loaded(): readonly { base: Digest; bytes: number; busy: boolean }[] {
    return [...this.#bases.values()].map((base) => ({ base: base.digest, bytes: bytesOf(base), busy: isBusy(base) }))
  }

  /** The model, ready to answer; it stays until released. */
  async lease(served: ServedModel, signal: AbortSignal | undefined): Promise<Lease> {
    const found = this.#take(served)
    if (found) return found
    return this.#exclusively(signal, async () => this.#take(served) ?? (await this.#loadLane(served, signal)))
  }

  /** The base's tokenizer and template, for what needs no computing. */
  async withBase<T>(digest: Digest, use: (base: LoadedBase) => T): Promise<T> {
    this.#checkOpen()
    const found = this.#bases.get(digest)
    return found
      ? use(found)
      : this.#exclusively(undefined, async () => use(this.#bases.get(digest) ?? (await this.#loadBase(digest, undefined))))
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const wake of this.#idle.splice(0)) wake()
    await this.#turn
    for (const base of [...this.#bases.values()]) await this.#letGo(base)
  }

  #checkOpen(): void {
    if (this.#closed) throw closing()
  }

  #exclusively<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(() => {
      this.#checkOpen()
      signal?.throwIfAborted()
      return work()
    })
    this.#turn = mine.catch(() => {})
    return mine
  }

  #take(served: ServedModel): Lease | undefined {
    this.#checkOpen()
    const base = this.#bases.get(served.base)
    const loaded = base?.lanes.get(served.adapter ?? '')
    if (!base || !loaded) return undefined
    loaded.uses += 1
    loaded.lastUse = ++this.#uses
    let released = false
    return {
      base,
      lane: loaded.lane,
      release: () => {
        if (released) return
        released = true
        loaded.uses -= 1
        if (loaded.uses === 0) for (const wake of this.#idle.splice(0)) wake()
      },
    }
  }

  async #loadLane(served: ServedModel, signal: AbortSignal | undefined): Promise<Lease> {
    const { blobs, parallel, cacheBytes, fullPrecision } = this.#options
    let base = this.#bases.get(served.base) ?? (await this.#loadBase(served.base, signal))
    let lora: { path: string; bytes: number } | null = null
    if (served.adapter !== null) {
      const path = await blobs.file(served.adapter)
      const adapter = await readGguf(path, `Adapter ${short(served.adapter)}`)
      checkAdapter(adapter, base.header, `Adapter ${short(served.adapter)}`, `base ${short(base.digest)}`)
      lora = { path, bytes: adapter.bytes }
    }
    const { llama, errors } = await this.#llama()
    const allowed = this.#options.threads ?? (llama.maxThreads || llama.cpuMathCores)
    const small = base.model.size < oneThreadBytes
    const contexts = small ? Math.min(allowed, mostContexts) : 1
    const perSequence = cachedNumbersPerToken(base) * (fullPrecision ? 4 : 2) * base.contextLength
    const sequences = Math.max(1, Math.min(parallel, Math.floor(cacheBytes / perSequence / contexts)))
    const batchSize = Math.max(sequences, smallestBatch, Math.min(largestBatch, Math.floor(logitBytes / (4 * base.vocabulary.size))))
    const estimate = contexts * (perSequence * sequences + batchSize * bufferBytesPerToken(base))
    const needed = estimate + (lora && !base.adapters.has(served.adapter!) ? lora.bytes : 0)
    await this.#makeRoom(needed, base, `Base ${short(base.digest)} with its cache for ${base.contextLength} tokens`, signal)
    // Making room can cost the base itself, when it has gathered adapters that only go together with it.
    base = this.#bases.get(served.base) ?? (await this.#loadBase(served.base, signal))
    const opened: LlamaContext[] = []
    errors.length = 0
    try {
      while (opened.length < contexts) {
        opened.push(
          await base.model.createContext({
            contextSize: base.contextLength,
            sequences,
            batchSize,
            threads: small ? 1 : allowed,
            failedCreationRemedy: false,
            ...(fullPrecision ? { flashAttention: false, experimentalKvCacheKeyType: 'F32', experimentalKvCacheValueType: 'F32' } : {}),
            ...(lora ? { lora: { adapters: [{ filePath: lora.path, scale: 1 }] } } : {}),
          }),
        )
      }
    } catch (cause) {
      for (const context of opened) await context.dispose()
      const reason = reasonOf(errors, cause)
      if (/memory/i.test(reason))
        throw new AppError(
          'unavailable',
          `There is not enough memory to serve base ${short(base.digest)} (about ${megabytes(needed)} more): ${reason}. Free memory or choose a smaller base.`,
          { cause },
        )
      throw new AppError(
        'invalid',
        `llama.cpp cannot serve ${served.adapter === null ? '' : `adapter ${short(served.adapter)} over `}base ${short(base.digest)}: ${reason}.`,
        { cause },
      )
    }
    if (served.adapter !== null && !base.adapters.has(served.adapter)) {
      base.adapters.add(served.adapter)
      base.bytes += lora!.bytes
    }
    const lane = new Lane(opened, batchSize)
    base.lanes.set(served.adapter ?? '', {
      lane,
      bytes: Math.max(
        estimate,
        opened.reduce((sum, { memoryUsage }) => sum + memoryUsage.ram + memoryUsage.vram, 0),
      ),
      uses: 0,
      lastUse: 0,
    })
    return this.#take(served)!
  }

  async #loadBase(digest: Digest, signal: AbortSignal | undefined): Promise<LoadedBase> {
    const what = `Base ${short(digest)}`
    const path = await this.#options.blobs.file(digest)
    const header = await readGguf(path, what)
    checkBase(header, what)
    const vocabulary = inWords(() => readVocabulary(header.metadata, what))
    await this.#makeRoom(header.bytes, null, what, signal)
    const { llama, errors } = await this.#llama()
    errors.length = 0
    let model
    try {
      model = await llama.loadModel({ modelPath: path, checkTensors: true, ...(signal ? { loadSignal: signal } : {}) })
    } catch (cause) {
      signal?.throwIfAborted()
      throw new AppError('invalid', `${what} cannot be loaded by llama.cpp: ${reasonOf(errors, cause)}.`, { cause })
    }
    const tokenizer = await tokenizerOf(model, header.metadata)
    const source = header.metadata.get('tokenizer.chat_template')
    const template = chatTemplate(source?.type === 'string' ? (source.value as string) : undefined, vocabulary)
    const base: LoadedBase = {
      digest,
      model,
      header: { metadata: header.metadata, tensors: header.tensors },
      vocabulary,
      template,
      tokenizer,
      encodeChat: chatEncoder(template, vocabulary, tokenizer),
      contextLength: Math.min(model.trainContextSize, this.#options.contextLength),
      lanes: new Map(),
      adapters: new Set(),
      bytes: header.bytes,
    }
    this.#bases.set(digest, base)
    return base
  }

  /** Lets go of what is idle, longest unused first, until `needed` bytes are free; waits for what is busy. */
  async #makeRoom(needed: number, keep: LoadedBase | null, what: string, signal: AbortSignal | undefined): Promise<void> {
    const budget = this.#options.memoryBudget
    const least = needed + (keep ? keep.bytes : 0)
    const free = (): number => budget - [...this.#bases.values()].reduce((sum, base) => sum + bytesOf(base), 0)
    while (free() < needed) {
      const idle = [...this.#bases.values()]
        .flatMap((base) => [...base.lanes].map(([key, loaded]) => ({ base, key, loaded })))
        .filter(({ loaded }) => loaded.uses === 0)
      const oldest = idle.sort((a, b) => a.loaded.lastUse - b.loaded.lastUse)[0]
      const empty = [...this.#bases.values()].find((base) => base !== keep && base.lanes.size === 0)
      if (empty) await this.#letGo(empty)
      else if (oldest) {
        oldest.base.lanes.delete(oldest.key)
        await oldest.loaded.lane.close(closing())
      } else if ([...this.#bases.values()].some(isBusy)) await this.#somethingIdle(signal)
      else if (keep && keep.adapters.size > 0) return await this.#letGo(keep)
      else
        throw new AppError(
          'unavailable',
          `${what} needs about ${megabytes(least)} of memory, and the engine may use ${megabytes(budget)}. Raise the engine’s memory budget, or choose a smaller base.`,
        )
    }
  }

  /** Until a lane falls idle. Aborting leaves the place in the queue for the next wake, which is harmless. */
  #somethingIdle(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(signal!.reason as Error)
      signal?.addEventListener('abort', abort, { once: true })
      this.#idle.push(() => {
        signal?.removeEventListener('abort', abort)
        if (this.#closed) reject(closing())
        else resolve()
      })
    })
  }

  async #letGo(base: LoadedBase): Promise<void> {
    this.#bases.delete(base.digest)
    for (const { lane } of base.lanes.values()) await lane.close(closing())
    await base.model.dispose()
  }
}

async function tokenizerOf(model: LlamaModel, metadata: Gguf['metadata']): Promise<PromptTokenizer> {
  try {
    return inWords(() => promptTokenizer(model, metadata))
  } catch (error) {
    await model.dispose()
    throw error
  }
}

function isBusy(base: LoadedBase): boolean {
  return [...base.lanes.values()].some(({ uses }) => uses > 0)
}

function bytesOf(base: LoadedBase): number {
  return [...base.lanes.values()].reduce((sum, { bytes }) => sum + bytes, base.bytes)
}

function sizeOf(base: LoadedBase, key: string, otherwise: number): number {
  return count(base.header, `${base.model.architecture}.${key}`) ?? otherwise
}

/** Keys and values of one token in all layers. */
function cachedNumbersPerToken(base: LoadedBase): number {
  const heads = sizeOf(base, 'attention.head_count', 1)
  const headSize = sizeOf(base, 'embedding_length', base.model.embeddingVectorSize) / heads
  const kvHeads = sizeOf(base, 'attention.head_count_kv', heads)
  const values = sizeOf(base, 'attention.key_length', headSize) + sizeOf(base, 'attention.value_length', headSize)
  return sizeOf(base, 'block_count', 1) * kvHeads * values
}

/** Working memory of one token of a batch: its logits, and the widest activations a few times over. */
function bufferBytesPerToken(base: LoadedBase): number {
  const width = sizeOf(base, 'embedding_length', base.model.embeddingVectorSize)
  return 4 * (base.vocabulary.size + 2 * sizeOf(base, 'feed_forward_length', 4 * width) + 6 * width)
}

/** What llama.cpp said about a failure: its log is more telling than what it throws. */
function reasonOf(errors: readonly string[], cause: unknown): string {
  const said = errors.map((line) => line.replace(/^(\w+: )?(error loading model: )?/, '').trim()).filter((line) => line !== '')
  return (said[0] ?? sentenceOf(cause)).replace(/\.$/, '')
}

function inWords<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof FormatError) throw new AppError('invalid', error.message, { cause: error })
    throw error
  }
}

function closing(): AppError {
  return new AppError('unavailable', 'The engine is shutting down; ask again once the server is up.')
}

function short(digest: Digest): string {
  return digest.slice(0, 'sha256:'.length + 12)
}

function megabytes(bytes: number): string {
  const size = bytes / 1024 / 1024
  return `${size < 10 ? size.toFixed(1) : Math.ceil(size)} MiB`
}
