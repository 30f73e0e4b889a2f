/** The operations: for each its shape rule, its gradient in these same operations (asked for by ops.ts), and how it is written in ONNX. */
import { attentionParts, stackedHeads, sumOfBeginnings } from './attention-parts.ts'
import { joined, output, part, sameDims, type Attributes, type Dim, type Node, type Spec, type Value } from './graph.ts'
import {
  add,
  sub,
  mul,
  div,
  neg,
  sqrt,
  exp,
  log,
  sigmoid,
  tanh,
  softmax,
  reduceSum,
  reduceMax,
  reduceSumSquare,
  reshape,
  transpose,
  unsqueeze,
  gather,
  zeros,
  zerosLike,
  stretchedAs,
  scatterAdd,
  addRows,
  gemm,
  matMul,
  split,
  partsOf,
  join,
  type ProductOptions,
} from './ops.ts'

export interface Op {
  /** Dtype and dims of each output. Throws where the inputs do not fit: such a graph is a bug of ours. */
  readonly shape: (inputs: readonly Value[], attributes: Attributes) => Spec[]
  /**
   * From the loss's derivative by each output (null: the loss does not depend on it) that by each input, one for each input
   * (null: none). Missing where nothing flows back.
   */
  readonly gradient?: (node: Node, dOutputs: readonly (Value | null)[]) => (Value | null)[]
  /** The same in simpler operations, for what ONNX has no operator for. */
  readonly lower?: (inputs: readonly Value[], attributes: Attributes) => Value[]
  /** The same in simpler operations, for a runtime whose own form is wrong. */
  readonly apart?: (inputs: readonly Value[], attributes: Attributes) => Value[]
  readonly onnx?: OnnxForm
  /**
   * What the backward pass makes again rather than keep: the `result`, where it is large and takes little arithmetic; what lies `inside`, between inputs and
   * result, where the graph recomputes.
   */
  readonly again?: 'result' | 'inside'
}

export interface OnnxForm {
  readonly type?: string
  readonly domain?: 'com.microsoft'
  /** An attribute that ONNX wants as a last, constant int64 input; a named dim becomes -1. */
  readonly asInput?: string
  /** Attributes that are always the same. */
  readonly fixed?: Attributes
  /** Attributes that are ours alone. */
  readonly omit?: readonly string[]
  /** ONNX counts the outputs, so those that nothing reads are named too. */
  readonly everyOutput?: true
}

type Rule = NonNullable<Op['gradient']>

const elements = (dims: readonly Dim[]) => dims.reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : NaN), 1)

function fail(op: string, inputs: readonly Value[]): never {
  throw new Error(`${op} cannot take ${inputs.map((value) => `${value.dtype}[${value.dims.join(',')}]`).join(' and ')}`)
}

function at<T>(list: readonly T[], index: number): T {
  const item = list.at(index)
  if (item === undefined) throw new Error(`nothing at ${index} of ${list.length}`)
  return item
}

const like = (value: Spec): Spec => ({ dtype: value.dtype, dims: value.dims })
const first = (inputs: readonly Value[]): Spec[] => [like(at(inputs, 0))]
const numberOf = (attributes: Attributes, name: string): number => Number(attributes[name] ?? 0)
const listOf = (attributes: Attributes, name: string): readonly Dim[] => attributes[name] as readonly Dim[]
const axesOf = (attributes: Attributes): number[] => listOf(attributes, 'axes').map(Number)

/** Numpy's rule: dims are matched from the right, and 1 stretches. */
function broadcast(inputs: readonly Value[]): Spec[] {
  const [a, b] = [at(inputs, 0), at(inputs, 1)]
  const rank = Math.max(a.dims.length, b.dims.length)
  const dims = Array.from({ length: rank }, (_, axis): Dim => {
    const x = a.dims[axis - rank + a.dims.length] ?? 1
    const y = b.dims[axis - rank + b.dims.length] ?? 1
    if (x !== y && x !== 1 && y !== 1) fail('an elementwise operation', inputs)
    return x === 1 ? y : x
  })
  return [{ dtype: a.dtype, dims }]
}

/** The derivative by something that was stretched is the sum over where it went. */
function sumTo(value: Value, dims: readonly Dim[]): Value {
  if (sameDims(value.dims, dims)) return value
  const extra = value.dims.length - dims.length
  const axes = value.dims.flatMap((dim, axis) => (axis < extra || (dims[axis - extra] === 1 && dim !== 1) ? [axis] : []))
  return reshape(axes.length ? reduceSum(value, axes) : value, dims)
}

