/** llama.cpp itself, as the judge of the GGUF files that tests write. */

import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getLlama, type LlamaModel, type Token } from 'node-llama-cpp'
import type { TopTokens } from './model-files.ts'

export interface JudgedModel {
  readonly model: LlamaModel
  /** The text as token ids; special tokens written out count as such, nothing is put in front. */
  tokenize(text: string): number[]
  /** The most likely next tokens after these. */
  nextTokens(ids: readonly number[], count: number): Promise<TopTokens>
  /** The log-probability of every token after each of these. */
  allNextTokens(ids: readonly number[]): Promise<Map<number, number>[]>
  /** Ids that greedy decoding adds until there are `length` in all. */
  greedy(ids: readonly number[], length: number): Promise<number[]>
}

/** Loads the file (and an adapter over it) in llama.cpp, runs `use`, and lets everything go. One thread: more spin when the machine is busy. */
export async function judge<T>(
  files: {
    readonly base: AsyncIterable<Uint8Array>
    readonly adapter?: AsyncIterable<Uint8Array>
    /** Keys and values in 32 bits instead of 16, so that what differs is arithmetic alone. */
    readonly fullPrecision?: boolean
  },
  use: (judged: JudgedModel) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'commonweights-gguf-'))
  const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, progressLogs: false })
  try {
    const modelPath = await save(folder, 'base.gguf', files.base)
    const lora = files.adapter && { adapters: [{ filePath: await save(folder, 'adapter.gguf', files.adapter) }] }
    const model = await llama.loadModel({ modelPath })
    const context = await model.createContext({
      contextSize: Math.min(256, Math.max(64, model.trainContextSize)),
      threads: 1,
      ...(files.fullPrecision ? { flashAttention: false, experimentalKvCacheKeyType: 'F32', experimentalKvCacheValueType: 'F32' } : {}),
      ...(lora ? { lora } : {}),
    })
    const result = await use({
      model,
      tokenize: (text) => [...model.tokenize(text, true)],
      async nextTokens(ids, count) {
        const sequence = context.getSequence()
        const input = ids.map((id, i) =>
          i < ids.length - 1 ? (id as Token) : ([id as Token, { generateNext: { probabilities: true } }] as const),
        )
        const found = (await sequence.controlledEvaluate(input.map((item) => (typeof item === 'number' ? item : [...item])))).at(-1)
        void sequence.dispose()
        const top = [...(found?.next.probabilities ?? [])].slice(0, count)
        return { ids: top.map(([id]) => id), logprobs: top.map(([, probability]) => Math.log(probability)) }
      },
      async allNextTokens(ids) {
        const sequence = context.getSequence()
        const found = await sequence.controlledEvaluate(ids.map((id) => [id as Token, { generateNext: { probabilities: true } }]))
        void sequence.dispose()
        return found.map((entry) => new Map([...(entry?.next.probabilities ?? [])].map(([id, probability]) => [id, Math.log(probability)])))
      },
      async greedy(ids, length) {
        const sequence = context.getSequence()
        const all: number[] = [...ids]
        for await (const id of sequence.evaluate(ids as Token[], { temperature: 0 })) {
          all.push(id)
          if (all.length >= length) break
        }
        void sequence.dispose()
        return all
      },
    })
    await context.dispose()
    await model.dispose()
    return result
  } finally {
    await llama.dispose()
    await rm(folder, { recursive: true })
  }
}

async function save(folder: string, name: string, pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const path = join(folder, name)
  await using file = await open(path, 'w')
  for await (const piece of pieces) await file.write(piece)
  return path
}
