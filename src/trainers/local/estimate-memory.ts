/** What a run will take, part by part, before anything large is allocated; docs/trainer-cost.md holds it against what runs took. */

import { AppError } from '../../errors.ts'
import type { HfConfig } from '../../formats/hf-config.ts'
import { activationBytes, baseTensors, trainableTensors, type Halves, type TensorSpec } from '../../ml/lora/training-graph.ts'
import type { MemoryEstimate, Recipe } from '../trainer.ts'
import { shapeOfPasses, type Room } from './passes.ts'
import type { TokenizedExamples } from './tokenize-examples.ts'

/** Node, the tokenizer and ONNX Runtime before any weight is read. */
const runtimeBytes = 150e6
/** A session's own memory for each layer beyond its activations: the graph, its optimised copy and the kernels. */
const sessionBytesOfLayer = 2.8e6
/** What a second thread takes beside its session. */
const threadBytes = 25e6
/**
 * A process grows by this much more than its tensors take at the peak: alignment, and gaps that the allocator keeps, of which there are more where large results come and go. All were fitted to peaks on Linux x64
 * (docs/trainer-cost.md has the table); a test holds predictions within a tenth.
 */
const allocatorShare = { kept: 1.08, recomputed: 1.15 }

/** What goes through a graph at once, in examples, which weights are held in 16 bits, and whether two graphs run at once. */
export interface Pass extends Room {
  readonly halved: Halves
  readonly sideBySide: boolean
}

export function estimateMemory(recipe: Recipe, config: HfConfig, examples: TokenizedExamples, pass: Pass): MemoryEstimate {
  const { method, recompute, preferenceBeta: beta } = recipe
  const { longest, halved, sideBySide } = pass
  const trained = 4 * parameters(trainableTensors(config, method))
  const frozenTensors = method.kind === 'lora' ? baseTensors(config) : []
  const half = 2 * parameters(frozenTensors.filter(({ name }) => halved.has(name)))
  const frozen = 4 * parameters(frozenTensors.filter(({ name }) => !halved.has(name))) + half
  const { inLanes, accumulates: accumulate } = microBatching(recipe, pass.rows)
  const preferences = examples.sequences.at(-1)! > examples.count
  // Sessions keep nothing between runs (no arenas), so the largest batch alone counts. The graph's figure has weights and gradients in it, those of 16 bits and
  // sums that are passed in, a second time.
  const rows = preferences ? 2 * pass.rows : pass.rows
  const objective = preferences ? ({ kind: 'prefer', beta } as const) : ({ kind: 'follow' } as const)
  const graph = activationBytes(config, method, shapeOfPasses(rows, longest), { objective, accumulate, recompute, halves: halved })
  const share = recompute ? allocatorShare.recomputed : allocatorShare.kept
  const between = share * (graph - frozen - half - (accumulate ? 3 : 2) * trained)
  // When they are gone, the runtime makes copies of the gradients (training-session.ts).
  const lanes = sideBySide ? 2 : 1
  const activations = Math.ceil(lanes * Math.max(between, trained))
  const sessions = lanes * (1 + (preferences ? 2 : 0)) + (recipe.validation > 0 ? 1 : 0)
  const kept = (recipe.validation > 0 ? 1 : 0) + (recipe.average > 0 ? 1 : 0)
  const parts: [string, number][] = [
    ['base weights', frozen],
    ['trained weights', (1 + kept) * trained],
    ['gradients', (inLanes ? 2 : 1) * trained],
    ['optimiser state', 2 * trained],
    [`activations of ${sideBySide ? 'twice ' : ''}${rows} × ${longest} tokens`, activations],
    ['examples', examples.tokens.byteLength + examples.learned.byteLength + 32 * examples.count],
    ['ONNX Runtime and Node', runtimeBytes + (sideBySide ? threadBytes : 0) + sessionBytesOfLayer * config.layers * sessions],
  ]
  const used = parts.filter(([, bytes]) => bytes > 0).sort((a, b) => b[1] - a[1])
  return { bytes: used.reduce((sum, [, bytes]) => sum + bytes, 0), parts: used }
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

/** Whether a step may have several micro-batches, and one of its two lanes several of them. */
export function microBatching(
  { batchSize, accumulation }: Pick<Recipe, 'batchSize' | 'accumulation'>,
  rows: number,
): { readonly inLanes: boolean; readonly accumulates: boolean } {
  // With accumulation a step can have batches of two kinds, each cut by itself.
  return { inLanes: rows < batchSize || accumulation > 1, accumulates: 2 * rows < batchSize || accumulation > 1 }
}

export function parameters(specs: readonly TensorSpec[]): number {
  return specs.reduce((sum, spec) => sum + spec.dims.reduce((a, b) => a * b, 1), 0)
}

function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`
}
