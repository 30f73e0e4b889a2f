import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tinyConfig } from '../../trainers/testing.ts'
import { relativeDifference, runnable, type Numbers } from '../testing/run-graph.ts'
import { gradientProductsGraph } from './gradient-products.ts'
import { randomFrom } from './random.ts'
import { gradientGraph, initialTrainables, lossGraph, trainableTensors, type LoraMethod } from './training-graph.ts'

const method: LoraMethod = { kind: 'lora', rank: 3, alpha: 6, targetModules: ['q_proj', 'v_proj', 'o_proj', 'up_proj', 'down_proj'] }
const trainables = trainableTensors(tinyConfig, method)
const [batch, length, queries] = [4, 9, 2]
const random = randomFrom(1, 'products')
const ids = (count: number): BigInt64Array => BigInt64Array.from({ length: count }, () => BigInt(random.integer(tinyConfig.vocabSize)))
const weights: Record<string, Numbers> = Object.fromEntries([
  ...initialTrainables(tinyConfig, { kind: 'full' }, 1),
  ...initialTrainables(tinyConfig, method, 2),
])
for (const values of Object.values(weights)) values.forEach((value, i) => (values[i] = Number(value) + 0.1 * random.normal()))
const rows = Array.from({ length: batch }, () => ({
  tokens: ids(length),
  targets: ids(length),
  weights: Float32Array.from({ length }, () => (random.uniform() < 0.7 ? 1 : 0)),
}))
const directions = Array.from({ length: queries }, () =>
  Object.fromEntries(trainables.map(({ name, dims }) => [name, Float32Array.from({ length: dims[0]! * dims[1]! }, () => random.normal())])),
)

/** The queries as the graph takes them: A's below each other, B's side by side. */
function queryFeeds(): Record<string, Float32Array> {
  return Object.fromEntries(
    trainables.map(({ name, dims: [first, second] }) => {
      const all = new Float32Array(queries * first! * second!)
      for (const [k, direction] of directions.entries()) {
        const values = direction[name]!
        if (name.includes('lora_A')) all.set(values, k * values.length)
        else
          for (let row = 0; row < first!; row++) all.set(values.subarray(row * second!, (row + 1) * second!), (row * queries + k) * second!)
      }
      return [`query/${name}`, all]
    }),
  )
}

const together = {
  tokens: BigInt64Array.from(rows.flatMap(({ tokens }) => [...tokens])),
  targets: BigInt64Array.from(rows.flatMap(({ targets }) => [...targets])),
  weights: Float32Array.from(rows.flatMap((row) => [...row.weights])),
}

test('products are those of each example’s explicit gradient with each query, of fixed and of varying length', async () => {
  const gradient = await runnable(gradientGraph(tinyConfig, method, { batch: 1, length }))
  const expected: number[] = []
  const losses: number[] = []
  for (const row of rows) {
    const results = await gradient({ ...weights, ...row })
    losses.push(results['loss']![0]!)
    for (const direction of directions)
      expected.push(
        trainables.reduce(
          (sum, { name }) => sum + results[`grad/${name}`]!.reduce((part, value, i) => part + value * direction[name]![i]!, 0),
          0,
        ),
      )
  }
  for (const shape of [
    { batch, length },
    { batch, length: 20, varying: true },
  ]) {
    const run = await runnable(gradientProductsGraph(tinyConfig, method, shape, queries))
    const positions = Float32Array.from({ length }, (_, position) => position)
    const results = await run(
      { ...weights, ...together, ...queryFeeds(), probe: new Float32Array(batch * queries), positions },
      { tokens: [batch, length], targets: [batch, length], weights: [batch, length], positions: [length] },
    )
    assert.ok(relativeDifference(results['products']!, expected) < 1e-5)
    assert.ok(relativeDifference(results['losses']!, losses) < 1e-5)
  }
})

test('the loss of each example alone is its part of the batch’s', async () => {
  const run = await runnable(lossGraph(tinyConfig, method, { batch, length }))
  const { losses } = await run({ ...weights, ...together })
  const { loss } = await (await runnable(gradientGraph(tinyConfig, method, { batch, length })))({ ...weights, ...together })
  assert.ok(Math.abs(losses!.reduce((a, b) => a + b, 0) / loss![0]! - 1) < 1e-5)
})
