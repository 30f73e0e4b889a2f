/** What a run will do and take, worked out before anything large is allocated. */

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../errors.ts'
import type { HfConfig } from '../../formats/hf-config.ts'
import { activationBytes, baseTensors, trainableTensors, type Halves, type TensorSpec } from '../../ml/lora/training-graph.ts'
import type { MemoryEstimate, Recipe, TrainingRequest } from '../trainer.ts'
import { randomFrom, shuffle } from '../../ml/lora/random.ts'
import { baseDigest, openBaseFolder, type BaseFolder } from './base-folder.ts'
import { batchesPerEpoch, epochBatches, microBatches, rowsThatCostLeast, type Batch, type MicroBatch, type Pool } from './batches.ts'
import type { Fingerprint } from './checkpoint.ts'
import { examplesOfPass } from './mix.ts'
import { checkRecipe } from './recipe-limits.ts'
import { isPreference, tokenizeExamples, type TokenizedExamples } from './tokenize-examples.ts'

/** Node, the tokenizer and ONNX Runtime before any weight is read. */
const runtimeBytes = 150e6
/** A session's own memory for each layer beyond its activations: the graph, its optimised copy and the kernels. */
const sessionBytesOfLayer = 2.8e6
/**
 * A process grows by this much more than its tensors take at the peak: alignment, and what the allocator keeps. All three were fitted to peaks on Linux x64
 * (docs/design/trainer.md has the table); a test holds predictions within a tenth.
 */
const allocatorShare = 1.12

export interface Plan {
  readonly base: BaseFolder
  readonly examples: TokenizedExamples
  readonly specs: readonly TensorSpec[]
  /** Examples that are trained on, and those held out, ascending. */
  readonly training: Uint32Array
  readonly heldOut: Uint32Array
  /** Positions of the longest example. */
  readonly longest: number
  readonly steps: number
  readonly batchesPerEpoch: number
  /** Of the whole run. */
  readonly batches: number
  /** Examples that go through a graph at once. */
  readonly rows: number
  /** Frozen matrices to be held in 16 bits, because the run would not fit otherwise, and the power of two to multiply each with. */
  readonly halved: Halves
  readonly estimate: MemoryEstimate
  readonly fingerprint: Fingerprint
}

/** Reads base and examples and checks them against the recipe. Throws `invalid` on whatever cannot work. The base stays open. */
export async function planRun(request: TrainingRequest, version: string, signal?: AbortSignal): Promise<Plan> {
  const { recipe } = request
  const base = await openBaseFolder(request.base)
  try {
    checkRecipe(recipe, base.config)
    if (recipe.method.kind === 'lora' && !base.weights) {
      throw new AppError(
        'invalid',
        `The base ${request.base} has no *.safetensors, and an adapter needs weights to go on; add them, or train with method full.`,
      )
    }
    if (recipe.method.kind === 'full' && request.adapter !== undefined) {
      throw new AppError('invalid', 'A full run cannot start from an adapter; merge it into the base first, or train with method lora.')
    }
    const examples = await tokenizeExamples(request.examples, base.tokenizer, {
      maxLength: recipe.maxLength,
      endIds: base.config.eosTokenIds,
      vocabSize: base.config.vocabSize,
      mix: recipe.mix,
      signal,
    })
    const preferences = examples.sequences.at(-1)! > examples.count
    if (preferences && recipe.method.kind === 'full')
      throw new AppError('invalid', 'Preferences are learned against the model without its adapter, so they need method lora.')
    const { training, heldOut } = split(examples.count, recipe)
    const perEpoch = batchesPerEpoch(poolOfPass(examples, training, recipe.seed, 0), recipe.batchSize)
    if (perEpoch === 0)
      throw new AppError('invalid', 'The mix and the validation share leave no example to train on; raise a weight or lower validation.')
    const { steps, batches } = stepsOf(recipe, perEpoch)
    const longest = examples.lengths.reduce((a, b) => Math.max(a, b), 1)
    const specs = trainableTensors(base.config, recipe.method)
    const fingerprint: Fingerprint = {
      trainer: version,
      base: await baseDigest(request.base),
      examples: examples.digest,
      adapter: request.adapter === undefined ? null : await digestOf(join(request.adapter, 'adapter_model.safetensors')),
      recipe,
    }
    const order = { examples, training, batches, batchesPerEpoch: perEpoch, fingerprint }
    const rows = rowsThatCostLeast(firstSteps(order), examples.lengths, mostRows(recipe, base.config, preferences, longest))
    const estimateWith = (halved: Halves) => estimateMemory(recipe, base.config, specs, examples, { rows, longest, halved })
    let [halved, estimate]: [Halves, MemoryEstimate] = [new Map(), estimateWith(new Map())]
    if (estimate.bytes > (request.memoryBudget ?? process.availableMemory())) {
      const lean = publishedInHalves(base, recipe)
      const less = estimateWith(lean)
      if (less.bytes < estimate.bytes) [halved, estimate] = [lean, less]
    }
    return { base, specs, heldOut, longest, steps, rows, halved, estimate, ...order }
  } catch (error) {
    await base.weights?.close()
    throw error
  }
}

