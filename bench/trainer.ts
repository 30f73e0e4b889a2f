/**
 * Useful tokens per second and peak memory of training, ours against PyTorch + PEFT on the same base, examples and machine, in alternation; medians.
 *
 *   node bench/trainer.ts --python /path/to/python       (with torch, transformers, peft; without it only ours is measured)
 *   … --shapes 7m,135m,360m --work 4x256,1x512,stories --peers eager,compiled,bf16 --ours float32,int8,int8+recompute --rounds 3 --steps 8 --full
 *
 * `stories` are pages of real stories (--texts: JSONL with `lang` and `pages`), at most 512 tokens, in batches of 8: PyTorch pads them to the longest of a batch
 * (default collation), or has them packed into rows of 512. Padding is not work: only tokens count. Each peer also runs with glibc told to keep all that is
 * freed, which is its fastest, as +tuned. The first steps of each round are left out on both sides.
 */

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { openBaseFolder } from '../src/trainers/local/base-folder.ts'
import { localTrainer } from '../src/trainers/local/local-trainer.ts'
import { tokenizeExamples } from '../src/trainers/local/tokenize-examples.ts'
import { defaultSettings, type Recipe } from '../src/trainers/trainer.ts'
import { parametersOf, shapeOf, writeBase } from './trainer/shapes.ts'

const { values: options } = parseArgs({
  options: {
    python: { type: 'string' },
    shapes: { type: 'string', default: '7m,135m' },
    work: { type: 'string', default: '4x256,1x512,stories' },
    ours: { type: 'string', default: 'float32' },
    peers: { type: 'string', default: 'eager,eager+tuned,compiled+tuned,bf16+tuned' },
    texts: { type: 'string', default: join(import.meta.dirname, '../../shared/data/01-language/parallel-stories.jsonl') },
    languages: { type: 'string', default: 'sw,hi' },
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '8' },
    full: { type: 'boolean', default: false },
  },
})
const [rounds, steps] = [Number(options.rounds), Number(options.steps)]
/** Left out at the start of a round: sessions warm up, allocators grow, PyTorch compiles. */
const warmUp = 2
const threads = 2
const packedLength = 512
/** For glibc, on the peer's side: what is freed is kept. */
const keepAll = { MALLOC_MMAP_THRESHOLD_: String(2 ** 32), MALLOC_TRIM_THRESHOLD_: String(2 ** 32) }

interface Work {
  readonly name: string
  readonly examples: readonly { readonly text: string }[]
  readonly batchSize: number
  readonly maxLength: number
}

interface Round {
  readonly tokensPerSecond: number
  readonly peakBytes: number
}

