/**
 * Makes the bundled base again, from nothing: data from CLDR, tokenizer, pretraining, model card. `npm run base:build`
 * `-- --check` makes data and tokenizer and the first 20 steps and compares their digests with those of `model/build.json` (about two minutes).
 * `-- --steps N --output folder --work folder` for trials.
 */

import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bytesSource } from '../../src/formats/byte-source.ts'
import { writeHfConfig, type HfConfig } from '../../src/formats/hf-config.ts'
import { openSafetensors } from '../../src/formats/safetensors.ts'
import type { Recipe, TrainingRequest } from '../../src/trainers/trainer.ts'
import { trainHere } from '../../src/trainers/local/train-here.ts'
import { localTrainerVersion } from '../../src/trainers/local/version.ts'
import { corpus } from './corpus.ts'
import { modelCard, type BuildRecord } from './model-card.ts'
import { specialTokens, tokenizerConfigJson, textPieces, tokenizerJson, trainTokenizer, vocabularySize } from './tokenizer.ts'

const seed = 2026
const batchSize = 64
const fullSteps = 5000
/** Questions and answers the tokenizer is trained on; more change its merges little. */
const tokenizerExamples = 60_000
const checkSteps = 20

const config: HfConfig = {
  architecture: 'LlamaForCausalLM',
  vocabSize: vocabularySize,
  hiddenSize: 256,
  intermediateSize: 640,
  layers: 5,
  heads: 8,
  kvHeads: 4,
  headSize: 32,
  contextLength: 512,
  ropeTheta: 10_000,
  ropeScaling: null,
  normEpsilon: 1e-5,
  tiedEmbeddings: true,
  bosTokenId: specialTokens.indexOf('<|begin|>'),
  eosTokenIds: [specialTokens.indexOf('<|end|>')],
  padTokenId: specialTokens.indexOf('<|pad|>'),
}

const recipe: Recipe = {
  method: { kind: 'full' },
  epochs: 1,
  maxSteps: null,
  maxLength: 96,
  batchSize,
  accumulation: 1,
  learningRate: 3e-3,
  schedule: 'cosine',
  warmup: 0.03,
  weightDecay: 0.1,
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-8,
  clip: 1,
  seed,
  checkpointEvery: 200,
  preferenceBeta: 0.1,
  recompute: false,
  precision: 'float32',
  validation: 0,
  patience: null,
  average: 0,
  mix: {},
}

const { values: options } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    steps: { type: 'string', default: String(fullSteps) },
    output: { type: 'string', default: join(import.meta.dirname, 'model') },
    work: { type: 'string', default: join(import.meta.dirname, '../../.cache/base') },
  },
})
const steps = Number(options.steps)
const { work } = options
const start = join(work, 'start')
const examplesFile = join(work, 'examples.jsonl')

const vocabulary = trainTokenizer(corpus(tokenizerExamples, seed))
const tokenizer = await writeStart()
const data = await writeExamples()
const request: TrainingRequest = { base: start, examples: examplesFile, recipe, output: join(work, 'run') }
if (options.check) await check()
else await build()

/** Every example the run sees, once. */
async function writeExamples(): Promise<BuildRecord['data']> {
  await mkdir(work, { recursive: true })
  const examples = steps * batchSize
  const file = await open(examplesFile, 'w')
  let lines: string[] = []
  for (const example of corpus(examples, seed, textPieces(vocabulary))) {
    lines.push(JSON.stringify(example) + '\n')
    if (lines.length === 4096) {
      await file.write(lines.join(''))
      lines = []
    }
  }
  await file.write(lines.join(''))
  await file.close()
  const digest = await digestOf(examplesFile)
  console.error(`data: ${examples} examples, ${digest}`)
  return {
    examples,
    digest,
    seed,
    cldr: process.versions['cldr'] ?? 'unknown',
    icu: process.versions['icu'] ?? 'unknown',
    node: process.version,
  }
}

/** A base folder without weights: the trainer starts from seeded random ones. */
async function writeStart(): Promise<{ digest: string }> {
  await mkdir(start, { recursive: true })
  const write = (name: string, json: object, indent = 2) => writeFile(join(start, name), JSON.stringify(json, null, indent) + '\n')
  await write('tokenizer.json', tokenizerJson(vocabulary), 0)
  await write('tokenizer_config.json', tokenizerConfigJson(config.contextLength))
  await write('config.json', writeHfConfig(config, 'F16'))
  await write('generation_config.json', {
    bos_token_id: config.bosTokenId,
    eos_token_id: config.eosTokenIds[0],
    pad_token_id: config.padTokenId,
    do_sample: false,
  })
  const digest = await digestOf(join(start, 'tokenizer.json'))
  console.error(`tokenizer: ${digest}`)
  return { digest }
}

