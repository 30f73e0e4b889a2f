/** One step of AdamW as a graph, with clipping by the norm of all gradients together. Source: Loshchilov and Hutter (arXiv 1711.05101); torch.optim.AdamW. */
import { emitted, type RunnableGraph, type TensorSpec } from '../graph/emit.ts'
import { Graph, type Value } from '../graph/graph.ts'
import { add, div, min, mul, reduceSumSquare, reshape, sqrt, sub } from '../graph/ops.ts'

export interface AdamWHyper {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  /** Decoupled; per step, times the learning rate. Norms (vectors) do not decay. */
  readonly weightDecay: number
  /** Longest norm that the averaged gradient keeps; null: any. */
  readonly clip: number | null
}

/** Keeps the clipping ratio finite, as torch.nn.utils.clip_grad_norm_ does. */
const clipEpsilon = 1e-6

/**
 * The norm of all gradients together, `gradient_norm` []: of the sums `grad/…`, times `gradient_scale` [] (1/Σ weights, which makes a sum a mean). A graph by itself,
 * because whether a step can be taken must be known before the state is written over.
 */
export function gradientNormGraph(trainables: readonly TensorSpec[]): RunnableGraph {
  const graph = new Graph()
  const squares = trainables.map(({ name, dims }) =>
    reshape(reduceSumSquare(graph.input(`grad/${name}`, 'float32', dims), [...dims.keys()]), []),
  )
  return emitted('norm', new Map([['gradient_norm', mul(sqrt(squares.reduce(add)), graph.input('gradient_scale', 'float32', []))]]))
}

/**
 * Inputs: each trainable by name, its `grad/…` (a sum), first and second moments `m/…` and `v/…`, and scalars float32 []:
 * `learning_rate`, `gradient_scale` and `gradient_norm` as above, `bias1` = 1−β₁ᵗ and `bias2` = 1−β₂ᵗ for step t from 1.
 * Outputs: `next/…`, `next_m/…`, `next_v/…`. Each is written by an operation that reads its forerunner, if at all, at the same place, and nothing reads
 * that one later, so that both may be the same memory.
 *
 *     g = c·gradient_scale·grad      c = min(1, clip/norm)
 *     m′ = β₁m + (1−β₁)g             v′ = β₂v + (1−β₂)g²
 *     w′ = w·(1 − η·decay) − η·(m′/bias1) / (√(v′/bias2) + ε)
 */
export function updateGraph(trainables: readonly TensorSpec[], hyper: AdamWHyper): RunnableGraph {
  const graph = new Graph()
  const scalarInput = (name: string): Value => graph.input(name, 'float32', [])
  const constant = (value: number): Value => graph.scalar(value)
  const rate = scalarInput('learning_rate')
  const gradientScale = scalarInput('gradient_scale')
  const bias1 = scalarInput('bias1')
  const bias2 = scalarInput('bias2')
  const tensors = trainables.map(({ name, dims }) => {
    const input = (prefix: string): Value => graph.input(prefix + name, 'float32', dims)
    return { name, dims, w: input(''), grad: input('grad/'), m: input('m/'), v: input('v/') }
  })

  const norm = hyper.clip === null ? null : scalarInput('gradient_norm')
  const clipping = hyper.clip !== null && norm ? min(constant(1), div(constant(hyper.clip), add(norm, constant(clipEpsilon)))) : constant(1)
  const scale = mul(gradientScale, clipping)

  // Scalars are multiplied with each other first, so that each tensor is passed over as few times as possible:
  // η·(m′/bias1) / (√(v′/bias2) + ε) = m′·(η·√bias2/bias1) / (√v′ + ε·√bias2)
  const scale1 = mul(scale, constant(1 - hyper.beta1))
  const scale2 = mul(mul(scale, scale), constant(1 - hyper.beta2))
  const stepSize = div(mul(rate, sqrt(bias2)), bias1)
  const epsilon = mul(constant(hyper.epsilon), sqrt(bias2))
  const keep = sub(constant(1), mul(rate, constant(hyper.weightDecay)))

  const outputs = new Map<string, Value>()
  for (const { name, dims, w, grad, m, v } of tensors) {
    const nextM = add(mul(m, constant(hyper.beta1)), mul(grad, scale1))
    const nextV = add(mul(v, constant(hyper.beta2)), mul(mul(grad, grad), scale2))
    const step = mul(div(nextM, add(sqrt(nextV), epsilon)), stepSize)
    const decays = dims.length > 1 && hyper.weightDecay !== 0
    outputs.set(`next/${name}`, sub(decays ? mul(w, keep) : w, step))
    outputs.set(`next_m/${name}`, nextM)
    outputs.set(`next_v/${name}`, nextV)
  }
  return emitted('update', outputs)
}
