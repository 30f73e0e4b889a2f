/** How operations are asked for: each adds itself to the graph of its inputs. What they are is in op-table.ts. */
import { sameDims, type Attributes, type Dim, type Graph, type Value } from './graph.ts'

export interface ProductOptions {
  readonly transA?: boolean
  readonly transB?: boolean
  readonly alpha?: number
  /** Added to the product. */
  readonly plus?: Value
}

function productAttributes(options: ProductOptions): Attributes {
  return {
    ...(options.transA ? { transA: 1 } : {}),
    ...(options.transB ? { transB: 1 } : {}),
    ...(options.alpha !== undefined && options.alpha !== 1 ? { alpha: options.alpha } : {}),
  }
}

export const add = (a: Value, b: Value): Value => a.graph.apply('Add', [a, b])
export const sub = (a: Value, b: Value): Value => a.graph.apply('Sub', [a, b])
export const mul = (a: Value, b: Value): Value => a.graph.apply('Mul', [a, b])
export const div = (a: Value, b: Value): Value => a.graph.apply('Div', [a, b])
export const min = (a: Value, b: Value): Value => a.graph.apply('Min', [a, b])
export const neg = (x: Value): Value => x.graph.apply('Neg', [x])
export const sqrt = (x: Value): Value => x.graph.apply('Sqrt', [x])
export const exp = (x: Value): Value => x.graph.apply('Exp', [x])
export const log = (x: Value): Value => x.graph.apply('Log', [x])
export const softplus = (x: Value): Value => x.graph.apply('Softplus', [x])
export const sigmoid = (x: Value): Value => x.graph.apply('Sigmoid', [x])
export const tanh = (x: Value): Value => x.graph.apply('Tanh', [x])
/** c·tanh(x/c): x near 0, and never beyond ±c. */
export const softCap = (x: Value, cap: number): Value => mul(tanh(mul(x, x.graph.scalar(1 / cap))), x.graph.scalar(cap))
export const softmax = (x: Value): Value => x.graph.apply('Softmax', [x])
/** softmax(scale·q·kᵀ + mask)·v for each head, the products capped softly where there is a cap, queries in as many parts as there are masks. */
export const attend = (
  { q, k, v }: { readonly q: Value; readonly k: Value; readonly v: Value },
  masks: readonly Value[],
  scale: number,
  cap: number | null = null,
): Value => q.graph.apply('Attend', [q, k, v, ...masks], cap === null ? { alpha: scale } : { alpha: scale, cap })
/** A value under another name, for what must not be shared with what was made of it before. */
export const again = (x: Value): Value => x.graph.apply('Again', [x], { zeros: x.dims.map(() => 0) })
export const reduceSum = (x: Value, axes: readonly number[]): Value => x.graph.apply('ReduceSum', [x], { axes })
export const reduceMax = (x: Value, axes: readonly number[]): Value => x.graph.apply('ReduceMax', [x], { axes })
export const reduceSumSquare = (x: Value, axes: readonly number[]): Value => x.graph.apply('ReduceSumSquare', [x], { axes })
export const expand = (x: Value, dims: readonly Dim[]): Value => (sameDims(x.dims, dims) ? x : x.graph.apply('Expand', [x], { dims }))
export const reshape = (x: Value, dims: readonly Dim[]): Value => (sameDims(x.dims, dims) ? x : x.graph.apply('Reshape', [x], { dims }))
export const transpose = (x: Value, perm: readonly number[]): Value => x.graph.apply('Transpose', [x], { perm })
/** @param scale what the 16-bit numbers are multiplied with: a power of two, so that nothing is rounded */
export const widen = (half: Value, scale: number): Value => half.graph.apply('Widen', [half], { scale })
/** A last axis of one. */
export const unsqueeze = (x: Value): Value => x.graph.apply('Unsqueeze', [x], { axes: [x.dims.length] })
export const gather = (rows: Value, index: Value): Value => rows.graph.apply('Gather', [rows, index])
export const gatherOnce = (rows: Value, index: Value): Value => rows.graph.apply('GatherOnce', [rows, index])
export const zeros = (graph: Graph, dims: readonly Dim[]): Value => graph.apply('Zeros', [], { dims })
const isKnown = (dims: readonly Dim[]): boolean => dims.every((dim) => typeof dim === 'number')
/** Zeros with the dims of a value. */
export const zerosLike = (x: Value): Value =>
  isKnown(x.dims) ? zeros(x.graph, x.dims) : x.graph.apply('ZerosOf', [x.graph.apply('Shape', [x])], { dims: x.dims })