function matrixDims(a: Value, b: Value, attributes: Attributes): Dim[] {
  const [m, k] = attributes['transA'] ? [at(a.dims, -1), at(a.dims, -2)] : [at(a.dims, -2), at(a.dims, -1)]
  const [l, n] = attributes['transB'] ? [at(b.dims, -1), at(b.dims, -2)] : [at(b.dims, -2), at(b.dims, -1)]
  if (k !== l || !sameDims(a.dims.slice(0, -2), b.dims.slice(0, -2))) fail('a matrix product', [a, b])
  return [...a.dims.slice(0, -2), m, n]
}

type Product = (a: Value, b: Value, options: ProductOptions) => Value

/** Y = α·op(A)·op(B): each side's derivative is the product of dY with the other side, transposed as the case needs. */
const productGradient =
  (product: Product): Rule =>
  ({ inputs, attributes }, [dY]) => {
    if (!dY) return inputs.map(() => null)
    const [a, b] = [at(inputs, 0), at(inputs, 1)]
    const [transA, transB] = [Boolean(attributes['transA']), Boolean(attributes['transB'])]
    const alpha = Number(attributes['alpha'] ?? 1)
    const dA = transA ? product(b, dY, { transA: transB, transB: true, alpha }) : product(dY, b, { transB: !transB, alpha })
    const dB = transB ? product(dY, a, { transA: true, transB: transA, alpha }) : product(a, dY, { transA: !transA, alpha })
    return inputs[2] ? [dA, dB, sumTo(dY, inputs[2].dims)] : [dA, dB]
  }

function reduced(inputs: readonly Value[], attributes: Attributes): Spec[] {
  const value = at(inputs, 0)
  const axes = axesOf(attributes)
  return [{ dtype: value.dtype, dims: value.dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim)) }]
}

const elementwise = (gradient: (x: Value, y: Value, dY: Value) => Value): Op => ({
  shape: first,
  gradient: (node, [dY]) => [dY ? gradient(at(node.inputs, 0), output(node, 0), dY) : null],
})

const stretching = (gradient: (a: Value, b: Value, dY: Value) => [Value, Value]): Op => ({
  shape: broadcast,
  gradient: (node, [dY]) => {
    const [a, b] = [at(node.inputs, 0), at(node.inputs, 1)]
    if (!dY) return [null, null]
    const [dA, dB] = gradient(a, b, dY)
    return [sumTo(dA, a.dims), sumTo(dB, b.dims)]
  },
})

export type OpName =
  | 'Input'
  | 'Constant'
  | 'Zeros'
  | 'Add'
  | 'Sub'
  | 'Mul'
  | 'Div'
  | 'Min'
  | 'Neg'
  | 'Abs'
  | 'Sqrt'
  | 'Exp'
  | 'Log'
  | 'Softplus'
  | 'Sigmoid'
  | 'Tanh'
  | 'Gemm'
  | 'FusedMatMul'
  | 'Int8Linear'
  | 'Int8Product'
  | 'ReduceSum'
  | 'ReduceMax'
  | 'ReduceSumSquare'
  | 'Expand'
  | 'Shape'
  | 'ExpandTo'
  | 'ZerosOf'
  | 'Reshape'
  | 'Transpose'
  | 'Gather'
  | 'GatherOnce'
  | 'GatherElements'
  | 'ScatterElements'
  | 'AddRows'
  | 'Unique'
  | 'Equal'
  | 'ToFloat'
  | 'Widen'
  | 'NonZero'
  | 'Unsqueeze'
  | 'Softmax'
  | 'Attend'
  | 'Again'
  | 'RmsNorm'
  | 'RotaryEmbedding'
  | 'SwiGlu'
  | 'GeGlu'
  | 'Split'
  | 'Concat'
  | 'Parts'
  | 'Joined'
  | 'Shares'
  | 'Slice'
  | 'SharesJoined'
  | 'TokenLosses'

