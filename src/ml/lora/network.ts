/** What every graph about training begins with: the parameters as inputs, adapters beside the projections, and the loss of each token that counts. */
import { traitsOf } from '../../formats/architectures/traits.ts'
import type { HfConfig } from '../../formats/hf-config.ts'
import type { TensorSpec } from '../graph/emit.ts'
import { labelled, times, type Graph, type Value } from '../graph/graph.ts'
import {
  add,
  addRows,
  gather,
  gatherOnce,
  gemm,
  int8Linear,
  joinShares,
  mul,
  reduceSum,
  reshape,
  shares,
  tokenLosses,
  widen,
  zerosLike,
} from '../graph/ops.ts'
import { lastHidden, timeOf, type Shape, type Weights } from '../llama/forward.ts'
import { baseTensors, embeddingName, headName, projectionDims, projectionPath, type Projection } from '../llama/parameters.ts'
import { int8Specs, type Held } from './held.ts'
import { adapterName, targetsOf, trainableTensors, type LoraMethod, type Method } from './trainables.ts'

/** What may be put beside an adapter: something added to x·Aᵀ, and something added to what the adapter adds. */
export interface Beside {
  readonly low: (path: string, x: Value, low: Value) => Value
  readonly out: (path: string, low: Value, y: Value) => Value
}

export interface Network {
  readonly graph: Graph
  readonly shape: Shape
  /** A parameter or trainable by name. */
  readonly values: (name: string) => Value
  readonly weights: Weights
}

/** Inputs for every parameter, and projections with the method's adapters beside them. */
export function network(graph: Graph, config: HfConfig, method: Method, shape: Shape, held: Held = new Map(), beside?: Beside): Network {
  const specs = [...baseTensors(config), ...(method.kind === 'lora' ? trainableTensors(config, method) : [])]
  const input = ({ name, dtype, dims }: TensorSpec): Value => labelled(name, graph.input(name, dtype, dims))
  const inputs = new Map(
    specs.map((spec) => [spec.name, input(held.get(spec.name)?.kind === 'float16' ? { ...spec, dtype: 'float16' } : spec)]),
  )
  // Widened where it is first read, not at the beginning.
  const values = (name: string): Value => {
    const value = inputs.get(name)
    if (!value) throw new Error(`no parameter ${name}`)
    const as = held.get(name)
    if (as?.kind === 'int8') throw new Error(`${name} is held in 8 bits`)
    return as ? widen(value, as.scale) : value
  }
  const targets = new Set<string>(method.kind === 'lora' ? targetsOf(method, config) : [])
  const biased = new Set<string>(traitsOf(config).biases)
  const project = (layer: number, projection: Projection, x: Value, plus?: Value): Value => {
    const path = projectionPath(layer, projection)
    const bias = biased.has(projection) ? values(`${path}.bias`) : undefined
    const name = `${path}.weight`
    const y =
      held.get(name)?.kind === 'int8'
        ? sum(int8Linear(x, ...int8Specs({ name, dims: projectionDims(config, projection) }).map(input)), bias, plus)
        : linear(x, values(name), bias, plus)
    if (method.kind === 'full' || !targets.has(projection)) return y
    const plain = gemm(x, values(adapterName(path, 'A')), { transB: true })
    const low = beside ? beside.low(path, x, plain) : plain
    const adapted = gemm(low, values(adapterName(path, 'B')), { transB: true, alpha: adapterScale(method), plus: y })
    return beside ? beside.out(path, low, adapted) : adapted
  }
  const embed = (tokens_N: Value): Value => {
    const as = held.get(embeddingName)
    if (as?.kind !== 'float16') return gather(values(embeddingName), tokens_N)
    const rows = graph.apply('ToFloat', [gather(inputs.get(embeddingName)!, tokens_N)])
    return as.scale === 1 ? rows : mul(rows, graph.scalar(as.scale))
  }
  return { graph, shape, values, weights: { parameter: values, embed, project } }
}

/** x·Wᵀ with a bias, something to add, or both. */
function linear(x: Value, weight: Value, bias: Value | undefined, plus: Value | undefined): Value {
  const first = plus ?? bias
  const y = gemm(x, weight, { transB: true, ...(first ? { plus: first } : {}) })
  return plus && bias ? add(y, bias) : y
}

const sum = (first: Value, ...others: readonly (Value | undefined)[]): Value =>
  others.reduce<Value>((all, other) => (other ? add(all, other) : all), first)

/** What an adapter's product is multiplied with. */
export const adapterScale = (method: LoraMethod): number => method.alpha / method.rank

/** Losses of the tokens that count, and where they are. */
export interface CountedLosses {
  /** −log p[target] of each position whose weight is not 0. */
  readonly losses_L: Value
  readonly weights_L: Value
  /** Their places among the N = B·T positions. */
  readonly counted_L: Value
  readonly weights_N: Value
}

/** Logits that are there at once: 32 MiB. More rows at a time are not faster (docs/log.md). */
const mostLogits = 2 ** 23

/** In how many shares the positions that count meet the vocabulary, and of how many rows. */
export function sharesOfLogits({ vocabSize }: HfConfig, { batch, length }: Shape): { readonly size: number; readonly count: number } {
  const count = Math.ceil((batch * length * vocabSize) / mostLogits)
  return { size: Math.ceil((batch * length) / count), count }
}

/** Logits are computed only where the weight is not 0. Inputs: tokens, targets int64 [B,T], weights float32 [B,T]. */
export function countedLosses({ graph, shape, weights }: Network, config: HfConfig): CountedLosses {
  const T = timeOf(shape)
  const N = times(T, shape.batch)
  const tokens = graph.input('tokens', 'int64', [shape.batch, T])
  const targets_N = reshape(graph.input('targets', 'int64', [shape.batch, T]), [N])
  const weights_N = reshape(graph.input('weights', 'float32', [shape.batch, T]), [N])
  const x_NH = lastHidden(graph, config, shape, weights, tokens)
  const counted_L = labelled('counted_L', reshape(graph.apply('NonZero', [weights_N], { dim: 'L' }), ['L']))
  const head_VH = weights.parameter(headName(config))
  const { size, count } = sharesOfLogits(config, shape)
  const targets = shares(gatherOnce(targets_N, counted_L), size, count)
  const losses = shares(gatherOnce(x_NH, counted_L), size, count).map((x, i) =>
    tokenLosses(x, head_VH, targets[i]!, traitsOf(config).logitSoftCap),
  )
  const losses_L = joinShares(losses, size, counted_L.dims[0]!)
  return { losses_L, weights_L: gatherOnce(weights_N, counted_L), counted_L, weights_N }
}

/** Σ weights·losses of each row, [B]: of a conversation or text, minus its log probability. */
export function rowLosses({ shape }: Network, { losses_L, weights_L, counted_L, weights_N }: CountedLosses): Value {
  const losses_N = addRows(zerosLike(weights_N), counted_L, mul(weights_L, losses_L))
  return reshape(reduceSum(reshape(losses_N, [shape.batch, timeOf(shape)]), [1]), [shape.batch])
}
