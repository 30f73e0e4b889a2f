/**
 * Tokens a second of our engine against bare node-llama-cpp on the same GGUF, in alternation: one request at a time, many at once, and scoring.
 * Run: `node_modules/.bin/node bench/engine.ts [--gguf file] [--threads 1] [--rounds 3] [--requests 200] [--llama-bench path]`. Without a file, a random
 * model of the bundled base's shape is made. With the path of llama.cpp's own llama-bench, its figure for one request stands beside.
 */

import { execFileSync } from 'node:child_process'
import { createReadStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { getLlama, LlamaLogLevel, type Token } from 'node-llama-cpp'
import type { Sampling } from '../src/engines/engine.ts'
import { llamaCppEngine } from '../src/engines/llama-cpp.ts'
import { randomChatModel, storeModel } from '../src/engines/test-models.ts'
import { openFiles } from '../src/storage/files.ts'

const { values: options } = parseArgs({
  options: {
    gguf: { type: 'string' },
    threads: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '3' },
    requests: { type: 'string', default: '200' },
    'llama-bench': { type: 'string' },
  },
})
const threads = Number(options.threads)
const requests = Number(options.requests)
const promptTokens = 25
const answerTokens = 25

const folder = mkdtempSync(join(tmpdir(), 'commonweights-bench-'))
const blobs = await openFiles(folder)
const base = options.gguf
  ? (await blobs.put(createReadStream(options.gguf))).digest
  : // Width 256, 5 layers, 8 heads on 4, as the bundled base; the tokenizer is smaller, so the vocabulary is padded to 4,096.
    await storeModel(
      blobs,
      await randomChatModel(1, {
        hidden_size: 256,
        intermediate_size: 640,
        num_hidden_layers: 5,
        num_attention_heads: 8,
        num_key_value_heads: 4,
        vocab_size: 4096,
        max_position_embeddings: 512,
      }),
      'F16',
    )
const file = await blobs.file(base)
const engine = llamaCppEngine({ blobs, threads })
const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, progressLogs: false, logLevel: LlamaLogLevel.error })
const model = await llama.loadModel({ modelPath: file })
const bare = await model.createContext({ contextSize: 512, sequences: 16, batchSize: 512, threads })
const sequences = Array.from({ length: 16 }, () => bare.getSequence())
const sampling: Sampling = { temperature: 0, topP: 1, seed: null, maxTokens: answerTokens, stop: [], logprobs: null }

/** Digits are a token each in the random model, and about that in others. */
const prompt = (i: number): string => `${1e12 + i * 7919}${2e11 + i * 104729}`.slice(0, promptTokens)

async function ours(i: number): Promise<number> {
  let tokens = 0
  for await (const item of engine.complete({ base, adapter: null }, prompt(i), sampling))
    if (item.kind === 'end') tokens = item.completionTokens
  return tokens
}

async function bareAnswer(i: number, sequence: (typeof sequences)[number]): Promise<number> {
  await sequence.clearHistory()
  const text: Token[] = []
  for await (const token of sequence.evaluate(model.tokenize(prompt(i), true), { temperature: 0 })) {
    text.push(token)
    if (text.length === answerTokens) break
  }
  model.detokenize(text)
  return text.length
}

async function oursScore(i: number): Promise<number> {
  return (await engine.score({ base, adapter: null }, { context: '5', continuation: prompt(i) + prompt(i + 1) })).tokens.length
}

const inTurn = async (count: number, work: (i: number) => Promise<number>): Promise<number> => {
  let tokens = 0
  for (let i = 0; i < count; i++) tokens += await work(i)
  return tokens
}
const atOnce = async (count: number, work: (i: number) => Promise<number>): Promise<number> =>
  (await Promise.all(Array.from({ length: count }, (_, i) => work(i)))).reduce((sum, tokens) => sum + tokens, 0)
const overSequences = async (count: number): Promise<number> => {
  let next = 0
  const worker = async (sequence: (typeof sequences)[number]): Promise<number> => {
    let tokens = 0
    while (next < count) tokens += await bareAnswer(next++, sequence)
    return tokens
  }
  return (await Promise.all(sequences.map(worker))).reduce((sum, tokens) => sum + tokens, 0)
}

const cases: Record<string, () => Promise<number>> = {
  'ours, one request at a time': () => inTurn(Math.ceil(requests / 10), ours),
  'bare, one request at a time': () => inTurn(Math.ceil(requests / 10), (i) => bareAnswer(i, sequences[0]!)),
  [`ours, ${requests} requests at once`]: () => atOnce(requests, ours),
  [`bare, ${requests} requests over 16 sequences`]: () => overSequences(requests),
  [`ours, ${requests} texts to score at once`]: () => atOnce(requests, oursScore),
}

const figures = new Map<string, { wall: number[]; processor: number[]; tokens: number }>()
try {
  for (const work of [ours, (i: number) => bareAnswer(i, sequences[0]!)]) await work(0)
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const [name, work] of Object.entries(cases)) {
      const [start, cpu] = [performance.now(), process.cpuUsage()]
      const tokens = await work()
      const { user, system } = process.cpuUsage(cpu)
      const found = figures.get(name) ?? { wall: [], processor: [], tokens }
      found.wall.push((performance.now() - start) / 1000)
      found.processor.push((user + system) / 1e6)
      figures.set(name, found)
    }
  }
  const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!
  for (const [name, { wall, processor, tokens }] of figures)
    console.log(
      `${name}: ${(tokens / median(wall)).toFixed(0)} tokens/s (${median(wall).toFixed(2)} s, processor ${median(processor).toFixed(2)} s, ${tokens} tokens)`,
    )
  if (options['llama-bench']) {
    const output = execFileSync(
      options['llama-bench'],
      ['-m', file, '-p', '0', '-n', String(answerTokens), '-t', String(threads), '-o', 'json'],
      { encoding: 'utf8' },
    )
    for (const row of JSON.parse(output) as { avg_ts: number }[])
      console.log(`llama-bench, one request at a time: ${row.avg_ts.toFixed(0)} tokens/s`)
  }
} finally {
  await engine.close()
  await model.dispose()
  rmSync(folder, { recursive: true, force: true })
}
