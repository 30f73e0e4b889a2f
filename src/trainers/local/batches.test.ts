import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchesPerEpoch, chooseBuckets, epochBatches } from './batches.ts'
import { stepsOf } from './plan.ts'

/** Lengths as real corpora have them: many short, few long. */
const lengths = Uint32Array.from({ length: 1_000 }, (_, i) => 3 + ((i * 37) % 29) + (i % 50 === 0 ? 90 : 0))

test('buckets hold the longest example and save more padding than they cost', () => {
  const buckets = chooseBuckets(lengths, 8, 10)
  assert.ok(buckets.at(-1)! >= 121 && buckets.length >= 3 && buckets.length <= 8, `${buckets.join()}`)
  assert.ok(buckets.every((length, i) => length % 8 === 0 && length > (buckets[i - 1] ?? 0)))
  const computed = epochBatches(lengths, buckets, 8, 1, 0).reduce((sum, batch) => sum + batch.length * 8, 0)
  const needed = lengths.reduce((a, b) => a + b, 0)
  assert.ok(computed < 1.35 * needed, `${computed} positions for ${needed} tokens`)
})

test('a short run gets one bucket, as opening another would cost more than it saves', () => {
  assert.deepEqual(chooseBuckets(Uint32Array.of(5, 9, 17, 18, 30), 4, 1), [32])
  assert.deepEqual(chooseBuckets(Uint32Array.of(1), 4, 1), [8])
})

test('each epoch sees every example once, in batches that fit, of which at most one is not full', () => {
  const buckets = chooseBuckets(lengths, 64, 10)
  for (const epoch of [0, 1]) {
    const batches = epochBatches(lengths, buckets, 64, 5, epoch)
    assert.equal(batches.length, batchesPerEpoch(lengths.length, 64))
    assert.deepEqual(
      batches.flatMap(({ examples }) => [...examples]).sort((a, b) => a - b),
      [...lengths.keys()],
    )
    assert.ok(batches.filter(({ examples }) => examples.length < 64).length <= 1)
    for (const { length, examples } of batches) for (const example of examples) assert.ok(lengths[example]! <= length)
  }
})

test('the order depends on seed and epoch, and on nothing else', () => {
  const order = (seed: number, epoch: number) =>
    JSON.stringify(epochBatches(lengths, [32, 128], 16, seed, epoch).map(({ examples }) => [...examples]))
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
