/** What a run will take, part by part, before anything large is allocated; docs/trainer-cost.md holds it against what runs took. */

import { AppError } from '../../errors.ts'
import type { HfConfig } from '../../formats/hf-config.ts'
import {
  activationBytes,
  baseTensors,
  int8Specs,
  trainableTensors,
  type Held,
  type HeldAs,
  type TensorSpec,
} from '../../ml/lora/training-graph.ts'
import type { MemoryEstimate, Recipe } from '../trainer.ts'
import { shapeOfPasses, type Room } from './passes.ts'
import type { TokenizedExamples } from './tokenize-examples.ts'

/** Node, the tokenizer and ONNX Runtime before any weight is read. */
const runtimeBytes = 150e6
/** A session's own memory for each layer beyond its activations: the graph, its optimised copy and the kernels. */
const sessionBytesOfLayer = 2.8e6
/** What rounding matrices to 8 bits leaves in JavaScript's heap. */
const roundingBytes = 12e6
/** What a second thread takes beside its session. */
const threadBytes = 25e6
/**
 * A process grows by this much more than its tensors take at the peak: alignment, and gaps that the allocator keeps, of which there are more where large results come and go. All were fitted to peaks on Linux x64
 * (docs/trainer-cost.md has the table); a test holds predictions within a tenth.
 */
const allocatorShare = { kept: 1.08, recomputed: 1.15 }

/** ONNX Runtime's code in WebAssembly, compiled, and its heap before anything is in it. */
const wasmBytes = 60e6
/** The most that WebAssembly's 32-bit addresses reach. */
const mostWasmBytes = 2 ** 32

export interface LocalEstimate extends MemoryEstimate {
  /** Of what a graph reads, makes and returns. */
  readonly graphBytes: number
}

/** What goes through a graph at once, in examples, which weights are held in fewer bits, and whether two graphs run at once. */
export interface Pass extends Room {
  readonly held: Held
  readonly sideBySide: boolean
  /** In WebAssembly, which works on copies. */
  readonly portable: boolean
}

export function estimateMemory(recipe: Recipe, config: HfConfig, examples: TokenizedExamples, pass: Pass): LocalEstimate {
  const { method, recompute, preferenceBeta: beta } = recipe
  const { longest, held, sideBySide, portable } = pass
  const trained = 4 * parameters(trainableTensors(config, method))
  const frozenTensors = method.kind === 'lora' ? baseTensors(config) : []
  const frozenBytes = (as: HeldAs['kind'] | undefined): number =>
    bytesOf(
      frozenTensors.filter(({ name }) => held.get(name)?.kind === as),
      as,
    )
  const half = frozenBytes('float16')
  const frozen = frozenBytes(undefined) + half + frozenBytes('int8')
  const { bothLanes, accumulates: accumulate } = microBatching(recipe, pass.rows)
  const preferences = examples.sequences.at(-1)! > examples.count
  // Sessions keep nothing between runs (no arenas), so the largest batch alone counts. The graph's figure has weights and gradients in it, those of 16 bits and
  // sums that are passed in, a second time.
  const rows = preferences ? 2 * pass.rows : pass.rows
  const objective = preferences ? ({ kind: 'prefer', beta } as const) : ({ kind: 'follow' } as const)
  const graph = activationBytes(config, method, shapeOfPasses(rows, longest), { objective, accumulate, recompute, held })
  const share = recompute ? allocatorShare.recomputed : allocatorShare.kept
  const between = share * (graph - frozen - half - (accumulate ? 3 : 2) * trained)
  // When they are gone, the runtime makes copies of the gradients (training-session.ts).
  const lanes = sideBySide ? 2 : 1
  const activations = Math.ceil(lanes * Math.max(between, trained))
  // What goes in and what comes out lies twice where the runtime has memory of its own.
  const copies = frozen + (accumulate ? 3 : 2) * trained
  const sessions = lanes * (1 + (preferences ? 2 : 0)) + (recipe.validation > 0 ? 1 : 0)
  const kept = (recipe.validation > 0 ? 1 : 0) + (recipe.average > 0 ? 1 : 0)
  const parts: [string, number][] = [
    ['base weights', frozen],
    ['trained weights', (1 + kept) * trained],
    ['gradients', (bothLanes ? 2 : 1) * trained],
    ['optimiser state', 2 * trained],
    [`activations of ${sideBySide ? 'twice ' : ''}${rows} × ${longest} tokens`, activations],
    ['copies in WebAssembly', portable ? wasmBytes + copies : 0],
    ['examples', examples.tokens.byteLength + examples.learned.byteLength + 32 * examples.count],
    [
      'ONNX Runtime and Node',
      runtimeBytes +
        (recipe.precision === 'int8' ? roundingBytes : 0) +
        (sideBySide ? threadBytes : 0) +
        sessionBytesOfLayer * config.layers * sessions,
    ],
  ]
  const used = parts.filter(([, bytes]) => bytes > 0).sort((a, b) => b[1] - a[1])
  return { bytes: used.reduce((sum, [, bytes]) => sum + bytes, 0), parts: used, graphBytes: copies + activations }
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

/** Throws `invalid` where WebAssembly could not hold what a graph needs, however much memory is free. */
export function refuseWhatWasmCannotHold({ graphBytes }: LocalEstimate): void {
  if (graphBytes + wasmBytes <= mostWasmBytes) return
  throw new AppError(
    'invalid',
    `The portable trainer would need ${megabytes(graphBytes)} for its graphs, and WebAssembly has ${megabytes(mostWasmBytes)} at most; lower batchSize or maxLength, or train with the native trainer.`,
  )
}

/** Whether a step may have several micro-batches, and one of its two lanes several of them. */
export function microBatching(
  { batchSize, accumulation }: Pick<Recipe, 'batchSize' | 'accumulation'>,
  rows: number,
): { readonly bothLanes: boolean; readonly accumulates: boolean } {
  // With accumulation a step can have batches of two kinds, each cut by itself.
  return { bothLanes: rows < batchSize || accumulation > 1, accumulates: 2 * rows < batchSize || accumulation > 1 }
}

function bytesOf(specs: readonly TensorSpec[], as: HeldAs['kind'] | undefined): number {
  switch (as) {
    case 'int8':
      return specs.flatMap((spec) => int8Specs(spec)).reduce((sum, spec) => sum + (spec.dtype === 'int8' ? 1 : 4) * parameters([spec]), 0)
    case 'float16':
      return 2 * parameters(specs)
    case undefined:
      return 4 * parameters(specs)
    default:
      return as satisfies never
  }
}

export function parameters(specs: readonly TensorSpec[]): number {
  return specs.reduce((sum, spec) => sum + spec.dims.reduce((a, b) => a * b, 1), 0)
}

function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`
}
