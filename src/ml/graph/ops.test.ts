/** Every operation's gradient against finite differences, run by ONNX Runtime in float32. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomFrom } from '../lora/random.ts'
import { relativeDifference, runnable } from '../testing/run-graph.ts'
import { Graph, output, times, type Dim, type Value } from './graph.ts'
import { gradients } from './gradient.ts'
import * as ops from './ops.ts'
import { opTable, type OpName } from './op-table.ts'

/** Differences of float32 results over a step of 2·h: the cubic error is about h², the rounding error about 1e-7/h. */
const h = 1e-2
const tolerance = 2e-3

interface Case {
  readonly inputs: Readonly<Record<string, readonly number[]>>
  readonly build: (x: Readonly<Record<string, Value>>) => Value
  /** Range of the inputs, where an operation does not take every number. */
  readonly from?: number
  readonly to?: number
}

type In = Readonly<Record<string, Value>>
const of = (x: In, name: string): Value => x[name] as Value
const ints = (x: In, values: readonly number[], dims?: readonly number[]): Value =>
  (Object.values(x)[0] as Value).graph.integers(values, dims)
const product = (options: ops.ProductOptions, a: readonly number[], b: readonly number[], op = ops.gemm): Case => ({
  inputs: { a, b },
  build: (x) => op(of(x, 'a'), of(x, 'b'), options),
})

/** Attention of four positions that see themselves and those before, two query heads for each of two key/value heads. */
const attends = ({ masks, cap = null }: { masks: number; cap?: number | null }): Case => ({
  inputs: { q: [1, 4, 2, 2, 3], k: [1, 2, 4, 3], v: [1, 2, 4, 3] },
  build: (x) => {
    const { graph } = of(x, 'q')
    const length = 4 / masks
    const maskOf = (i: number): Value => {
      const keys = (i + 1) * length
      const seen = (row: number, key: number): number => (key <= i * length + (row % length) ? 0.1 * key : -1e9)
      const rows = Array.from({ length: 2 * length }, (_, row) => Array.from({ length: keys }, (_, key) => seen(row, key)))
      return graph.floats(rows.flat(), [2 * length, keys])
    }
    const parts = Array.from({ length: masks }, (_, i) => maskOf(i))
    return ops.attend({ q: of(x, 'q'), k: of(x, 'k'), v: of(x, 'v') }, parts, 0.6, cap)
  },
})