/** Optimiser steps and batches of the whole run; the last step may have fewer batches than the others. */
export function stepsOf(
  recipe: Pick<Recipe, 'epochs' | 'accumulation' | 'maxSteps'>,
  perEpoch: number,
): { steps: number; batches: number } {
  // Rounded first, so that 0.1 epochs of 70 batches are 7 and not 8.
  const wanted = Math.max(1, Math.ceil(Number((recipe.epochs * perEpoch).toFixed(6))))
  const steps = Math.min(Math.ceil(wanted / recipe.accumulation), recipe.maxSteps ?? Infinity)
  return { steps, batches: Math.min(wanted, steps * recipe.accumulation) }
}

/** What says which examples a step learns from. */
type Order = Pick<Plan, 'examples' | 'training' | 'batches' | 'batchesPerEpoch' | 'fingerprint'>

/** Hands out the batches of any step; keeps the order of the epoch it is in. */
function batchesOf({ examples, training, batches, batchesPerEpoch, fingerprint }: Order): (step: number) => Batch[] {
  const { batchSize, accumulation, seed } = fingerprint.recipe
  let epoch = -1
  let order: Batch[] = []
  return (step) => {
    const first = (step - 1) * accumulation
    const last = Math.min(first + accumulation, batches)
    return Array.from({ length: last - first }, (_, i) => {
      const wanted = Math.floor((first + i) / batchesPerEpoch)
      if (wanted !== epoch) {
        epoch = wanted
        order = epochBatches(poolOfPass(examples, training, seed, epoch), batchSize, seed, epoch)
      }
      return order[(first + i) % batchesPerEpoch]!
    })
  }
}

/** Hands out the micro-batches of any step. */
export function microBatchesOfStep(plan: Plan): (step: number) => MicroBatch[] {
  const batches = batchesOf(plan)
  return (step) => microBatches(batches(step), plan.examples.lengths, plan.rows)
}

/** The steps of the first pass. */
function firstSteps(order: Order): Batch[][] {
  const { accumulation } = order.fingerprint.recipe
  const count = Math.ceil(Math.min(order.batchesPerEpoch, order.batches) / accumulation)
  const batches = batchesOf(order)
  return Array.from({ length: count }, (_, step) => batches(step + 1))
}

/** Rows of the longest example that a graph may take at once: so many positions, or what takes no more memory than that. */
const fullPositions = 512
const fewBytes = 512e6

function mostRows(recipe: Recipe, config: HfConfig, preferences: boolean, longest: number): number {
  const together = recipe.batchSize * recipe.accumulation
  const each = preferences ? 2 : 1
  const bytesOf = (rows: number): number => activationBytes(config, recipe.method, { batch: each * rows, length: longest })
  const bytesOfRow = bytesOf(2) - bytesOf(1)
  return Math.min(together, Math.max(1, Math.floor(fullPositions / (each * longest)), Math.floor(fewBytes / bytesOfRow)))
}

/** The held-out examples in micro-batches, the shortest first. */
export function validationBatches({ examples, heldOut, rows }: Plan): MicroBatch[] {
  const { follow, prefer } = poolOf(examples, heldOut)
  return microBatches(
    [
      { kind: 'follow', examples: follow },
      { kind: 'prefer', examples: prefer },
    ],
    examples.lengths,
    rows,
  )
}

/** What a pass sees. Shares are taken of each kind by itself, so that every pass has as many batches. */
function poolOfPass(examples: TokenizedExamples, training: Uint32Array, seed: number, pass: number): Pool {
  const { follow, prefer } = poolOf(examples, training)
  return {
    follow: examplesOfPass(follow, examples.shares, seed, pass),
    prefer: examplesOfPass(prefer, examples.shares, seed, pass),
  }
}

function poolOf(examples: TokenizedExamples, chosen: Uint32Array): Pool {
  return {
    follow: chosen.filter((example) => !isPreference(examples, example)),
    prefer: chosen.filter((example) => isPreference(examples, example)),
  }
}

