/**
 * AdamW, with clipping by the norm of all gradients together: one pass over memory, weights and moments written over where they lie. Source: Loshchilov and
 * Hutter (arXiv 1711.05101); torch.optim.AdamW. As a graph of elementwise operations it took three times as long (docs/log.md).
 *
 * WebAssembly's numbers are those of IEEE 754 with nothing reordered, so every machine computes the same bits.
 */
import { adamwWasm } from './adamw.wasm.ts'

export interface AdamWHyper {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  /** Decoupled; per step, times the learning rate. Norms and biases (vectors) do not decay. */
  readonly weightDecay: number
  /** Longest norm that the averaged gradient keeps; null: any. */
  readonly clip: number | null
}

/** A tensor's values, the sum of its gradients, its moments: as many numbers in each. */
export interface AdamWTensor {
  readonly weights: Float32Array
  readonly gradient: Float32Array
  readonly m: Float32Array
  readonly v: Float32Array
  readonly decays: boolean
}

export interface AdamWStep {
  /** From 1. */
  readonly step: number
  readonly learningRate: number
  /** What makes the gradients' sum a mean: 1/Σ weights. */
  readonly gradientScale: number
  /** Of the mean, as `gradientNorm` has it. */
  readonly gradientNorm: number
}

/** Keeps the clipping ratio finite, as torch.nn.utils.clip_grad_norm_ does. */
const clipEpsilon = 1e-6

/** Floats of each of the four arrays that are in WebAssembly's memory at once: 256 KiB together, which a core's cache holds. */
const blockLength = 16_384

const { memory, update, addAndSquare } = open()
/** All of the memory: the block's weights, gradient, m and v. */
const block = new Float32Array(memory.buffer)

/** Adds `more` onto a gradient, where there is more. Returns Σ g² of the sum, which is not finite where one of its numbers is not. */
export function addUp(gradient: Float32Array, more: Float32Array | null): number {
  let squares = 0
  for (let start = 0; start < gradient.length; start += blockLength) {
    const part = gradient.subarray(start, start + blockLength)
    const length = fill(0, part)
    if (more) fill(length, more.subarray(start, start + blockLength))
    else block.fill(0, length, 2 * length)
    squares += addAndSquare(4 * length)
    if (more) part.set(block.subarray(0, part.length))
  }
  return squares
}

/** The norm of all gradients together, of the mean that `scale` makes of their sums, from what `addUp` returned for each. */
export function gradientNorm(squares: Iterable<number>, scale: number): number {
  let sum = 0
  for (const of of squares) sum += of
  return Math.sqrt(sum) * scale
}

/**
 * Changes weights, m and v.
 *
 *     g = c·gradientScale·gradient      c = min(1, clip/norm)
 *     m′ = β₁m + (1−β₁)g                v′ = β₂v + (1−β₂)g²
 *     w′ = w·(1 − η·decay) − η·(m′/(1−β₁ᵗ)) / (√(v′/(1−β₂ᵗ)) + ε)
 */
export function adamw(tensors: Iterable<AdamWTensor>, hyper: AdamWHyper, at: AdamWStep): void {
  const { beta1, beta2, epsilon, weightDecay, clip } = hyper
  const scale = at.gradientScale * (clip === null ? 1 : Math.min(1, clip / (at.gradientNorm + clipEpsilon)))
  // What is the same for all numbers is multiplied first:
  // η·(m′/bias1) / (√(v′/bias2) + ε) = m′·(η·√bias2/bias1) / (√v′ + ε·√bias2)
  const root = Math.sqrt(1 - beta2 ** at.step)
  const stepSize = (at.learningRate * root) / (1 - beta1 ** at.step)
  for (const { weights, gradient, m, v, decays } of tensors) {
    const keep = decays ? 1 - at.learningRate * weightDecay : 1
    for (let start = 0; start < weights.length; start += blockLength) {
      const of = (values: Float32Array): Float32Array => values.subarray(start, start + blockLength)
      const [w, g, m1, v1] = [of(weights), of(gradient), of(m), of(v)]
      const length = fill(0, w)
      fill(length, g)
      fill(2 * length, m1)
      fill(3 * length, v1)
      update(4 * length, beta1, scale * (1 - beta1), beta2, scale * scale * (1 - beta2), stepSize, epsilon * root, keep)
      w.set(block.subarray(0, w.length))
      m1.set(block.subarray(2 * length, 2 * length + w.length))
      v1.set(block.subarray(3 * length, 3 * length + w.length))
    }
  }
}

/** Copies values into the block, and zeros after them up to a multiple of four; returns that. */
function fill(start: number, values: Float32Array): number {
  const length = 4 * Math.ceil(values.length / 4)
  block.set(values, start)
  block.fill(0, start + values.length, start + length)
  return length
}

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly update: (bytes: number, ...numbers: number[]) => void
  readonly addAndSquare: (bytes: number) => number
}

function open(): Exports {
  const bytes = Uint8Array.from(atob(adamwWasm), (character) => character.charCodeAt(0))
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports
}

/** As much of the global object as is used here; TypeScript knows it from browsers' types alone. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: Exports }
}
