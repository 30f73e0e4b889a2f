/**
 * Tokens per second and peak memory of a LoRA step, ours against PyTorch + PEFT (fp32 and bf16) on the same checkpoint, batch and machine, in alternation.
 *
 *   node bench/trainer.ts --python /path/to/python       (with torch, transformers, peft; without it only ours is measured)
 *   … --shapes bundled,7m,135m --rounds 3 --steps 8
 *
 * Every row is cut to the same length, so that all tokens are work. The first two steps of each round are left out on both sides.
 */

import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { writeHfConfig, type HfConfig } from '../src/formats/hf-config.ts'
import { writeSafetensors } from '../src/formats/safetensors-write.ts'
import { baseTensors, initialTrainables } from '../src/ml/lora/training-graph.ts'
import { trainHere } from '../src/trainers/local/train-here.ts'
import type { Recipe, TrainingRequest } from '../src/trainers/trainer.ts'
import { readFile } from 'node:fs/promises'

const { values: options } = parseArgs({
  options: {
    python: { type: 'string' },
    shapes: { type: 'string', default: 'bundled,7m,135m' },
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '8' },
    batch: { type: 'string', default: '4' },
    length: { type: 'string', default: '256' },
    /** Internal: one round of ours, in a process of its own so that its peak memory is its own. */
    ours: { type: 'string' },
  },
})
const [rounds, steps, batchSize, maxLength] = [options.rounds, options.steps, options.batch, options.length].map(Number) as [
  number,
  number,
  number,
  number,
]
/** Left out at the start of a round: sessions warm up, allocators grow. */
const WARM_UP = 2

const llama = (shape: Partial<HfConfig>): HfConfig => ({
  architecture: 'LlamaForCausalLM',
  vocabSize: 4096,
  hiddenSize: 256,
  intermediateSize: 640,
  layers: 5,
  heads: 8,
  kvHeads: 4,
  headSize: 32,
  contextLength: 2048,
  ropeTheta: 10_000,
  ropeScaling: null,
  normEpsilon: 1e-5,
  tiedEmbeddings: true,
  bosTokenId: 1,
  eosTokenIds: [2],
  padTokenId: 0,
  ...shape,
})

const SHAPES: Readonly<Record<string, HfConfig>> = {
  bundled: llama({}),
  '7m': llama({ hiddenSize: 288, intermediateSize: 768, layers: 6, heads: 6, kvHeads: 6, headSize: 48 }),
  '135m': llama({ vocabSize: 49_152, hiddenSize: 576, intermediateSize: 1536, layers: 30, heads: 9, kvHeads: 3, headSize: 64 }),
}

const recipe: Recipe = {
  method: {
    kind: 'lora',
    rank: 8,
    alpha: 16,
    targetModules: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
  },
  epochs: 1,
  maxSteps: steps + WARM_UP,
  maxLength,
  batchSize,
  accumulation: 1,
  learningRate: 1e-4,
  schedule: 'constant',
  warmup: 0,
  weightDecay: 0,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  clip: 1,
  seed: 1,
  checkpointEvery: 1_000_000,
  preferenceBeta: 0.1,
  recompute: false,
  validation: 0,
  patience: null,
  average: 0,
  mix: {},
}

interface Round {
  readonly tokensPerSecond: number
  readonly peakBytes: number
}