const cases: Record<string, Case> = {
  Add: { inputs: { a: [2, 3], b: [2, 3] }, build: (x) => ops.add(of(x, 'a'), of(x, 'b')) },
  'Add with a stretched side': { inputs: { a: [2, 3], b: [3] }, build: (x) => ops.add(of(x, 'a'), of(x, 'b')) },
  Sub: { inputs: { a: [2, 3], b: [2, 1] }, build: (x) => ops.sub(of(x, 'a'), of(x, 'b')) },
  Mul: { inputs: { a: [2, 3], b: [2, 1] }, build: (x) => ops.mul(of(x, 'a'), of(x, 'b')) },
  'Mul by itself': { inputs: { a: [2, 3] }, build: (x) => ops.mul(of(x, 'a'), of(x, 'a')) },
  Div: { inputs: { a: [2, 3], b: [3] }, build: (x) => ops.div(of(x, 'a'), of(x, 'b')), from: 1, to: 2 },
  Neg: { inputs: { a: [4] }, build: (x) => ops.neg(of(x, 'a')) },
  Sqrt: { inputs: { a: [4] }, build: (x) => ops.sqrt(of(x, 'a')), from: 1, to: 2 },
  Exp: { inputs: { a: [4] }, build: (x) => ops.exp(of(x, 'a')) },
  Log: { inputs: { a: [4] }, build: (x) => ops.log(of(x, 'a')), from: 1, to: 2 },
  Softplus: { inputs: { a: [4] }, build: (x) => ops.softplus(of(x, 'a')), from: -3, to: 3 },
  Sigmoid: { inputs: { a: [4] }, build: (x) => ops.sigmoid(of(x, 'a')) },
  Tanh: { inputs: { a: [4] }, build: (x) => ops.tanh(of(x, 'a')) },
  'Tanh as a soft cap': { inputs: { a: [4] }, build: (x) => ops.softCap(of(x, 'a'), 0.7), from: -2, to: 2 },
  Gemm: product({}, [3, 4], [4, 2]),
  'Gemm plus a row': {
    inputs: { a: [3, 4], b: [4, 2], c: [2] },
    build: (x) => ops.gemm(of(x, 'a'), of(x, 'b'), { plus: of(x, 'c') }),
  },
  'Gemm with A transposed': product({ transA: true, alpha: 0.5 }, [4, 3], [4, 2]),
  'Gemm with B transposed': product({ transB: true }, [3, 4], [2, 4]),
  'Gemm with both transposed': product({ transA: true, transB: true, alpha: 2 }, [4, 3], [2, 4]),
  'Gemm plus something': {
    inputs: { a: [3, 4], b: [4, 2], c: [3, 2] },
    build: (x) => ops.gemm(of(x, 'a'), of(x, 'b'), { alpha: 3, plus: of(x, 'c') }),
  },
  FusedMatMul: product({}, [2, 3, 4], [2, 4, 2], ops.matMul),
  'FusedMatMul with A transposed': product({ transA: true, alpha: 0.5 }, [2, 4, 3], [2, 4, 2], ops.matMul),
  'FusedMatMul with B transposed': product({ transB: true, alpha: 3 }, [2, 2, 3, 4], [2, 2, 2, 4], ops.matMul),
  'FusedMatMul with both transposed': product({ transA: true, transB: true }, [2, 4, 3], [2, 2, 4], ops.matMul),
  ReduceSum: { inputs: { a: [2, 3, 2] }, build: (x) => ops.reduceSum(of(x, 'a'), [0, 2]) },
  ReduceSumSquare: { inputs: { a: [2, 3] }, build: (x) => ops.reduceSumSquare(of(x, 'a'), [1]) },
  Expand: { inputs: { a: [2, 1] }, build: (x) => ops.expand(of(x, 'a'), [3, 2, 4]) },
  Reshape: { inputs: { a: [2, 3] }, build: (x) => ops.reshape(of(x, 'a'), [3, 2]) },
  Transpose: { inputs: { a: [2, 3, 4] }, build: (x) => ops.transpose(of(x, 'a'), [2, 0, 1]) },
  'Gather with repeated rows': {
    inputs: { a: [4, 3] },
    build: (x) => ops.gather(of(x, 'a'), ints(x, [2, 0, 2, 2, 3])),
  },
  GatherOnce: { inputs: { a: [4, 3] }, build: (x) => ops.gatherOnce(of(x, 'a'), ints(x, [2, 0])) },
  GatherElements: {
    inputs: { a: [3, 4] },
    build: (x) => of(x, 'a').graph.apply('GatherElements', [of(x, 'a'), ints(x, [3, 0, 3], [3, 1])], { axis: 1 }),
  },
  'ScatterElements with repeated places': {
    inputs: { a: [3, 4], b: [3, 2] },
    build: (x) => ops.scatterAdd(of(x, 'a'), ints(x, [1, 1, 0, 3, 2, 2], [3, 2]), of(x, 'b'), 1),
  },
  AddRows: {
    inputs: { a: [4, 2], b: [2, 2] },
    build: (x) => ops.addRows(of(x, 'a'), ints(x, [3, 1]), of(x, 'b')),
  },
  Unsqueeze: { inputs: { a: [4] }, build: (x) => ops.unsqueeze(of(x, 'a')) },
  Softmax: { inputs: { a: [2, 5] }, build: (x) => ops.softmax(of(x, 'a')) },
  Attend: attends({ masks: 1 }),
  'Attend with capped products': attends({ masks: 1, cap: 0.8 }),
  'Attend in two parts': attends({ masks: 2 }),
  'Attend in four parts, with capped products': attends({ masks: 4, cap: 0.8 }),
  RmsNorm: { inputs: { a: [3, 6], w: [6] }, build: (x) => ops.rmsNorm(of(x, 'a'), of(x, 'w'), 1e-2) },
  RotaryEmbedding: {
    inputs: { a: [2, 3, 8] },
    build: (x) => {
      const { graph } = of(x, 'a')
      const angles = Array.from({ length: 6 }, (_, i) => 0.3 + 0.5 * i)
      const table = (f: (angle: number) => number): Value => graph.floats(angles.map(f), [3, 2])
      return graph.apply('RotaryEmbedding', [of(x, 'a'), graph.integers([0]), table(Math.cos), table(Math.sin)])
    },
  },
  SwiGlu: { inputs: { a: [2, 5], b: [2, 5] }, build: (x) => ops.swiGlu(of(x, 'a'), of(x, 'b')) },
  GeGlu: { inputs: { a: [2, 5], b: [2, 5] }, build: (x) => ops.geGlu(of(x, 'a'), of(x, 'b')), from: -2, to: 2 },
  Split: {
    inputs: { a: [2, 6] },
    build: (x) => {
      const [first, second, third] = ops.split(of(x, 'a'), [2, 3, 1]) as [Value, Value, Value]
      return ops.mul(ops.mul(first, third), ops.reduceSum(second, [1]))
    },
  },
  'Split of which a part is not read': { inputs: { a: [2, 5] }, build: (x) => ops.split(of(x, 'a'), [2, 3])[0] as Value },
  Concat: {
    inputs: { a: [2, 3], b: [2, 1] },
    build: (x) => of(x, 'a').graph.apply('Concat', [of(x, 'a'), of(x, 'b'), of(x, 'a')], { axis: -1 }),
  },
  Parts: {
    inputs: { a: [2, 6, 2] },
    build: (x) => {
      const [first, second, third] = ops.partsOf(of(x, 'a'), 1, 3) as [Value, Value, Value]
      return ops.mul(ops.mul(first, third), ops.reduceSum(second, [1]))
    },
  },
  'Parts of which one is not read': { inputs: { a: [4, 2] }, build: (x) => ops.partsOf(of(x, 'a'), 0, 2)[1] as Value },
  Joined: { inputs: { a: [2, 3, 2], b: [2, 3, 2] }, build: (x) => ops.join([of(x, 'a'), of(x, 'b'), of(x, 'a')], 1) },
  Shares: {
    inputs: { a: [5, 2] },
    build: (x) => {
      const [first, second, third] = ops.shares(of(x, 'a'), 2, 3) as [Value, Value, Value]
      return ops.mul(ops.mul(first, second), third)
    },
  },
  'Shares of which one is empty': { inputs: { a: [2, 2] }, build: (x) => ops.joinShares(ops.shares(of(x, 'a'), 1, 3), 1, 2) },
  SharesJoined: { inputs: { a: [2, 3], b: [1, 3] }, build: (x) => ops.joinShares([of(x, 'a'), of(x, 'b')], 2, 3) },
  'TokenLosses with capped logits': {
    inputs: { x: [3, 4], table: [5, 4] },
    build: (x) => ops.tokenLosses(of(x, 'x'), of(x, 'table'), ints(x, [4, 0, 4]), 0.8),
  },
  TokenLosses: {
    inputs: { x: [3, 4], table: [5, 4] },
    build: (x) => ops.tokenLosses(of(x, 'x'), of(x, 'table'), ints(x, [4, 0, 4])),
  },
}

