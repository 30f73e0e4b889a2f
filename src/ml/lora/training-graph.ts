/** The graphs of a training step: gradients of a micro-batch, and the logits alone. */
import type { HfConfig } from '../../formats/hf-config.ts'
import { emitted, type RunnableGraph, type TensorSpec } from '../graph/emit.ts'
import { Graph, labelled, type Value } from '../graph/graph.ts'
import { gradients } from '../graph/gradient.ts'
import { peakBytes } from '../graph/memory.ts'
import { gatherOnce, gemm, linearCrossEntropy, reshape } from '../graph/ops.ts'
import { lastHidden, logitsOf, type Shape, type Weights } from '../llama/forward.ts'
import { baseTensors, headName, projectionPath } from '../llama/parameters.ts'
import { adapterName, targetsOf, trainableTensors, type Method } from './trainables.ts'

export type { RunnableGraph, TensorSpec } from '../graph/emit.ts'
export type { Shape } from '../llama/forward.ts'
export { baseTensors } from '../llama/parameters.ts'
export { initialTrainables, trainableTensors, type LoraMethod, type Method } from './trainables.ts'
export { updateGraph, type AdamWHyper } from './update-graph.ts'

export interface GradientOptions {
  /** Adds to sums that are passed in, for batches larger than one run takes. */
  readonly accumulate?: boolean
  /** Computes norms, SwiGLU and softmax again in the backward pass: slower by a few per cent, and less memory.
   * The session must run with graphOptimizationLevel 'disabled': ONNX Runtime would find the repetitions and share them again. */
  readonly recompute?: boolean
}

/**
 * The loss of a micro-batch and its gradients.
 *
 * Inputs: the frozen base parameters by name (none for full training), the trainables by name, `tokens` int64 [B,T], `targets` int64
 * [B,T] (what should follow each position), `weights` float32 [B,T] (0: this position does not count, as for padding), and with
 * `accumulate` a `sum/<trainable>` each. Outputs: `loss` [] = Σ weights·(−log p[target]), a sum and no mean, and `grad/<trainable>`, its
 * derivative (added to the sum given). Logits are computed only where the weight is not 0.
 */
export function gradientGraph(config: HfConfig, method: Method, shape: Shape, options: GradientOptions = {}): RunnableGraph {
  return emitted('gradients', gradientValues(config, method, shape, options), {
    recompute: options.recompute ?? false,
  })
}

/** The gradient graph's outputs before they become ONNX, by name. */
export function gradientValues(config: HfConfig, method: Method, shape: Shape, options: GradientOptions = {}): ReadonlyMap<string, Value> {
  const graph = new Graph({ recompute: options.recompute ?? false })
  const { values, weights } = weightsOf(graph, config, method)
  const tokens = graph.input('tokens', 'int64', [shape.batch, shape.length])
  const count = shape.batch * shape.length
  const targets_N = reshape(graph.input('targets', 'int64', [shape.batch, shape.length]), [count])
  const weights_N = reshape(graph.input('weights', 'float32', [shape.batch, shape.length]), [count])

  const x_NH = lastHidden(graph, config, shape, weights, tokens)
  const counted_L = labelled('counted_L', reshape(graph.apply('NonZero', [weights_N], { dim: 'L' }), ['L']))
  const loss = linearCrossEntropy(
    gatherOnce(x_NH, counted_L),
    weights.parameter(headName(config)),
    gatherOnce(targets_N, counted_L),
    gatherOnce(weights_N, counted_L),
  )

  const trainables = trainableTensors(config, method)
  const by = trainables.map(({ name }) => values(name))
  const sums = new Map<Value, Value>()
  if (options.accumulate) {
    for (const { name, dims } of trainables) sums.set(values(name), graph.input(`sum/${name}`, 'float32', dims))
  }
  const derivatives = gradients(loss, by, sums)
  return new Map([['loss', loss], ...trainables.map(({ name }, index): [string, Value] => [`grad/${name}`, derivatives[index] as Value])])
}

/** The logits `logits` [B,T,V] of `tokens` [B,T]; other inputs as in the gradient graph. */
export function logitsGraph(config: HfConfig, method: Method, shape: Shape): RunnableGraph {
  const graph = new Graph()
  const { weights } = weightsOf(graph, config, method)
  const tokens = graph.input('tokens', 'int64', [shape.batch, shape.length])
  const x_NH = lastHidden(graph, config, shape, weights, tokens)
  const logits_NV = logitsOf(x_NH, weights.parameter(headName(config)))
  const logits_BTV = reshape(logits_NV, [shape.batch, shape.length, config.vocabSize])
  return emitted('logits', new Map([['logits', logits_BTV]]))
}

/** Inputs for every parameter, and projections with the method's adapters beside them. */
function weightsOf(graph: Graph, config: HfConfig, method: Method): { values: (name: string) => Value; weights: Weights } {
  const specs: TensorSpec[] = [...baseTensors(config), ...(method.kind === 'lora' ? trainableTensors(config, method) : [])]
  const inputs = new Map(specs.map(({ name, dtype, dims }) => [name, labelled(name, graph.input(name, dtype, dims))]))
  const values = (name: string): Value => {
    const value = inputs.get(name)
    if (!value) throw new Error(`no parameter ${name}`)
    return value
  }
  const adapted = new Set<string>(method.kind === 'lora' ? targetsOf(method) : [])
  return {
    values,
    weights: {
      parameter: values,
      project: (layer, projection, x, plus) => {
        const path = projectionPath(layer, projection)
        const y = gemm(x, values(`${path}.weight`), { transB: true, ...(plus ? { plus } : {}) })
        if (method.kind === 'full' || !adapted.has(projection)) return y
        const low = gemm(x, values(adapterName(path, 'A')), { transB: true })
        return gemm(low, values(adapterName(path, 'B')), { transB: true, alpha: method.alpha / method.rank, plus: y })
      },
    },
  }
}

/**
 * Bytes the gradient graph needs at a shape: weights, gradients and what the backward pass keeps of the forward pass, every
 * position counted in the loss. The optimiser's state and the runtime itself are not in it. ONNX Runtime rounds what it
 * allocates and packs matrices: processes were seen to grow by 1.15 to 1.26 times this.
 */
export function activationBytes(config: HfConfig, method: Method, shape: Shape, options: GradientOptions = {}): number {
  const tokens = shape.batch * shape.length
  const sizes = { L: tokens, U: Math.min(tokens, config.vocabSize) }
  return peakBytes(gradientValues(config, method, shape, options), sizes, { recompute: options.recompute ?? false })
}