async function build(): Promise<void> {
  const state = join(work, 'checkpoint.json')
  const digests = JSON.stringify([data, tokenizer, recipe, localTrainerVersion])
  const saved = existsSync(state) ? (JSON.parse(await readFile(state, 'utf8')) as Progress) : null
  const progress: Progress = saved?.digests === digests ? saved : { digests, file: null, curve: [], tokens: 0, seconds: 0 }
  if (progress.file === null) await rm(request.output, { recursive: true, force: true })
  let sum = 0
  let count = 0
  let began = performance.now()
  for await (const event of trainHere(progress.file === null ? request : { ...request, resume: progress.file }, { threads: 2 })) {
    switch (event.kind) {
      case 'planned':
        console.error(
          `${event.trainableParameters} parameters, ${event.steps} steps, ${event.lossTokens} tokens with loss, about ${Math.round(event.estimatedBytes / 1e6)} MB`,
        )
        began = performance.now()
        break
      case 'step':
        progress.tokens += event.tokens
        sum += event.loss
        count += 1
        if (event.step % 50 === 0 || event.step === event.steps) {
          progress.curve.push([event.step, Number((sum / count).toFixed(4))])
          console.error(
            `${new Date().toISOString()} step ${event.step}/${event.steps} loss ${(sum / count).toFixed(4)} norm ${event.gradientNorm.toFixed(2)} rate ${event.learningRate.toExponential(2)} ${Math.round(event.tokensPerSecond)} tokens/s, ${Math.round(event.secondsLeft / 60)} min left`,
          )
          sum = 0
          count = 0
        }
        break
      case 'checkpoint': {
        progress.file = event.file
        const now = performance.now()
        progress.seconds += (now - began) / 1000
        began = now
        await writeFile(`${state}.tmp`, JSON.stringify(progress))
        await rename(`${state}.tmp`, state)
        break
      }
      case 'validated':
        break
      case 'finished':
        progress.seconds += (performance.now() - began) / 1000
        await publish(event.folder, progress, event.peakBytes)
        break
      default:
        event satisfies never
    }
  }
}

interface Progress {
  readonly digests: string
  file: string | null
  readonly curve: [number, number][]
  tokens: number
  seconds: number
}

async function publish(trained: string, progress: Progress, peakBytes: number): Promise<void> {
  await mkdir(options.output, { recursive: true })
  for (const name of ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors']) {
    await writeFile(join(options.output, name), await readFile(join(trained, name)))
  }
  const record: BuildRecord = {
    data,
    tokenizer,
    recipe,
    trainer: localTrainerVersion,
    steps,
    tokens: progress.tokens,
    seconds: Math.round(progress.seconds),
    machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`,
    peakBytes,
    curve: progress.curve,
    weights: await digestOf(join(options.output, 'model.safetensors')),
    first: await firstSteps(),
  }
  await writeFile(join(options.output, 'build.json'), JSON.stringify(record, null, 2) + '\n')
  await writeFile(join(options.output, 'README.md'), modelCard(record, config))
  console.error(`weights: ${record.weights}`)
}

/** Trains the first steps of the real run in a folder of their own and says the digest of the weights they leave. */
async function firstSteps(): Promise<BuildRecord['first']> {
  const output = join(work, 'first')
  await rm(output, { recursive: true, force: true })
  const stop = new AbortController()
  const losses: number[] = []
  let digest = ''
  try {
    for await (const event of trainHere({ ...request, output }, { threads: 2, signal: stop.signal })) {
      if (event.kind === 'step') losses.push(event.loss)
      if (event.kind === 'step' && event.step === checkSteps) stop.abort(new Error('enough'))
      if (event.kind === 'checkpoint') digest = await weightsDigest(event.file)
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error
  }
  await rm(output, { recursive: true, force: true })
  return { steps: checkSteps, losses, weights: digest }
}

/** Over the trained values alone, by name: what else a checkpoint says (paths of the trainer's version, say) is no part of the mathematics. */
async function weightsDigest(checkpoint: string): Promise<string> {
  const file = await openSafetensors(bytesSource(await readFile(checkpoint)), checkpoint)
  const hash = createHash('sha256')
  for (const name of [...file.tensors.keys()].filter((name) => name.startsWith('trainables/')).sort()) {
    const values = await file.floats(name)
    hash.update(`${name}\n`).update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  }
  return `sha256:${hash.digest('hex')}`
}

async function check(): Promise<void> {
  const record = JSON.parse(await readFile(join(options.output, 'build.json'), 'utf8')) as BuildRecord
  const compared: [string, string, string][] = [
    ['data', record.data.digest, data.digest],
    ['tokenizer', record.tokenizer.digest, tokenizer.digest],
  ]
  if (record.trainer === localTrainerVersion) {
    const first = await firstSteps()
    compared.push([`weights after ${first.steps} steps`, record.first.weights, first.weights])
  } else console.log(`not compared: weights, which ${record.trainer} made and this is ${localTrainerVersion}`)
  for (const [what, before, now] of compared) console.log(`${before === now ? 'same     ' : 'DIFFERENT'} ${what}: ${now}`)
  if (compared.some(([, before, now]) => before !== now)) {
    console.log(
      `The base was built on ${record.machine} with Node ${record.data.node}, CLDR ${record.data.cldr}, ${record.trainer}; another kind of processor can round differently.`,
    )
    process.exitCode = 1
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of createReadStream(path)) hash.update(part as Buffer)
  return `sha256:${hash.digest('hex')}`
}