if (options.ours !== undefined) {
  console.log(JSON.stringify(await ours(options.ours)))
} else {
  const work = await mkdtemp(join(tmpdir(), 'commonweights-bench-trainer-'))
  try {
    for (const name of options.shapes.split(',')) await compare(name, work)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  console.log(
    `\n${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}; batch ${batchSize} × ${maxLength}, LoRA rank 8 on all projections, medians of ${rounds} rounds of ${steps} steps, in alternation.`,
  )
}

async function compare(name: string, work: string): Promise<void> {
  const config = SHAPES[name]
  if (!config) throw new Error(`${name} is not a shape; choose ${Object.keys(SHAPES).join(', ')}`)
  const folder = join(work, name)
  await makeBase(config, folder)
  const peers = options.python === undefined ? [] : ['fp32', 'bf16']
  const results = new Map<string, Round[]>([['ours', []], ...peers.map((it): [string, Round[]] => [it, []])])
  for (let round = 0; round < rounds; round++)
    for (const [who, all] of results) all.push(who === 'ours' ? await inProcess(folder) : await peer(folder, who))
  const speed = (who: string) => median((results.get(who) ?? []).map((it) => it.tokensPerSecond))
  const memory = (who: string) => median((results.get(who) ?? []).map((it) => it.peakBytes))
  console.log(`\n${name} (${(parameterCount(config) / 1e6).toFixed(1)} M parameters)`)
  for (const who of results.keys())
    console.log(
      `  ${who === 'ours' ? 'Commonweights fp32' : `PyTorch + PEFT ${who}`.padEnd(18)}  ${speed(who).toFixed(0).padStart(6)} tokens/s  ${(memory(who) / 1e9).toFixed(2)} GB` +
        (who === 'ours'
          ? ''
          : `  → ours is ${(speed('ours') / speed(who)).toFixed(2)}× as fast with ${(memory('ours') / memory(who)).toFixed(2)}× the memory`),
    )
}

/** A base folder with seeded random weights, in F32: speed does not depend on what they are. */
async function makeBase(config: HfConfig, folder: string): Promise<void> {
  const bundled = new URL('../examples/base/model/', import.meta.url)
  await mkdir(folder, { recursive: true })
  const values = initialTrainables(config, { kind: 'full' }, 1)
  const tensors = baseTensors(config).map(({ name, dims }) => ({
    name,
    type: 'F32' as const,
    shape: dims,
    values: values.get(name) as Float32Array,
  }))
  await writeFile(join(folder, 'model.safetensors'), writeSafetensors(tensors))
  await writeFile(join(folder, 'config.json'), JSON.stringify(writeHfConfig(config, 'F32')))
  for (const name of ['tokenizer.json', 'tokenizer_config.json'])
    await writeFile(join(folder, name), await readFile(new URL(name, bundled)))
  const text = JSON.stringify({ text: '7 3 '.repeat(maxLength) })
  await writeFile(join(folder, 'examples.jsonl'), `${text}\n`.repeat(batchSize * (steps + WARM_UP)))
}

async function inProcess(folder: string): Promise<Round> {
  const args = [
    import.meta.filename,
    '--ours',
    folder,
    '--steps',
    String(steps),
    '--batch',
    String(batchSize),
    '--length',
    String(maxLength),
  ]
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1e7 })
  return JSON.parse(stdout) as Round
}

async function ours(folder: string): Promise<Round> {
  const request: TrainingRequest = { base: folder, examples: join(folder, 'examples.jsonl'), recipe, output: join(folder, 'run') }
  await rm(request.output, { recursive: true, force: true })
  const seconds: number[] = []
  let tokens = 0
  let peakBytes = 0
  let last = performance.now()
  for await (const event of trainHere(request, { threads: 2 })) {
    const now = performance.now()
    if (event.kind === 'step') {
      if (event.step > WARM_UP) seconds.push((now - last) / 1000)
      tokens = event.tokens
    }
    if (event.kind === 'finished') peakBytes = event.peakBytes
    last = now
  }
  return { tokensPerSecond: tokens / median(seconds), peakBytes }
}

async function peer(folder: string, precision: string): Promise<Round> {
  const script = new URL('trainer-peer.py', import.meta.url).pathname
  const child = spawn(
    options.python as string,
    [script, folder, precision, String(steps), String(WARM_UP), String(batchSize), String(maxLength)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let out = ''
  for await (const data of child.stdout) out += String(data)
  return JSON.parse(out) as Round
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

function parameterCount(config: HfConfig): number {
  return baseTensors(config).reduce((sum, { dims }) => sum + dims.reduce((a, b) => a * b, 1), 0)
}