test('sums, rows and zeros of a size that only a run knows have the gradients of a known size', async () => {
  const gradientOf = async (dim: Dim): Promise<Record<string, Float32Array>> => {
    const graph = new Graph()
    const x = graph.input('x', 'float32', [2, dim])
    const rows = ops.gatherOnce(ops.reshape(x, [ops2(dim)]), graph.integers([4, 1]))
    const scattered = ops.addRows(ops.zerosLike(ops.reshape(x, [ops2(dim)])), graph.integers([0, 5]), rows)
    const sums = ops.reduceSum(ops.mul(ops.reshape(scattered, [2, dim]), x), [1])
    const loss = ops.reshape(ops.reduceSum(ops.mul(sums, graph.floats([1, 3], [2, 1])), [0, 1]), [])
    const [dx] = gradients(loss, [x])
    const run = await runnable(new Map([['loss', loss], ['dx', dx as Value]])) // prettier-ignore
    return run({ x: Float32Array.of(1, 2, 3, 4, 5, 6) }, { x: [2, 3] })
  }
  const ops2 = (dim: Dim): Dim => times(dim, 2)
  assert.deepEqual(await gradientOf('T'), await gradientOf(3))
})

const size = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1)

for (const [title, { inputs, build, from = -1, to = 1 }] of Object.entries(cases)) {
  test(`the gradient of ${title} is the slope of its results`, async () => {
    const graph = new Graph()
    const x = Object.fromEntries(Object.entries(inputs).map(([name, dims]) => [name, graph.input(name, 'float32', dims)]))
    const y = build(x)
    const random = randomFrom(1, title)
    const dims = y.dims.map(Number)
    // A weighted sum of the results, so that no derivative can hide behind another.
    const weights = Float32Array.from({ length: size(dims) }, () => 0.5 + random.uniform())
    const weighted = ops.mul(y, graph.floats(weights, dims))
    const loss = ops.reshape(dims.length ? ops.reduceSum(weighted, [...dims.keys()]) : weighted, [])
    const derivatives = gradients(loss, Object.values(x))
    const named = Object.keys(x).map((name, i): [string, Value] => [`d${name}`, derivatives[i] as Value])
    const run = await runnable(new Map([['y', y], ...named]))

    const at = Object.fromEntries(
      Object.entries(inputs).map(([name, dims]) => {
        const values = Float32Array.from({ length: size(dims) }, () => from + (to - from) * random.uniform())
        return [name, values]
      }),
    )
    const lossAt = async (): Promise<number> => {
      const { y: values } = await run(at)
      return (values as Float32Array).reduce((sum, value, i) => sum + value * (weights[i] as number), 0)
    }
    const computed = await run(at)
    for (const [name, values] of Object.entries(at)) {
      const slopes: number[] = []
      for (let i = 0; i < values.length; i++) {
        const middle = values[i] as number
        values[i] = middle + h
        const above = await lossAt()
        const step = (values[i] as number) - middle
        values[i] = middle - h
        const below = await lossAt()
        slopes.push((above - below) / (step + middle - (values[i] as number)))
        values[i] = middle
      }
      const difference = relativeDifference(computed[`d${name}`] as Float32Array, slopes)
      assert.ok(difference < tolerance, `d${name} is off by ${difference}`)
    }
  })
}