const folder = await mkdtemp(join(tmpdir(), 'commonweights-bench-trainer-'))
try {
  for (const shape of options.shapes.split(',')) {
    const config = shapeOf(shape)
    const base = join(folder, shape)
    await writeBase(config, base)
    for (const name of options.work.split(',')) {
      console.log(`\n${shape} (${(parametersOf(config) / 1e6).toFixed(1)} M parameters), ${name}${options.full ? ', all weights' : ''}`)
      await compare(base, await workOf(name))
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
const method = options.full ? 'all weights' : 'LoRA rank 8 on all projections'
console.log(
  `\n${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}; ${method}, ${threads} threads, medians of ${rounds} rounds of ${steps} steps, in alternation.`,
)

async function workOf(name: string): Promise<Work> {
  const uniform = /^(\d+)x(\d+)$/.exec(name)
  if (uniform) {
    const [batchSize, maxLength] = [Number(uniform[1]), Number(uniform[2])]
    return {
      name,
      examples: Array.from({ length: batchSize * (steps + warmUp) }, () => ({ text: '7 3 '.repeat(maxLength) })),
      batchSize,
      maxLength,
    }
  }
  if (name !== 'stories') throw new Error(`${name} is no work; choose <batch>x<length> or stories`)
  const languages = options.languages.split(',')
  const stories = (await readFile(options.texts, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { lang: string; pages: string[] })
  const pages = stories.filter(({ lang }) => languages.includes(lang)).flatMap(({ pages }) => pages)
  return { name, examples: pages.filter((text) => text.length > 2).map((text) => ({ text })), batchSize: 8, maxLength: packedLength }
}

async function compare(base: string, work: Work): Promise<void> {
  const examples = join(base, 'examples.jsonl')
  await writeFile(examples, work.examples.map((example) => `${JSON.stringify(example)}\n`).join(''))
  const lengths = await lengthsOf(base, examples, work)
  const peers = options.python === undefined ? [] : options.peers.split(',')
  const forms = work.name === 'stories' ? peers.flatMap((peer) => [`${peer} padded`, `${peer} packed`]) : peers
  const own = options.ours.split(',')
  const results = new Map<string, Round[]>([...own, ...forms].map((who) => [who, []]))
  for (let round = 0; round < rounds; round++)
    for (const [who, all] of results)
      all.push(own.includes(who) ? await ours(base, examples, work, who) : await peer(base, who, batchesOf(lengths, work, who, round)))
  const of = (who: string, part: keyof Round) => median((results.get(who) ?? []).map((round) => round[part]))
  const lineOf = (who: string, name: string) =>
    `  ${name.padEnd(40)} ${of(who, 'tokensPerSecond').toFixed(0).padStart(6)} tokens/s  ${(of(who, 'peakBytes') / 1e9).toFixed(2)} GB`
  for (const form of own) console.log(lineOf(form, `Commonweights ${form}`))
  for (const form of forms) {
    const ratio = (one: string, part: keyof Round) => (of(one, part) / of(form, part)).toFixed(2)
    const beside = own.map((one) => `${one} ${ratio(one, 'tokensPerSecond')}× as fast with ${ratio(one, 'peakBytes')}× the memory`)
    console.log(`${lineOf(form, `PyTorch + PEFT ${form}`)}  → ours ${beside.join(', ')}`)
  }
}

/** What a form of ours changes in the recipe: `float32`, `int8`, either with `+recompute`. */
function changesOf(form: string): Pick<Recipe, 'precision' | 'recompute'> {
  const [precision, more] = form.split('+')
  if ((precision !== 'float32' && precision !== 'int8') || (more !== undefined && more !== 'recompute'))
    throw new Error(`${form} is no form of ours; choose float32 or int8, or either with +recompute`)
  return { precision, recompute: more !== undefined }
}

/** Positions of each example, in the order of the file. */
async function lengthsOf(base: string, examples: string, { maxLength }: Work): Promise<number[]> {
  const { tokenizer, config, weights } = await openBaseFolder(base)
  await weights?.close()
  const tokenized = await tokenizeExamples(examples, tokenizer, { maxLength, endIds: config.eosTokenIds, vocabSize: config.vocabSize })
  return [...tokenized.lengths]
}

/** What the peer's steps are made of: lengths of rows, drawn at random; packed, rows that are full. */
function batchesOf(lengths: readonly number[], { batchSize, maxLength }: Work, who: string, round: number): number[][] {
  let state = round + 1
  const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
  return Array.from({ length: steps + warmUp }, () => {
    const rows = Array.from({ length: batchSize }, () => lengths[Math.floor(random() * lengths.length)]!)
    if (!who.includes('packed')) return rows
    const tokens = rows.reduce((a, b) => a + b, 0)
    return Array.from({ length: Math.max(1, Math.round(tokens / maxLength)) }, () => maxLength)
  })
}

async function ours(base: string, examples: string, { batchSize, maxLength }: Work, form: string): Promise<Round> {
  const targetModules = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']
  const recipe: Recipe = {
    ...defaultSettings,
    method: options.full ? { kind: 'full' } : { kind: 'lora', rank: 8, alpha: 16, targetModules },
    ...changesOf(form),
    maxSteps: steps + warmUp,
    maxLength,
    batchSize,
    learningRate: 1e-4,
    schedule: 'constant',
    warmup: 0,
    checkpointEvery: 1_000_000,
  }
  const output = join(base, 'run')
  await rm(output, { recursive: true, force: true })
  let [tokens, seconds, peakBytes, last] = [0, 0, 0, performance.now()]
  for await (const event of localTrainer({ threads }).train({ base, examples, recipe, output })) {
    const now = performance.now()
    if (event.kind === 'step' && event.step > warmUp) [tokens, seconds] = [tokens + event.tokens, seconds + (now - last) / 1000]
    if (event.kind === 'finished') peakBytes = event.peakBytes
    last = now
  }
  return { tokensPerSecond: tokens / seconds, peakBytes }
}

async function peer(base: string, setting: string, batches: readonly (readonly number[])[]): Promise<Round> {
  const file = join(base, 'batches.json')
  await writeFile(file, JSON.stringify(batches))
  const script = join(import.meta.dirname, 'trainer/peer.py')
  const args = [script, base, options.full ? `${setting} full` : setting, file, String(warmUp), String(threads)]
  const env = { ...process.env, ...(setting.includes('tuned') ? keepAll : {}) }
  const { stdout } = await promisify(execFile)(options.python!, args, { env, maxBuffer: 1e7 })
  return JSON.parse(stdout) as Round
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
