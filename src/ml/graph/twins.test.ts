/** The fused operations against their readable twins: the same mathematics in plain operations, differentiated by the driver. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { randomFrom } from '../lora/random.ts'
import { runnable } from '../testing/run-graph.ts'
import { Graph, type Value } from './graph.ts'
import { gradients } from './gradient.ts'
import {
  add,
  div,
  gemm,
  linearCrossEntropy,
  log,
  mul,
  neg,
  reduceSum,
  reduceSumSquare,
  reshape,
  rmsNorm,
  sigmoid,
  softmax,
  sqrt,
  swiGlu,
  transpose,
  type ProductOptions,
} from './ops.ts'

const rmsNormTwin = (x: Value, w: Value, epsilon: number): Value => {
  const mean = div(reduceSumSquare(x, [1]), x.graph.scalar(Number(x.dims[1])))
  return mul(div(x, sqrt(add(mean, x.graph.scalar(epsilon)))), w)
}

const swiGluTwin = (gate: Value, up: Value): Value => mul(mul(gate, sigmoid(gate)), up)

const softmaxTwin = (x: Value): Value => {
  const powers = x.graph.apply('Exp', [x])
  return div(powers, reduceSum(powers, [x.dims.length - 1]))
}

const crossEntropyTwin = (x: Value, table: Value, targets: readonly number[], weights: readonly number[]): Value => {
  const vocabulary = Number(table.dims[0])
  const oneHot = new Float32Array(targets.length * vocabulary)
  targets.forEach((target, row) => (oneHot[row * vocabulary + target] = weights[row] as number))
  const logP = log(softmax(gemm(x, table, { transB: true })))
  return reshape(neg(reduceSum(mul(x.graph.floats(oneHot, [targets.length, vocabulary]), logP), [0, 1])), [])
}

const rotaryTwin = (x: Value, cos: Value, sin: Value): Value => {
  // [B,T,h,2,D/2]: (a, b) → (a·cos − b·sin, b·cos + a·sin), written as x·C + swap(x)·S with swap(a, b) = (−b, a).
  const [T, half] = cos.dims.map(Number) as [number, number]
  const [B, , features] = x.dims.map(Number) as [number, number, number]
  const count = features / (2 * half)
  const pairs = reshape(x, [B * T * count, 2, half])
  const swap = x.graph.floats([0, -1, 1, 0], [2, 2])
  const flat = reshape(transpose(pairs, [1, 0, 2]), [2, B * T * count * half])
  const swapped = transpose(reshape(gemm(swap, flat), [2, B * T * count, half]), [1, 0, 2])
  const wide = (table: Value): Value => reshape(table, [1, T, 1, 1, half])
  const shaped = (value: Value): Value => reshape(value, [B, T, count, 2, half])
  return reshape(add(mul(shaped(pairs), wide(cos)), mul(shaped(swapped), wide(sin))), x.dims)
}

type Build = (inputs: readonly Value[]) => Value

async function compare(dims: readonly (readonly number[])[], fused: Build, twin: Build, seed: number): Promise<void> {
  const random = randomFrom(seed, 'twins')
  const values = dims.map((shape) => Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()))
  const results = await Promise.all(
    [fused, twin].map(async (build) => {
      const graph = new Graph()
      const inputs = dims.map((shape, i) => graph.input(`x${i}`, 'float32', shape))
      const y = build(inputs)
      const square = reshape(y.dims.length ? reduceSumSquare(y, [...y.dims.keys()]) : y, [])
      const parts = gradients(square, inputs).map((value, i): [string, Value] => [`dx${i}`, value])
      const run = await runnable(new Map([['y', y], ...parts]))
      return run(Object.fromEntries(values.map((numbers, i) => [`x${i}`, numbers])))
    }),
  )
  const [mine, plain] = results as [Record<string, Float32Array>, Record<string, Float32Array>]
  for (const [name, expected] of Object.entries(plain)) {
    // Terms of size 1 that cancel leave their rounding behind, so small derivatives are held to what 1 would be.
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
    const difference = (mine[name] as Float32Array).reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] as number))), 0)
    assert.ok(difference < 2e-5 * largest, `${name} is off by ${difference}`)
  }
}

const sizes = fc.integer({ min: 1, max: 7 })
const seeds = fc.nat()
const few = { numRuns: 8 }

test('RmsNorm and its plain form agree on any shape', async () => {
  const property = fc.asyncProperty(sizes, sizes, seeds, (n, hidden, seed) =>
    compare(
      [[n, hidden], [hidden]],
      ([x, w]) => rmsNorm(x as Value, w as Value, 0.1),
      ([x, w]) => rmsNormTwin(x as Value, w as Value, 0.1),
      seed,
    ),
  )
  await fc.assert(property, few)
})

test('SwiGlu and its plain form agree on any shape', async () => {
  const property = fc.asyncProperty(sizes, sizes, seeds, (n, hidden, seed) =>
    compare(
      [
        [n, hidden],
        [n, hidden],
      ],
      ([a, b]) => swiGlu(a as Value, b as Value),
      ([a, b]) => swiGluTwin(a as Value, b as Value),
      seed,
    ),
  )
  await fc.assert(property, few)
})

test('Softmax and its plain form agree on any shape', async () => {
  const property = fc.asyncProperty(sizes, sizes, seeds, (n, width, seed) =>
    compare(
      [[n, width]],
      ([x]) => softmax(x as Value),
      ([x]) => softmaxTwin(x as Value),
      seed,
    ),
  )
  await fc.assert(property, few)
})

test('the cross entropy of a linear head and its one-hot form agree on any shape', async () => {
  const property = fc.asyncProperty(sizes, sizes, sizes, seeds, (n, vocabulary, hidden, seed) => {
    const random = randomFrom(seed, 'targets')
    const targets = Array.from({ length: n }, () => random.integer(vocabulary))
    const weights = targets.map(() => random.uniform() + 0.1)
    return compare(
      [
        [n, hidden],
        [vocabulary, hidden],
      ],
      ([x, table]) => {
        const { graph } = x as Value
        return linearCrossEntropy(x as Value, table as Value, graph.integers(targets), graph.floats(weights))
      },
      ([x, table]) => crossEntropyTwin(x as Value, table as Value, targets, weights),
      seed,
    )
  })
  await fc.assert(property, few)
})

test('RotaryEmbedding turns pairs of features as the plain form does', async () => {
  const [length, half] = [5, 3]
  const angles = Array.from({ length: length * half }, (_, i) => Math.floor(i / half) * 0.7 ** (i % half))
  const tables = (graph: Graph): [Value, Value] => [
    graph.floats(angles.map(Math.cos), [length, half]),
    graph.floats(angles.map(Math.sin), [length, half]),
  ]
  await compare(
    [[2, length, 4 * half]],
    ([x]) => {
      const { graph } = x as Value
      return graph.apply('RotaryEmbedding', [x as Value, graph.integers([0]), ...tables(graph)])
    },
    ([x]) => rotaryTwin(x as Value, ...tables((x as Value).graph)),
    1,
  )
})

test('stacked products agree with products of each matrix', async () => {
  const forms: ProductOptions[] = [{}, { transA: true }, { transB: true, alpha: 0.5 }, { transA: true, transB: true }]
  for (const form of forms) {
    const a = form.transA ? [4, 3] : [3, 4]
    const b = form.transB ? [2, 4] : [4, 2]
    await compare(
      [a, b],
      ([x, y]) =>
        reshape(
          (x as Value).graph.apply('FusedMatMul', [reshape(x as Value, [1, ...a]), reshape(y as Value, [1, ...b])], {
            ...(form.transA ? { transA: 1 } : {}),
            ...(form.transB ? { transB: 1 } : {}),
            alpha: form.alpha ?? 1,
          }),
          [3, 2],
        ),
      ([x, y]) => gemm(x as Value, y as Value, form),
      1,
    )
  }
})

test('a loss whose largest logit is far above the target stays finite', async () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', [1, 1])
  const table = graph.floats([0, 1], [2, 1])
  const loss = linearCrossEntropy(x, table, graph.integers([0]), graph.floats([1]))
  const [dX] = gradients(loss, [x]) as [Value]
  const run = await runnable(
    new Map([
      ['loss', loss],
      ['dx', dX],
    ]),
  )
  const results = await run({ x: Float32Array.of(500) })
  assert.deepEqual([...(results['loss'] as Float32Array), ...(results['dx'] as Float32Array)], [500, 1])
})