export const opTable: Readonly<Record<OpName, Op>> = {
  Input: { shape: (_, { dtype, dims }) => [{ dtype, dims } as Spec] },
  Constant: { shape: (_, { dtype, dims }) => [{ dtype, dims } as Spec] },
  /** Zeros of a fixed shape. */
  Zeros: {
    shape: (_, attributes) => [{ dtype: 'float32', dims: listOf(attributes, 'dims') }],
    onnx: { type: 'ConstantOfShape', asInput: 'dims' },
  },

  Add: stretching((_a, _b, dY) => [dY, dY]),
  Sub: stretching((_a, _b, dY) => [dY, neg(dY)]),
  Mul: stretching((a, b, dY) => [mul(dY, b), mul(dY, a)]),
  Div: stretching((a, b, dY) => [div(dY, b), neg(div(mul(dY, div(a, b)), b))]),
  /** The smaller of two. Used on scalars that nothing is learnt through. */
  Min: { shape: broadcast },
  Neg: elementwise((_x, _y, dY) => neg(dY)),
  /** Used on what is rounded, which nothing is learnt through. */
  Abs: { shape: first },
  Sqrt: elementwise((x, y, dY) => div(mul(dY, x.graph.scalar(0.5)), y)),
  Exp: elementwise((_x, y, dY) => mul(dY, y)),
  Log: elementwise((x, _y, dY) => div(dY, x)),
  /** y = log(1+eˣ), dx = dy·σ(x). The runtime's own form overflows for no x. */
  Softplus: elementwise((x, _y, dY) => mul(dY, sigmoid(x))),
  /** y = 1/(1+e⁻ˣ), dx = dy·y·(1−y) */
  Sigmoid: elementwise((x, y, dY) => mul(dY, mul(y, sub(x.graph.scalar(1), y)))),

  /** dx = dy·(1−y²) */
  Tanh: elementwise((x, y, dY) => mul(dY, sub(x.graph.scalar(1), mul(y, y)))),

  /** Y = α·op(A)·op(B) [+ C] on matrices; C is a matrix, or a row that every row gets. */
  Gemm: {
    shape: (inputs, attributes) => {
      const dims = matrixDims(at(inputs, 0), at(inputs, 1), attributes)
      if (dims.length !== 2 || (inputs[2] && !sameDims(inputs[2].dims, dims) && !sameDims(inputs[2].dims, dims.slice(1))))
        fail('Gemm', inputs)
      return [{ dtype: at(inputs, 0).dtype, dims }]
    },
    gradient: productGradient((a, b, options) => gemm(a, b, options)),
  },
  /** Y = α·op(A)·op(B) on stacks of matrices. */
  FusedMatMul: {
    shape: (inputs, attributes) => [{ dtype: at(inputs, 0).dtype, dims: matrixDims(at(inputs, 0), at(inputs, 1), attributes) }],
    gradient: productGradient((a, b, options) => matMul(a, b, options)),
    onnx: { domain: 'com.microsoft' },
  },
  /**
   * Y = x·Wᵀ with a frozen W in 8 bits, x in 8 bits while the product is taken. Inputs: x [N,in]; Wᵀ as int8 [in,out] with the scale of each column; and W as
   * int8 [out,in] with the scale of each column, which the derivative is multiplied with: dx = dY·W, in the same way. The runtime rounds all of x with one scale,
   * so each row is first divided by its largest number: a scale for each row, in effect. Source: SwitchBack (arXiv 2304.13013).
   */
  Int8Linear: {
    shape: (inputs) => {
      const [x, forward, , backward] = inputs as [Value, Value, Value, Value]
      if (x.dims[1] !== forward.dims[0] || !sameDims(forward.dims, [...backward.dims].reverse())) fail('Int8Linear', inputs)
      return [{ dtype: 'float32', dims: x.dims.with(1, at(forward.dims, 1)) }]
    },
    lower: (inputs) => {
      const [x, matrix, scales] = inputs as [Value, Value, Value]
      const { graph } = x
      const largest = add(reduceMax(graph.apply('Abs', [x]), [1]), graph.scalar(leastNumber))
      return [mul(graph.apply('Int8Product', [div(x, largest), matrix, scales]), largest)]
    },
    gradient: ({ inputs }, [dY]) => {
      const [, forward, forwardScales, backward, backwardScales] = inputs as [Value, Value, Value, Value, Value]
      const swapped = [backward, backwardScales, forward, forwardScales]
      return [dY ? dY.graph.apply('Int8Linear', [dY, ...swapped]) : null, null, null, null, null]
    },
  },
  /** x·M with M int8 [in,out] and the scale of each of its columns; x is rounded to 8 bits between its smallest and its largest number. */
  Int8Product: {
    shape: ([x, matrix]) => [{ dtype: 'float32', dims: x!.dims.with(1, at(matrix!.dims, 1)) }],
    onnx: { type: 'DynamicQuantizeMatMul', domain: 'com.microsoft' },
  },

  ReduceSum: {
    shape: reduced,
    gradient: ({ inputs }, [dY]) => [dY ? stretchedAs(dY, at(inputs, 0)) : null],
    onnx: { asInput: 'axes' },
  },
  /** Used to keep exponentials in range, which leaves the result as it is: nothing flows back. */
  ReduceMax: { shape: reduced, onnx: { asInput: 'axes' } },
  ReduceSumSquare: {
    shape: reduced,
    gradient: ({ inputs }, [dY]) => {
      const x = at(inputs, 0)
      return [dY ? mul(mul(x, x.graph.scalar(2)), dY) : null]
    },
    onnx: { asInput: 'axes' },
  },
  Expand: {
    shape: (inputs, attributes) => [{ dtype: at(inputs, 0).dtype, dims: listOf(attributes, 'dims') }],
    gradient: ({ inputs }, [dY]) => [dY ? sumTo(dY, at(inputs, 0).dims) : null],
    onnx: { asInput: 'dims' },
  },
  /** The dims of a tensor, when some are known only at run time. */
  Shape: { shape: (inputs) => [{ dtype: 'int64', dims: [at(inputs, 0).dims.length] }] },
  /** Stretched to the dims that a tensor of int64 holds; `dims` names them. */
  ExpandTo: {
    shape: (inputs, attributes) => [{ dtype: at(inputs, 0).dtype, dims: listOf(attributes, 'dims') }],
    onnx: { type: 'Expand', omit: ['dims'] },
  },
  /** Zeros with the dims that a tensor of int64 holds; `dims` names them. */
  ZerosOf: {
    shape: (_, attributes) => [{ dtype: 'float32', dims: listOf(attributes, 'dims') }],
    onnx: { type: 'ConstantOfShape', omit: ['dims'] },
  },
  Reshape: {
    shape: (inputs, attributes) => {
      const dims = listOf(attributes, 'dims')
      const [before, after] = [elements(at(inputs, 0).dims), elements(dims)]
      if (before !== after && !(Number.isNaN(before) && Number.isNaN(after))) fail(`Reshape to [${dims.join(',')}]`, inputs)
      return [{ dtype: at(inputs, 0).dtype, dims }]
    },
    gradient: ({ inputs }, [dY]) => [dY ? reshape(dY, at(inputs, 0).dims) : null],
    onnx: { asInput: 'dims' },
  },
  Transpose: {
    shape: (inputs, attributes) => {
      const { dtype, dims } = at(inputs, 0)
      return [{ dtype, dims: listOf(attributes, 'perm').map((axis) => at(dims, Number(axis))) }]
    },
    gradient: ({ attributes }, [dY]) => {
      const perm = listOf(attributes, 'perm').map(Number)
      return [
        dY
          ? transpose(
              dY,
              perm.map((_, axis) => perm.indexOf(axis)),
            )
          : null,
      ]
    },
  },

  /**
   * Rows of a table by number. A row taken several times gets the sum of its derivatives: with M [N,U] marking which of the
   * U distinct rows each of the N was, the sums are Mᵀ·dY. (ScatterElements would add them up by itself, one number at a time
   * on one thread: 48 ms of a 550 ms step. ScatterND adds on all threads, and loses some where rows repeat.)
   */
  Gather: {
    shape: gathered,
    gradient: ({ inputs }, [dY]) => {
      const [rows, index] = [at(inputs, 0), at(inputs, 1)]
      if (!dY) return [null, null]
      if (dY.dims.length !== 2) fail('the gradient of Gather', inputs)
      const { graph } = rows
      const distinct = graph.apply('Unique', [index], { dim: 'U' })
      const isRow = graph.apply('Equal', [unsqueeze(index), reshape(distinct, [1, 'U'])])
      const sums = gemm(graph.apply('ToFloat', [isRow]), dY, { transA: true })
      return [addRows(zeros(graph, rows.dims), distinct, sums), null]
    },
  },
  /** Rows by number, none twice: their derivatives go back without looking for repetitions. */
  GatherOnce: {
    shape: gathered,
    gradient: ({ inputs }, [dY]) => {
      const [rows, index] = [at(inputs, 0), at(inputs, 1)]
      if (!dY) return [null, null]
      return [addRows(zerosLike(rows), index, dY), null]
    },
    onnx: { type: 'Gather' },
  },
  /** y[n] = x[n, index[n, 0]] */
  GatherElements: {
    shape: (inputs) => [{ dtype: at(inputs, 0).dtype, dims: at(inputs, 1).dims }],
    gradient: ({ inputs, attributes }, [dY]) => {
      const [x, index] = [at(inputs, 0), at(inputs, 1)]
      return [dY ? scatterAdd(zerosLike(x), index, dY, numberOf(attributes, 'axis')) : null, null]
    },
  },
  /** data with updates added at index along an axis; of repeated places all are added, in order. */
  ScatterElements: {
    shape: first,
    gradient: ({ inputs, attributes }, [dY]) => {
      const index = at(inputs, 1)
      return dY ? [dY, null, dY.graph.apply('GatherElements', [dY, index], { axis: numberOf(attributes, 'axis') })] : [null, null, null]
    },
  },
  /** data with rows added at index [L,1]. Rows must differ: on two threads ONNX Runtime would lose one of two equal ones. */
  AddRows: {
    shape: first,
    gradient: ({ inputs }, [dY]) => {
      const index = at(inputs, 1)
      return dY ? [dY, null, gather(dY, reshape(index, index.dims.slice(0, 1)))] : [null, null, null]
    },
    onnx: { type: 'ScatterND' },
  },
  /** The distinct numbers of a vector, ascending. */
  Unique: { shape: (_, attributes) => [{ dtype: 'int64', dims: [String(attributes['dim'])] }], onnx: { omit: ['dim'] } },
  Equal: { shape: (inputs) => broadcast(inputs).map(({ dims }) => ({ dtype: 'bool', dims })) },
  /** 1 for true, 0 for false. */
  ToFloat: {
    shape: (inputs) => [{ dtype: 'float32', dims: at(inputs, 0).dims }],
    onnx: { type: 'Cast', fixed: { to: 1 } },
  },
  /** A frozen matrix that is held in 16 bits, in 32 for as long as something reads it. */
  Widen: {
    shape: ([half]) => [{ dtype: 'float32', dims: half!.dims }],
    lower: ([half], attributes) => {
      const wide = half!.graph.apply('ToFloat', [half!])
      const scale = numberOf(attributes, 'scale')
      return [scale === 1 ? wide : mul(wide, wide.graph.scalar(scale))]
    },
    again: 'result',
  },
  /** The places [1, L] where a vector is not zero, in order. */
  NonZero: { shape: (_, attributes) => [{ dtype: 'int64', dims: [1, String(attributes['dim'])] }], onnx: { omit: ['dim'] } },
  Unsqueeze: {
    shape: (inputs) => [{ dtype: at(inputs, 0).dtype, dims: [...at(inputs, 0).dims, 1] }],
    gradient: ({ inputs }, [dY]) => [dY ? reshape(dY, at(inputs, 0).dims) : null],
    onnx: { asInput: 'axes' },
  },

  /** p = eˣ/Σeˣ over the last axis; dx = p·(dp − Σ dp·p) */
  Softmax: {
    shape: first,
    gradient: (node, [dP]) => {
      if (!dP) return [null]
      const p = output(node, 0)
      const along = [p.dims.length - 1]
      return [mul(p, sub(dP, reduceSum(mul(dP, p), along)))]
    },
  },

  /**
   * o = p·v for each head with p = softmax(α·q·kᵀ + mask): q and o [B,T,K,G,D], k and v [B,K,S,D], S = T. The G query heads of a key/value head are stacked along
   * time, so keys and values need no copies and their derivatives add up within one product. Queries are taken in as many parts as there are masks, each held
   * against the keys up to its own end: the i-th of n masks is [G·T/n, (i+1)·S/n]. With a soft cap c the products are c·t with t = tanh(α·q·kᵀ/c).
   *
   * dv = pᵀ·do and ds = p·(do·vᵀ − Σ do·o): the sum over D that softmax's own gradient would take over S of another matrix of s's size. Source: Dao and others
   * (arXiv 2205.14135), appendix B.
   */
  Attend: {
    shape: ([q, k, v]) => {
      if (!sameDims(k!.dims, v!.dims) || q!.dims.length !== 5 || k!.dims.length !== 4) fail('Attend', [q!, k!, v!])
      return [like(q!)]
    },
    lower: (inputs, attributes) => {
      const o = attentionParts(inputs, attributes).map(({ p, v, unstacked }) => unstacked(matMul(p, v)))
      return [join(o, 1)]
    },
    gradient: (node, [dO]) => {
      if (!dO) return node.inputs.map(() => null)
      const alpha = numberOf(node.attributes, 'alpha')
      const parts = attentionParts(node.inputs, node.attributes)
      const dOs = partsOf(dO, 1, parts.length)
      const alongs = partsOf(reduceSum(mul(dO, output(node, 0)), [4]), 1, parts.length)
      const derivatives = parts.map(({ q, k, v, p, t, unstacked }, i) => {
        const d = stackedHeads(dOs[i]!)
        const dS = mul(p, sub(matMul(d, v, { transB: true }), stackedHeads(alongs[i]!)))
        const dProducts = t ? mul(dS, sub(t.graph.scalar(1), mul(t, t))) : dS
        return {
          dq: unstacked(matMul(dProducts, k, { alpha })),
          dk: matMul(dProducts, q, { transA: true, alpha }),
          dv: matMul(p, d, { transA: true }),
        }
      })
      const ofEach = (of: 'dq' | 'dk' | 'dv'): Value[] => derivatives.map((derivative) => derivative[of])
      const masks = node.inputs.slice(3).map(() => null)
      return [join(ofEach('dq'), 1), sumOfBeginnings(ofEach('dk')), sumOfBeginnings(ofEach('dv')), ...masks]
    },
    again: 'inside',
  },

  /** The same numbers in the same memory, as something of its own: what is made of it is not what was made of its input (no dim changes: 0 leaves it). */
  Again: { shape: first, onnx: { type: 'Reshape', asInput: 'zeros' } },

  /**
   * y = w·x·r with r = 1/√(mean x² + ε) for each row; outputs y [N,H] and r [N,1].
   * dw = Σₙ r·dy·x is a matrix product, which the runtime does best; dx = r·u − x·r³/H·Σ u·x with u = w·dy. (That sum is none: a product with a single column is
   * added up in another order for some numbers of rows, so that one and two threads would end with other bytes.)
   * SimplifiedLayerNormalization is ONNX Runtime's own; RMSNormalization of ONNX 23 would not give r.
   */
  RmsNorm: {
    shape: (inputs) => {
      const { dtype, dims } = at(inputs, 0)
      if (dims.length !== 2 || !sameDims(at(inputs, 1).dims, dims.slice(1))) fail('RmsNorm', inputs)
      return [
        { dtype, dims },
        { dtype, dims: [at(dims, 0), 1] },
      ]
    },
    gradient: (node, [dY]) => {
      if (!dY) return [null, null]
      const [x, w] = [at(node.inputs, 0), at(node.inputs, 1)]
      const hidden = Number(at(x.dims, 1))
      const r = output(node, 1)
      const u = mul(dY, w)
      const along = reduceSum(mul(u, x), [1])
      const pull = mul(mul(mul(r, r), mul(r, along)), x.graph.scalar(1 / hidden))
      const dW = reshape(gemm(r, mul(dY, x), { transA: true }), w.dims)
      return [sub(mul(u, r), mul(x, pull)), dW]
    },
    apart: (inputs, attributes) => {
      const [x, w] = inputs as [Value, Value]
      const constant = (value: number): Value => x.graph.scalar(value)
      const mean = mul(reduceSumSquare(x, [1]), constant(1 / Number(at(x.dims, 1))))
      const r = div(constant(1), sqrt(add(mean, constant(numberOf(attributes, 'epsilon')))))
      return [mul(mul(x, r), w), r]
    },
    onnx: { type: 'SimplifiedLayerNormalization' },
    again: 'result',
  },

  /**
   * Turns feature pairs (i, i+D/2) of each head by the angle of their position; inputs x [B,T,heads·D], first position [1],
   * cos and sin [T,D/2]. A turn's transpose is the turn back: the same with −sin.
   */
  RotaryEmbedding: {
    shape: first,
    gradient: ({ inputs }, [dY]) => {
      const [, position, cos, sin] = inputs as [Value, Value, Value, Value]
      return [dY ? dY.graph.apply('RotaryEmbedding', [dY, position, cos, neg(sin)]) : null, null, null, null]
    },
    onnx: { domain: 'com.microsoft' },
  },

  /**
   * y = silu(gate)·up with silu(x) = x·σ(x). With s = σ(gate), a = gate·s:
   * dup = dy·a and dgate = dy·up·(s + a − a·s).
   */
  SwiGlu: {
    shape: broadcast,
    lower: ([gate, up]) => [mul(mul(gate as Value, sigmoid(gate as Value)), up as Value)],
    gradient: ({ inputs }, [dY]) => {
      const [gate, up] = [at(inputs, 0), at(inputs, 1)]
      if (!dY) return [null, null]
      const s = sigmoid(gate)
      const a = mul(gate, s)
      return [mul(mul(dY, up), add(s, sub(a, mul(a, s)))), mul(dY, a)]
    },
    again: 'result',
  },

  /**
   * y = gelu(gate)·up with gelu(x) = ½x·(1 + t), t = tanh(u), u = x·(k + k·0.044715·x²), k = √(2/π).
   * dup = dy·gelu(gate) and dgate = dy·up·(½(1+t) + ½x·(1−t²)·(k + 3k·0.044715·x²)).
   * Source: Hendrycks and Gimpel (arXiv 1606.08415), the tanh form, which Gemma was trained with.
   */
  GeGlu: {
    shape: broadcast,
    lower: ([gate, up]) => {
      const { half, t } = geluParts(gate as Value)
      return [mul(add(half, mul(half, t)), up as Value)]
    },
    gradient: ({ inputs }, [dY]) => {
      const [gate, up] = [at(inputs, 0), at(inputs, 1)]
      if (!dY) return [null, null]
      const constant = (value: number): Value => gate.graph.scalar(value)
      const { half, t, square } = geluParts(gate)
      const slope = add(constant(geluScale), mul(square, constant(3 * geluScale * geluCubic)))
      const steep = mul(mul(half, sub(constant(1), mul(t, t))), slope)
      const flat = add(constant(0.5), mul(t, constant(0.5)))
      return [mul(mul(dY, up), add(flat, steep)), mul(dY, add(half, mul(half, t)))]
    },
    again: 'result',
  },

  /** Consecutive parts of the last axis, of the given sizes. */
  Split: {
    shape: (inputs, attributes) => {
      const { dtype, dims } = at(inputs, 0)
      const sizes = listOf(attributes, 'sizes').map(Number)
      if (sizes.reduce((sum, size) => sum + size, 0) !== at(dims, -1)) fail(`Split into ${sizes.join()}`, inputs)
      return sizes.map((size) => ({ dtype, dims: [...dims.slice(0, -1), size] }))
    },
    gradient: (node, dOutputs) => {
      const parts = dOutputs.map((dY, index) => dY ?? zerosLike(output(node, index)))
      return [at(parts, 0).graph.apply('Concat', parts, { axis: -1 })]
    },
    onnx: { asInput: 'sizes', everyOutput: true },
  },
  /** Joined along the last axis. */
  Concat: {
    shape: (inputs) => {
      const { dtype, dims } = at(inputs, 0)
      return [{ dtype, dims: [...dims.slice(0, -1), inputs.reduce((sum, { dims: own }) => sum + Number(at(own, -1)), 0)] }]
    },
    gradient: ({ inputs }, [dY]) =>
      dY
        ? split(
            dY,
            inputs.map(({ dims }) => Number(at(dims, -1))),
          )
        : inputs.map(() => null),
  },

  /** Equal parts of an axis. */
  Parts: {
    shape: (inputs, attributes) => {
      const { dtype, dims } = at(inputs, 0)
      const [axis, parts] = [numberOf(attributes, 'axis'), numberOf(attributes, 'num_outputs')]
      return Array.from({ length: parts }, () => ({ dtype, dims: dims.with(axis, part(at(dims, axis), parts)) }))
    },
    gradient: (node, dOutputs) => {
      // Like a derivative that is there: asking for a part's size would keep the part.
      const known = dOutputs.find((dY) => dY !== null) ?? output(node, 0)
      return [
        join(
          dOutputs.map((dY) => dY ?? zerosLike(known)),
          numberOf(node.attributes, 'axis'),
        ),
      ]
    },
    onnx: { type: 'Split', everyOutput: true },
  },
  /** Equal parts of an axis put together. */
  Joined: {
    shape: (inputs, attributes) => {
      const { dtype, dims } = at(inputs, 0)
      const axis = numberOf(attributes, 'axis')
      if (!inputs.every((input) => sameDims(input.dims, dims))) fail('Joined', inputs)
      return [{ dtype, dims: dims.with(axis, joined(at(dims, axis), inputs.length)) }]
    },
    gradient: ({ inputs, attributes }, [dY]) => (dY ? partsOf(dY, numberOf(attributes, 'axis'), inputs.length) : inputs.map(() => null)),
    onnx: { type: 'Concat' },
  },

  /** Rows in shares of a size, the last of which may have fewer rows or none: `count` of them. */
  Shares: {
    shape: ([x], attributes) => {
      const { dtype, dims } = x!
      const rows = at(dims, 0)
      return sharesOf(rows, attributes).map((share) => ({ dtype, dims: dims.with(0, share) }))
    },
    lower: ([x], attributes) => {
      const size = numberOf(attributes, 'size')
      const { graph, dims } = x!
      return sharesOf(at(dims, 0), attributes).map((share, i) => {
        const ends = [i, i + 1].map((count) => graph.integers([count * size]))
        return graph.apply('Slice', [x!, ...ends, graph.integers([0])], { dims: dims.with(0, share) })
      })
    },
    gradient: ({ inputs, outputs, attributes }, dOutputs) => {
      const { graph, dims } = at(inputs, 0)
      const shares = dOutputs.map((dY, index) => dY ?? zerosLike(at(outputs, index)))
      return [graph.apply('SharesJoined', shares, { ...attributes, rows: [at(dims, 0)] })]
    },
  },
  /** Part of the first axis, as `dims` says; ends beyond it are its end. */
  Slice: {
    shape: ([x], attributes) => [{ dtype: x!.dtype, dims: listOf(attributes, 'dims') }],
    onnx: { omit: ['dims'] },
  },
  /** Shares put together. */
  SharesJoined: {
    shape: ([first], attributes) => [{ dtype: first!.dtype, dims: first!.dims.with(0, at(listOf(attributes, 'rows'), 0)) }],
    gradient: ({ inputs, attributes }, [dY]) => {
      const { rows: _, ...rest } = attributes
      return dY ? [...dY.graph.apply('Shares', [dY], rest).node.outputs] : inputs.map(() => null)
    },
    onnx: { type: 'Concat', fixed: { axis: 0 }, omit: ['size', 'count', 'rows'] },
  },

  /**
   * −log p[target] of each row with p = softmax(x·Eᵀ): x [L,H], E [V,H], targets int64 [L] → [L].
   * It is m − log p_max − (x·Eᵀ)[t] for the largest logit m, which no underflow can reach.
   * With δ = p − onehot(t), made by subtracting 1 in place: dx = dy·(δ·E) and dE = δᵀ·(dy·x).
   * With a soft cap c the logits are z = c·tanh(x·Eᵀ/c) instead, and δ is multiplied by the slope of that, 1 − (z/c)².
   */
  TokenLosses: {
    shape: (inputs) => {
      const [x, table, targets] = inputs as [Value, Value, Value]
      if (at(x.dims, 1) !== at(table.dims, 1) || !sameDims(targets.dims, x.dims.slice(0, 1))) fail('TokenLosses', inputs)
      return [{ dtype: 'float32', dims: targets.dims }]
    },
    lower: (inputs, attributes) => {
      const [x, table, targets] = inputs as [Value, Value, Value]
      const logits = cappedLogits(x, table, attributes).logits
      const p = softmax(logits)
      const chosen = logits.graph.apply('GatherElements', [logits, unsqueeze(targets)], { axis: 1 })
      const logSum = sub(reduceMax(logits, [1]), log(reduceMax(p, [1])))
      return [reshape(sub(logSum, chosen), targets.dims)]
    },
    gradient: ({ inputs, outputs, attributes }, [dY]) => {
      const [x, table, targets] = inputs as [Value, Value, Value]
      const losses = at(outputs, 0)
      if (!dY) return [null, null, null]
      const { logits, t } = cappedLogits(x, table, attributes)
      const p = softmax(logits)
      // Ones made from the losses: logits and p are then needed by nothing later, and the runtime subtracts in place instead of copying p.
      const ones = exp(mul(losses, losses.graph.scalar(0)))
      const apart = scatterAdd(p, unsqueeze(targets), neg(unsqueeze(ones)), 1)
      const delta = t ? mul(apart, sub(t.graph.scalar(1), mul(t, t))) : apart
      const scale = unsqueeze(dY)
      return [mul(gemm(delta, table), scale), gemm(delta, mul(x, scale), { transA: true }), null]
    },
  },
}

