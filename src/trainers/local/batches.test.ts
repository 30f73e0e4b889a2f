import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchesPerEpoch, epochBatches } from './batches.ts'
import { stepsOf } from './plan.ts'

/** Lengths as real corpora have them: many short, few long. */
const lengths = Uint32Array.from({ length: 1_000 }, (_, i) => 3 + ((i * 37) % 29) + (i % 50 === 0 ? 90 : 0))
const all = Uint32Array.from(lengths.keys())
/** Every seventh is a preference. */
const pool = { follow: all.filter((i) => i % 7 !== 0), prefer: all.filter((i) => i % 7 === 0) }

test('examples of similar length meet, so that nearly all computed positions are tokens', () => {
  const batches = epochBatches(lengths, { follow: all, prefer: new Uint32Array() }, 8, 1, 0)
  const computed = batches.reduce((sum, batch) => sum + batch.length * 8, 0)
  const needed = lengths.reduce((a, b) => a + b, 0)
  assert.ok(computed < 1.04 * needed, `${computed} positions for ${needed} tokens`)
})

test('each epoch sees every example once, in batches of one kind that fit, of which at most one is not full', () => {
  for (const epoch of [0, 1]) {
    const batches = epochBatches(lengths, pool, 64, 5, epoch)
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
    for (const { length, examples } of batches) assert.equal(length, Math.max(...[...examples].map((example) => lengths[example]!)))
  }
})

test('the order depends on seed and epoch, and on nothing else', () => {
  const order = (seed: number, epoch: number) =>
    JSON.stringify(epochBatches(lengths, pool, 16, seed, epoch).map(({ examples }) => [...examples]))
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