/** Which examples are held out: a seeded choice, at least one where a share is asked for. */
function split(count: number, { validation, seed }: Recipe): { training: Uint32Array; heldOut: Uint32Array } {
  const order = Uint32Array.from({ length: count }, (_, example) => example)
  if (validation === 0) return { training: order, heldOut: new Uint32Array() }
  if (count < 2) throw new AppError('invalid', 'A validation share needs at least two examples; add examples, or set validation to 0.')
  shuffle(order, randomFrom(seed, 'validation'))
  const held = Math.min(count - 1, Math.max(1, Math.round(validation * count)))
  return { training: order.slice(held).sort(), heldOut: order.slice(0, held).sort() }
}

/** Throws `invalid`, naming the parts, where the run cannot fit. */
export function refuseWhatCannotFit(estimate: MemoryEstimate, budget: number): void {
  if (estimate.bytes <= budget) return
  const parts = estimate.parts.map(([what, bytes]) => `${what} ${megabytes(bytes)}`).join(', ')
  throw new AppError(
    'invalid',
    `The run would take about ${megabytes(estimate.bytes)} (${parts}), but only ${megabytes(budget)} are free; lower batchSize or maxLength, or free some memory.`,
  )
}

/**
 * Matrices that an adapter's base publishes in 16 bits. BF16 reaches further down than float16: divided by this power of two its values are float16's, but for
 * a very few; the matrix of one that is not stays in 32 bits.
 */
function publishedInHalves({ config, weights }: BaseFolder, { method }: Recipe): Halves {
  const matrices = method.kind === 'full' ? [] : baseTensors(config).filter(({ dims }) => dims.length > 1)
  const scales = { F32: null, F16: 1, BF16: 2 ** -15 }
  return new Map(
    matrices.flatMap(({ name }) => {
      const scale = scales[weights!.typeOf(name)]
      return scale === null ? [] : [[name, scale] as const]
    }),
  )
}

/** Whether a step adds up the gradients of several micro-batches. */
export function accumulates({ batchSize, accumulation }: Pick<Recipe, 'batchSize' | 'accumulation'>, rows: number): boolean {
  return rows < batchSize || accumulation > 1
}

function estimateMemory(
  recipe: Recipe,
  config: HfConfig,
  specs: readonly TensorSpec[],
  examples: TokenizedExamples,
  { rows: examplesAtOnce, longest, halved }: Pick<Plan, 'rows' | 'longest' | 'halved'>,
): MemoryEstimate {
  const { method, recompute, preferenceBeta: beta } = recipe
  const trained = 4 * parameters(specs)
  const frozenTensors = method.kind === 'lora' ? baseTensors(config) : []
  const half = 2 * parameters(frozenTensors.filter(({ name }) => halved.has(name)))
  const frozen = 4 * parameters(frozenTensors.filter(({ name }) => !halved.has(name))) + half
  const accumulate = accumulates(recipe, examplesAtOnce)
  const gradients = (accumulate ? 2 : 1) * trained
  const preferences = examples.sequences.at(-1)! > examples.count
  // Sessions keep nothing between runs (no arenas), so the largest batch alone counts. The graph's figure has weights and gradients in it, those of 16 bits twice.
  const rows = preferences ? 2 * examplesAtOnce : examplesAtOnce
  const objective = preferences ? ({ kind: 'prefer', beta } as const) : ({ kind: 'follow' } as const)
  const graph = activationBytes(config, method, { batch: rows, length: longest }, { objective, accumulate, recompute, halves: halved })
  const activations = Math.ceil(allocatorShare * Math.max(0, graph - frozen - half - trained - gradients))
  const sessions = 2 + (preferences ? 2 : 0) + (recipe.validation > 0 ? 1 : 0)
  const kept = (recipe.validation > 0 ? 1 : 0) + (recipe.average > 0 ? 1 : 0)
  const parts: [string, number][] = [
    ['base weights', frozen],
    ['trained weights', (2 + kept) * trained],
    ['gradients', gradients],
    ['optimiser state', 4 * trained],
    [`activations of ${rows} × ${longest} tokens`, activations],
    ['examples', examples.tokens.byteLength + examples.learned.byteLength + 32 * examples.count],
    ['ONNX Runtime and Node', runtimeBytes + sessionBytesOfLayer * config.layers * sessions],
  ]
  const used = parts.filter(([, bytes]) => bytes > 0).sort((a, b) => b[1] - a[1])
  return { bytes: used.reduce((sum, [, bytes]) => sum + bytes, 0), parts: used }
}

export function parameters(specs: readonly TensorSpec[]): number {
  return specs.reduce((sum, spec) => sum + spec.dims.reduce((a, b) => a * b, 1), 0)
}

function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`
}

async function digestOf(path: string): Promise<string> {
  try {
    return createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
  } catch (cause) {
    throw new AppError('invalid', `${path} cannot be read: ${(cause as Error).message}.`, { cause })
  }
}