test('every operation that has a gradient is among the cases', () => {
  // What is rounded has no slope; ml/lora/held.test.ts holds it against the product of 32 bits.
  const rounded: OpName[] = ['Int8Linear']
  const tested = new Set([...Object.keys(cases).map((title) => title.split(' ')[0]), ...rounded])
  const missing = (Object.keys(opTable) as OpName[]).filter((name) => opTable[name].gradient && !tested.has(name))
  assert.deepEqual(missing, [])
})

test('operations that nothing flows back through compute what they say', async () => {
  const graph = new Graph()
  const a = graph.input('a', 'float32', [4])
  const index = graph.integers([5, 2, 5, 3])
  const distinct = graph.apply('Unique', [index], { dim: 'U' })
  const isSame = graph.apply('Equal', [ops.unsqueeze(index), graph.integers([2, 3, 5])])
  const places = ops.reshape(graph.apply('NonZero', [a], { dim: 'L' }), ['L'])
  const run = await runnable(
    new Map([
      ['min', ops.min(a, graph.scalar(0.5))],
      ['max', ops.reduceMax(a, [0])],
      ['sizes', graph.apply('Abs', [a])],
      ['marks', graph.apply('ToFloat', [isSame])],
      ['taken', ops.reduceSum(ops.gather(graph.floats([0, 1, 2, 3, 4, 5]), distinct), [0])],
      ['nonzero', ops.reduceSum(ops.gather(a, places), [0])],
      ['added', ops.addRows(ops.zeros(graph, [4, 1]), places, graph.floats([7, 8, 9], [3, 1]))],
    ]),
  )
  const results = await run({ a: Float32Array.of(1, 0, -2, 0.75) })
  const expected = {
    min: [0.5, 0, -2, 0.5],
    max: [1],
    sizes: [1, 0, 2, 0.75],
    marks: [0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 1, 0],
    taken: [10],
    nonzero: [-0.25],
    added: [7, 0, 8, 9],
  }
  assert.deepEqual(Object.fromEntries(Object.entries(results).map(([name, values]) => [name, [...values]])), expected)
})

test('shapes that do not fit are refused where the graph is built', () => {
  const graph = new Graph()
  const a = graph.input('a', 'float32', [2, 3])
  const b = graph.input('b', 'float32', [2, 3])
  assert.throws(() => ops.gemm(a, b), /matrix product cannot take float32\[2,3\] and float32\[2,3\]/)
  assert.throws(() => ops.add(a, graph.floats([1, 2])), /elementwise/)
  assert.throws(() => ops.reshape(a, [4]), /Reshape to \[4\]/)
  assert.throws(() => output(a.node, 1), /no output 1/)
})
