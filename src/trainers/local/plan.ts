/** What a run will do and take, worked out before anything large is allocated. */

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../errors.ts'
import { activationBytes, baseTensors, trainableTensors, type TensorSpec } from '../../ml/lora/training-graph.ts'
import type { MemoryEstimate, Recipe, TrainingRequest } from '../trainer.ts'
import { baseDigest, openBaseFolder, type BaseFolder } from './base-folder.ts'
import { batchesPerEpoch, chooseBuckets, epochBatches, type Batch } from './batches.ts'
import type { Fingerprint } from './checkpoint.ts'
import { checkRecipe } from './recipe-limits.ts'
import { tokenizeExamples, type TokenizedExamples } from './tokenize-examples.ts'

/** Node, the tokenizer and ONNX Runtime before any weight is read (measured: 160 to 200 MB on Linux x64). */
const runtimeBytes = 200e6
/** A session's own memory beyond its activations: the graph, its optimised copy and the kernels (measured: 8 to 20 MB). */
const sessionBytes = 20e6

/** A process grows by this much more than its tensors take at the peak: alignment, and what the allocator keeps (measured: 1.13 to 1.26). */
const allocatorShare = 1.26

export interface Plan {
  readonly base: BaseFolder
  readonly examples: TokenizedExamples
  readonly specs: readonly TensorSpec[]
  readonly buckets: readonly number[]
  readonly steps: number
  readonly batchesPerEpoch: number
  readonly microBatches: number
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
      signal,
    })
    const perEpoch = batchesPerEpoch(examples.count, recipe.batchSize)
    const { steps, microBatches } = stepsOf(recipe, perEpoch)
    const buckets = chooseBuckets(examples.lengths, recipe.batchSize, microBatches / perEpoch)
    const specs = trainableTensors(base.config, recipe.method)
    const fingerprint: Fingerprint = {
      trainer: version,
      base: await baseDigest(request.base),
      examples: examples.digest,
      adapter: request.adapter === undefined ? null : await digestOf(join(request.adapter, 'adapter_model.safetensors')),
      recipe,
    }
    const estimate = estimateMemory(recipe, base, specs, buckets, examples)
    return { base, examples, specs, buckets, steps, microBatches, batchesPerEpoch: perEpoch, estimate, fingerprint }
  } catch (error) {
    await base.weights?.close()
    throw error
  }
}

/** Optimiser steps and micro-batches of the whole run; the last step may have fewer micro-batches than the others. */
export function stepsOf(
  recipe: Pick<Recipe, 'epochs' | 'accumulation' | 'maxSteps'>,
  perEpoch: number,
): { steps: number; microBatches: number } {
  // Rounded first, so that 0.1 epochs of 70 batches are 7 and not 8.
  const wanted = Math.max(1, Math.ceil(Number((recipe.epochs * perEpoch).toFixed(6))))
  const steps = Math.min(Math.ceil(wanted / recipe.accumulation), recipe.maxSteps ?? Infinity)
  return { steps, microBatches: Math.min(wanted, steps * recipe.accumulation) }
}

/** Hands out the micro-batches of any step; keeps the order of the epoch it is in. */
export function batchesOfStep(plan: Plan): (step: number) => Batch[] {
  const { batchSize, accumulation, seed } = plan.fingerprint.recipe
  let epoch = -1
  let batches: Batch[] = []
  return (step) => {
    const first = (step - 1) * accumulation
    const last = Math.min(first + accumulation, plan.microBatches)
    return Array.from({ length: last - first }, (_, i) => {
      const wanted = Math.floor((first + i) / plan.batchesPerEpoch)
      if (wanted !== epoch) {
        epoch = wanted
        batches = epochBatches(plan.examples.lengths, plan.buckets, batchSize, seed, epoch)
      }
      return batches[(first + i) % plan.batchesPerEpoch]!
    })
  }
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

function estimateMemory(
  recipe: Recipe,
  base: BaseFolder,
  specs: readonly TensorSpec[],
  buckets: readonly number[],
  examples: TokenizedExamples,
): MemoryEstimate {
  const { method, batchSize, accumulation } = recipe
  const trained = 4 * parameters(specs)
  const frozen = method.kind === 'lora' ? 4 * parameters(baseTensors(base.config)) : 0
  const accumulate = accumulation > 1
  const gradients = (accumulate ? 2 : 1) * trained
  // Sessions keep nothing between steps (no arenas), so the longest counts alone. The graph's figure has weights and gradients in it.
  const longest = buckets.at(-1)!
  const graph = activationBytes(base.config, method, { batch: batchSize, length: longest }, { accumulate })
  const activations = Math.ceil(allocatorShare * Math.max(0, graph - frozen - trained - gradients))
  const parts: [string, number][] = [
    ['base weights', frozen],
    ['trained weights', 2 * trained],
    ['gradients', gradients],
    ['optimiser state', 4 * trained],
    [`activations of ${batchSize} × ${longest} tokens`, activations],
    ['examples', examples.tokens.byteLength + examples.learned.byteLength + 24 * examples.count],
    ['ONNX Runtime and Node', runtimeBytes + sessionBytes * (buckets.length + 1)],
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
