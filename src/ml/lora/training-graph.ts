/** The graphs of a training step: gradients of a micro-batch, and what the model says without them. */
import type { HfConfig } from '../../formats/hf-config.ts'
import { emitted, type RunnableGraph } from '../graph/emit.ts'
import { Graph, type Value } from '../graph/graph.ts'
import { gradients } from '../graph/gradient.ts'
import { peakBytes } from '../graph/memory.ts'
import { mul, reduceSum, reshape } from '../graph/ops.ts'
import { lastHidden, logitsOf, type Shape } from '../llama/forward.ts'
import { headName } from '../llama/parameters.ts'
import type { Held } from './held.ts'
import { countedLosses, network, rowLosses, sharesOfLogits, type Network } from './network.ts'
import { preferenceLoss } from './preference.ts'
import { trainableTensors, type Method } from './trainables.ts'

export type { PortSpec, RunnableGraph, TensorSpec } from '../graph/emit.ts'
export type { Shape } from '../llama/forward.ts'
export { baseTensors } from '../llama/parameters.ts'
export { int8Specs, projectionsAsInt8, toInt8, type Held, type HeldAs } from './held.ts'
export { initialTrainables, trainableTensors, type LoraMethod, type Method } from './trainables.ts'

/** What is made small: the loss of tokens to follow, or of choices between two answers (preference.ts). */
export type Objective = { readonly kind: 'follow' } | { readonly kind: 'prefer'; readonly beta: number }

export interface GradientOptions {
  readonly objective?: Objective
  /** Adds to sums that are passed in, for batches larger than one run takes. */
  readonly accumulate?: boolean
  /** Computes attention's weights again in the backward pass: slower, and much less memory for long sequences. */
  readonly recompute?: boolean
  /** Frozen matrices that enter in fewer bits: in 16 slower by a few per cent, in 8 faster and rounded; half their memory. */
  readonly held?: Held
}

/**
 * The loss of a micro-batch and its gradients.
 *
 * Inputs: the frozen base parameters by name (none for full training), the trainables by name, `tokens` int64 [B,T], `targets` int64
 * [B,T] (what should follow each position), `weights` float32 [B,T] (0: this position does not count, as for padding), with
 * `accumulate` a `sum/<trainable>` each, and `positions` where the shape varies. Outputs: `loss` [] = Σ weights·(−log p[target]), a sum
 * and no mean, and `grad/<trainable>`, its derivative (added to the sum given). Logits are computed only where the weight is not 0.
 * With the objective `prefer` rows are pairs, and the loss and two more inputs are those of preference.ts.
 */
export function gradientGraph(config: HfConfig, method: Method, shape: Shape, options: GradientOptions = {}): RunnableGraph {
  return emitted('gradients', gradientValues(config, method, shape, options))
}

/** The gradient graph's outputs before they become ONNX, by name. */
export function gradientValues(config: HfConfig, method: Method, shape: Shape, options: GradientOptions = {}): ReadonlyMap<string, Value> {
  const graph = new Graph()
  const net = network(graph, config, method, shape, options.held)
  const loss = lossOf(net, config, options.objective ?? { kind: 'follow' })
  const trainables = trainableTensors(config, method)
  const by = trainables.map(({ name }) => net.values(name))
  const sums = new Map<Value, Value>()
  if (options.accumulate) {
    for (const { name, dims } of trainables) sums.set(net.values(name), graph.input(`sum/${name}`, 'float32', dims))
  }
  const derivatives = gradients(loss, by, { startingAt: sums, recompute: options.recompute ?? false })
  return new Map([['loss', loss], ...trainables.map(({ name }, index): [string, Value] => [`grad/${name}`, derivatives[index] as Value])])
}

function lossOf(net: Network, config: HfConfig, objective: Objective): Value {
  const counted = countedLosses(net, config)
  switch (objective.kind) {
    case 'follow':
      return reshape(reduceSum(mul(counted.weights_L, counted.losses_L), [0]), [])
    case 'prefer':
      return preferenceLoss(rowLosses(net, counted), objective.beta)
    default:
      return objective satisfies never
  }
}

/** `losses` [B]: Σ weights·(−log p[target]) of each row. Inputs as in the gradient graph. An adapter whose B is fed as zeros is switched off. */
export function lossGraph(config: HfConfig, method: Method, shape: Shape, held?: Held): RunnableGraph {
  const net = network(new Graph(), config, method, shape, held)
  return emitted('losses', new Map([['losses', rowLosses(net, countedLosses(net, config))]]))
}

/** The logits `logits` [B,T,V] of `tokens` [B,T]; other inputs as in the gradient graph. */
export function logitsGraph(config: HfConfig, method: Method, shape: Shape): RunnableGraph {
  const graph = new Graph()
  const { weights } = network(graph, config, method, shape)
  const tokens = graph.input('tokens', 'int64', [shape.batch, shape.length])
  const x_NH = lastHidden(graph, config, shape, weights, tokens)
  const logits_NV = logitsOf(config, x_NH, weights.parameter(headName(config)))
  const logits_BTV = reshape(logits_NV, [shape.batch, shape.length, config.vocabSize])
  return emitted('logits', new Map([['logits', logits_BTV]]))
}

/**
 * Bytes the gradient graph needs at a shape: weights, gradients and what the backward pass keeps of the forward pass, every
 * position counted in the loss. The optimiser's state and the runtime itself are not in it. ONNX Runtime rounds what it
 * allocates and packs matrices: processes were seen to grow by 1.15 to 1.26 times this.
 */
export function activationBytes(config: HfConfig, method: Method, shape: Shape, options: GradientOptions = {}): number {
  const tokens = shape.batch * shape.length
  const { size, count } = sharesOfLogits(config, shape)
  const shares = Array.from({ length: count }, (_, i) => [`L.${i}`, Math.min(size, tokens - i * size)] as const)
  const sizes = { T: shape.length, L: tokens, ...Object.fromEntries(shares), U: Math.min(tokens, config.vocabSize) }
  return peakBytes(gradientValues(config, method, shape, options), sizes)
}
