/**
 * What training costs as it grows: tokens per second and peak memory over model size, length, batch and rank, beside what the formula foretold that refuses runs
 * which cannot fit. `npm run bench:trainer-cost` writes docs/trainer-cost.md; `-- --only 135m` does some, and prints them.
 *
 * One run a row, of three steps, the first of which is left out of the speed. Bases have random weights; 1.1b takes 4.4 GB of disk for a while.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { localTrainer } from '../src/trainers/local/local-trainer.ts'
import { defaultSettings, type Recipe } from '../src/trainers/trainer.ts'
import { parametersOf, shapeOf, writeBase } from './trainer/shapes.ts'

const { values: options } = parseArgs({ options: { only: { type: 'string', default: '' } } })
const steps = 3

interface Setting {
  readonly shape: string
  readonly batch: number
  readonly length: number
  /** Of the adapter; null where all weights are trained. */
  readonly rank: number | null
  readonly recompute: boolean
  readonly precision: Recipe['precision']
}

const at = (shape: string, batch: number, length: number, rank: number | null = 8, change: Partial<Setting> = {}): Setting => ({
  shape,
  batch,
  length,
  rank,
  recompute: false,
  precision: 'float32',
  ...change,
})
const [twice, int8] = [{ recompute: true }, { precision: 'int8' }] as const
const settings: readonly Setting[] = [
  ...['1m', 'bundled', '7m', '30m', '135m', '360m', '1.1b'].map((shape) => at(shape, 4, 256)),
  ...[64, 512, 1024, 2048].map((length) => at('7m', 4, length)),
  ...[64, 512, 1024, 2048].map((length) => at('135m', 1, length)),
  ...[1, 16].map((batch) => at('135m', batch, 256)),
  ...[1, 32].map((rank) => at('135m', 4, 256, rank)),
  ...[at('7m', 4, 2048, 8, twice), at('135m', 1, 512, 8, twice), at('135m', 1, 2048, 8, twice)],
  ...['bundled', '7m', '135m', '360m', '1.1b'].map((shape) => at(shape, 4, 256, 8, int8)),
  ...[at('135m', 1, 512, 8, int8), at('135m', 1, 512, 8, { ...twice, ...int8 })],
  ...['7m', '30m'].map((shape) => at(shape, 4, 256, null)),
].filter(({ shape }) => options.only === '' || options.only.split(',').includes(shape))

interface Row extends Setting {
  readonly parameters: number
  readonly tokensPerSecond: number
  readonly peakBytes: number
  readonly foretold: number
}

const rows: Row[] = []
for (const shape of new Set(settings.map((setting) => setting.shape))) {
  const base = await mkdtemp(join(tmpdir(), 'commonweights-bench-cost-'))
  try {
    await writeBase(shapeOf(shape), base)
    for (const setting of settings.filter((one) => one.shape === shape)) {
      rows.push(await measure(base, setting))
      console.error(lineOf(rows.at(-1)!))
    }
  } finally {
    await rm(base, { recursive: true, force: true })
  }
}
rows.sort((a, b) => settings.findIndex((one) => isSame(one, a)) - settings.findIndex((one) => isSame(one, b)))
if (options.only === '') await writeFile(join(import.meta.dirname, '../docs/trainer-cost.md'), page())

async function measure(base: string, setting: Setting): Promise<Row> {
  const { shape, batch, length, rank, recompute, precision } = setting
  const text = JSON.stringify({ text: '7 3 '.repeat(length) })
  await writeFile(join(base, 'examples.jsonl'), `${text}\n`.repeat(batch * steps))
  const targetModules = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']
  const recipe: Recipe = {
    ...defaultSettings,
    method: rank === null ? { kind: 'full' } : { kind: 'lora', rank, alpha: 16, targetModules },
    epochs: 1,
    maxSteps: steps,
    maxLength: length,
    batchSize: batch,
    learningRate: 1e-4,
    checkpointEvery: 1_000_000,
    recompute,
    precision,
  }
  let [tokens, seconds, peakBytes, foretold, last] = [0, 0, 0, 0, 0]
  const request = { base, examples: join(base, 'examples.jsonl'), recipe, output: join(base, 'run') }
  for await (const event of localTrainer({ threads: 2 }).train(request)) {
    const now = performance.now()
    if (event.kind === 'planned') foretold = event.estimatedBytes
    if (event.kind === 'step' && event.step > 1) [tokens, seconds] = [tokens + event.tokens, seconds + (now - last) / 1000]
    if (event.kind === 'finished') peakBytes = event.peakBytes
    last = now
  }
  await rm(request.output, { recursive: true, force: true })
  return { ...setting, parameters: parametersOf(shapeOf(shape)), tokensPerSecond: tokens / seconds, peakBytes, foretold }
}

function isSame(a: Setting, b: Setting): boolean {
  return (['shape', 'batch', 'length', 'rank', 'recompute', 'precision'] as const).every((part) => a[part] === b[part])
}

function lineOf({ parameters, batch, length, rank, recompute, precision, tokensPerSecond, peakBytes, foretold }: Row): string {
  const millions = parameters >= 1e9 ? `${(parameters / 1e9).toFixed(2)} B` : `${(parameters / 1e6).toFixed(1)} M`
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`
  const off = `${foretold >= peakBytes ? '+' : '−'}${Math.abs(100 * (foretold / peakBytes - 1)).toFixed(0)} %`
  return `| ${millions} | ${batch} × ${length} | ${rank ?? 'all weights'} | ${precision} | ${recompute ? 'twice' : 'once'} | ${tokensPerSecond.toFixed(0)} | ${gigabytes(peakBytes)} | ${gigabytes(foretold)} | ${off} |`
}

function page(): string {
  return `# What training costs

Written by \`npm run bench:trainer-cost\`: LoRA on all projections or all weights, bases of random weights in F32 in the shapes of SmolLM2 (135 M, 360 M), TinyLlama (1.1 B) and smaller ones; one run of ${steps} steps a row, the first left out of
the speed, on ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}. Foretold is what the trainer says before it starts, and by which it refuses a run that cannot fit. "Twice" is \`recompute\`.

| parameters | batch × length | rank | precision | attention’s weights are computed | tokens/s | peak | foretold | off by |
| ---: | ---: | ---: | --- | --- | ---: | ---: | ---: | ---: |
${rows.map(lineOf).join('\n')}

## The formula

peak = base weights (4 bytes each; 2 where they are held in 16 bits, or twice in 8) + trained weights, their gradients (two sums of them) and AdamW's state + activations of the two micro-batches that run at once, or of one where memory is short + examples + 150 MB, 25 MB for the second thread and 2.8 MB for each layer and session. Activations come from the graph itself,
planned as ONNX Runtime plans it (\`src/ml/graph/memory.ts\`): its order of operations, what is written over what, and which memory waits for a later result of the same dims. The plan alone is within 6 % of what a graph by itself takes; 1.08 (1.15 with
\`recompute\`) times it makes up for what the allocator rounds and keeps. How many rows a micro-batch has follows from the lengths ([why](design/trainer.md)).
`
}
