import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchesPerEpoch, epochBatches, microBatches, type Batch } from './batches.ts'
import { stepsOf } from './order.ts'
import { rowsThatCostLeast } from './rows.ts'

/** Lengths as real corpora have them: many short, few long. */
const lengths = Uint32Array.from({ length: 1_000 }, (_, i) => 3 + ((i * 37) % 29) + (i % 50 === 0 ? 90 : 0))
const all = Uint32Array.from(lengths.keys())
/** Every seventh is a preference. */
const pool = { follow: all.filter((i) => i % 7 !== 0), prefer: all.filter((i) => i % 7 === 0) }

const forOne = (batches: readonly Batch[]) => batches.map((batch) => [batch])

test('each epoch sees every example once, in batches of one kind, of which at most one is not full', () => {
  for (const epoch of [0, 1]) {
    const batches = epochBatches(pool, 64, 5, epoch)
    assert.equal(batches.length, batchesPerEpoch(pool, 64))
    assert.deepEqual(
      batches.flatMap(({ examples }) => [...examples]).sort((a, b) => a - b),
      [...all],
    )
    for (const kind of ['follow', 'prefer'] as const) {
      const ofKind = batches.filter((batch) => batch.kind === kind)
      assert.ok(ofKind.filter(({ examples }) => examples.length < 64).length <= 1)
      for (const { examples } of ofKind) for (const example of examples) assert.equal(example % 7 === 0, kind === 'prefer')
    }
  }
})

test('who is in a batch has nothing to do with length', () => {
  const batches = epochBatches({ follow: all, prefer: new Uint32Array() }, 50, 1, 0)
  const means = batches.map(({ examples }) => examples.reduce((sum, example) => sum + lengths[example]!, 0) / 50)
  const variance = (values: ArrayLike<number>): number => {
    const mean = Array.from(values).reduce((a, b) => a + b, 0) / values.length
    return Array.from(values).reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  }
  // Means of 50 drawn at random vary a fiftieth as much as what they are drawn from; sorted ones would vary as much.
  const ratio = (50 * variance(means)) / variance(lengths)
  assert.ok(ratio > 0.4 && ratio < 2, `${ratio}`)
})

test('a step’s examples go through the graph in micro-batches of one kind, each once, and little of what is computed is padding', () => {
  const positions = { alone: 0, sorted: 0, needed: 0 }
  const batches = epochBatches(pool, 64, 5, 0)
  for (const step of forOne(batches)) {
    const parts = microBatches(step, lengths, 4)
    assert.deepEqual(parts.flatMap(({ examples }) => [...examples]).sort((a, b) => a - b), [...step[0]!.examples].sort((a, b) => a - b)) // prettier-ignore
    for (const { kind, length, examples } of parts) {
      assert.equal(kind, step[0]!.kind)
      assert.ok(examples.length <= 4)
      assert.equal(length, Math.max(...[...examples].map((example) => lengths[example]!)))
      positions.sorted += 4 * length
      for (const example of examples) positions.needed += lengths[example]!
    }
    positions.alone += 64 * Math.max(...[...step[0]!.examples].map((example) => lengths[example]!))
  }
  assert.ok(positions.sorted < 1.3 * positions.needed && positions.alone > 4 * positions.needed, JSON.stringify(positions))
})

test('as many rows are taken at once as cost least: many where lengths are equal, few where they differ', () => {
  const steps = forOne(epochBatches({ follow: all.slice(0, 960), prefer: new Uint32Array() }, 32, 1, 0))
  const equal = new Uint32Array(1_000).fill(100)
  assert.equal(rowsThatCostLeast(steps, equal, 32), 16, 'half of 32 for each of two lanes')
  assert.equal(rowsThatCostLeast(steps, equal, 12), 8, 'of 32, four times 8 leaves no row empty')
  const uneven = lengths.map((length) => 20 * length)
  const rows = rowsThatCostLeast(steps, uneven, 32)
  assert.ok(rows < 4, `${rows}`)
  assert.equal(rowsThatCostLeast(steps, uneven, 1), 1)
})

test('the order depends on seed and epoch, and on nothing else', () => {
  const order = (seed: number, epoch: number) => JSON.stringify(epochBatches(pool, 16, seed, epoch).map(({ examples }) => [...examples]))
  assert.equal(order(1, 0), order(1, 0))
  assert.notEqual(order(1, 0), order(1, 1))
  assert.notEqual(order(1, 0), order(2, 0))
})

test('steps follow from epochs, accumulation and the most allowed', () => {
  const steps = (epochs: number, accumulation: number, maxSteps: number | null, perEpoch: number) =>
    Object.values(stepsOf({ epochs, accumulation, maxSteps }, perEpoch))
  assert.deepEqual(steps(1, 1, null, 70), [70, 70])
  assert.deepEqual(steps(0.1, 1, null, 70), [7, 7])
  assert.deepEqual(steps(0.001, 1, null, 70), [1, 1])
  assert.deepEqual(steps(2.5, 3, null, 8), [7, 20])
  assert.deepEqual(steps(2.5, 3, 4, 8), [4, 12])
})