/** The sizes of shares; of a size that only a run knows, names. */
function sharesOf(rows: Dim, attributes: Attributes): Dim[] {
  const [size, count] = [numberOf(attributes, 'size'), numberOf(attributes, 'count')]
  return Array.from({ length: count }, (_, i) => (typeof rows === 'string' ? `${rows}.${i}` : Math.max(0, Math.min(size, rows - i * size))))
}

/** Keeps rows of zeros from being divided by nothing; whatever matters of a derivative is far above it. */
const leastNumber = 1e-30

const geluScale = Math.sqrt(2 / Math.PI)
const geluCubic = 0.044715

function geluParts(x: Value): { readonly half: Value; readonly t: Value; readonly square: Value } {
  const constant = (value: number): Value => x.graph.scalar(value)
  const square = mul(x, x)
  const t = tanh(mul(x, add(constant(geluScale), mul(square, constant(geluScale * geluCubic)))))
  return { half: mul(x, constant(0.5)), t, square }
}

/** x·Eᵀ, or c·t with t = tanh(x·Eᵀ/c) where the attributes have a cap c. */
function cappedLogits(x: Value, table: Value, attributes: Attributes): { readonly logits: Value; readonly t: Value | null } {
  const cap = numberOf(attributes, 'cap')
  if (cap === 0) return { logits: gemm(x, table, { transB: true }), t: null }
  const t = tanh(gemm(x, table, { transB: true, alpha: 1 / cap }))
  return { logits: mul(t, x.graph.scalar(cap)), t }
}

function gathered(inputs: readonly Value[]): Spec[] {
  const [rows, index] = [at(inputs, 0), at(inputs, 1)]
  return [{ dtype: rows.dtype, dims: [...index.dims, ...rows.dims.slice(1)] }]
}