/** A value stretched to the dims of another. */
export const stretchedAs = (value: Value, x: Value): Value =>
  isKnown(x.dims) || sameDims(value.dims, x.dims)
    ? expand(value, x.dims)
    : x.graph.apply('ExpandTo', [value, x.graph.apply('Shape', [measured(x)])], { dims: x.dims })
/** Something that is there earlier and has the same dims: waiting for the value itself would keep what it is made of. */
function measured(x: Value): Value {
  const isElementwise = ['Add', 'Sub', 'Mul', 'Div'].includes(x.node.op)
  const earlier = isElementwise ? x.node.inputs.find((input) => sameDims(input.dims, x.dims)) : undefined
  return earlier ? measured(earlier) : x
}
export const scatterAdd = (data: Value, index: Value, updates: Value, axis: number): Value =>
  data.graph.apply('ScatterElements', [data, index, updates], { axis, reduction: 'add' })
/** Adds rows [L,…] to some rows of data. No number may come twice in index [L]. */
export const addRows = (data: Value, index: Value, rows: Value): Value =>
  data.graph.apply('AddRows', [data, unsqueeze(index), rows], { reduction: 'add' })
export const gemm = (a: Value, b: Value, options: ProductOptions = {}): Value =>
  a.graph.apply('Gemm', options.plus ? [a, b, options.plus] : [a, b], productAttributes(options))
export const matMul = (a: Value, b: Value, options: ProductOptions = {}): Value =>
  a.graph.apply('FusedMatMul', [a, b], productAttributes(options))
/** x·Wᵀ with W in 8 bits, as `int8Specs` in ml/lora/held.ts has it. */
export const int8Linear = (x: Value, ...matrix: readonly Value[]): Value => x.graph.apply('Int8Linear', [x, ...matrix])
/** x·w/√(mean x² + ε), row by row. */
export const rmsNorm = (x: Value, w: Value, epsilon: number): Value => x.graph.apply('RmsNorm', [x, w], { epsilon, axis: -1 })
export const swiGlu = (gate: Value, up: Value): Value => gate.graph.apply('SwiGlu', [gate, up])
/** gelu(gate)·up */
export const geGlu = (gate: Value, up: Value): Value => gate.graph.apply('GeGlu', [gate, up])
/** Parts of the last axis. */
export const split = (x: Value, sizes: readonly number[]): Value[] => [...x.graph.apply('Split', [x], { axis: -1, sizes }).node.outputs]
/** n equal parts of an axis, whose size must be a multiple of n. */
export const partsOf = (x: Value, axis: number, n: number): Value[] =>
  n === 1 ? [x] : [...x.graph.apply('Parts', [x], { axis, num_outputs: n }).node.outputs]
/** Equal parts of an axis, put together. */
export const join = (parts: readonly Value[], axis: number): Value =>
  parts.length === 1 ? parts[0]! : parts[0]!.graph.apply('Joined', parts, { axis })
/** Rows in `count` shares of `size`, which must hold them all; the last may hold fewer or none. */
export const shares = (x: Value, size: number, count: number): Value[] =>
  count === 1 ? [x] : [...x.graph.apply('Shares', [x], { size, count }).node.outputs]
/** Shares put together: `rows` in all. */
export const joinShares = (parts: readonly Value[], size: number, rows: Dim): Value =>
  parts.length === 1 ? parts[0]! : parts[0]!.graph.apply('SharesJoined', parts, { size, count: parts.length, rows: [rows] })
/** @param cap soft cap of the logits */
export const tokenLosses = (x: Value, table: Value, targets: Value, cap: number | null = null): Value =>
  x.graph.apply('TokenLosses', [x, table, targets], cap === null ? {} : { cap })
/** Σ w·(−log p[target]), a scalar. */
export const linearCrossEntropy = (x: Value, table: Value, targets: Value, weights: Value, cap: number | null = null): Value =>
  reshape(reduceSum(mul(tokenLosses(x, table, targets, cap), weights), [0]), [])
