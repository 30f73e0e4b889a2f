import assert from 'node:assert/strict'
import { test } from 'node:test'
import { difference, differenceInterval, quantile, signFlipTest, smallestDetectable, uniform, wilson } from './statistics.ts'
import type { PairedSample } from './statistics.ts'

const near = (actual: number, expected: number, within: number): void =>
  assert.ok(Math.abs(actual - expected) <= within, `${actual} is not within ${within} of ${expected}`)

const shares = (right: readonly [subject: number, baseline: number][]): PairedSample[] =>
  right.map(([subject, baseline]) => ({ subject, baseline, weight: 1 }))

test('Wilson intervals agree with published values', () => {
  // R: binom::binom.wilson(8, 10), (0, 10), (50, 100)
  for (const [successes, samples, low, high] of [
    [8, 10, 0.4901625, 0.9433178],
    [0, 10, 0, 0.2775328],
    [50, 100, 0.4038315, 0.5961685],
  ] as const) {
    const interval = wilson(successes, samples)
    near(interval[0], low, 1e-6)
    near(interval[1], high, 1e-6)
  }
})

test('a bootstrap interval of many samples agrees with the normal one', () => {
  // 400 pairs: 100 gained, 40 lost, 260 alike. Mean 0.15, variance 0.35 - 0.0225.
  const pairs = shares([
    ...Array.from({ length: 100 }, (): [number, number] => [1, 0]),
    ...Array.from({ length: 40 }, (): [number, number] => [0, 1]),
    ...Array.from({ length: 260 }, (): [number, number] => [1, 1]),
  ])
  const half = 1.96 * Math.sqrt((0.35 - 0.15 ** 2) / 400)
  near(difference(pairs), 0.15, 1e-12)
  const [low, high] = differenceInterval(pairs)
  near(low, 0.15 - half, 0.005)
  near(high, 0.15 + half, 0.005)
})

test('95 % intervals of a ratio cover the truth about 95 times in 100', () => {
  const random = uniform(7)
  let covered = 0
  for (let round = 0; round < 200; round++) {
    const pairs = Array.from({ length: 60 }, () => {
      const weight = 50 + Math.floor(random() * 100)
      const noise = random() + random() + random() - 1.5
      return { subject: (2 + noise * 0.3) * weight, baseline: 2.1 * weight, weight }
    })
    const [low, high] = differenceInterval(pairs)
    if (low <= -0.1 && -0.1 <= high) covered++
  }
  assert.ok(covered >= 180 && covered <= 199, `${covered} of 200 intervals held the truth`)
})

test('the sign-flip test agrees with the binomial on shares: 2/32 for five gains, 2/64 for six', () => {
  const gains = (count: number): PairedSample[] => shares(Array.from({ length: count }, () => [1, 0]))
  near(signFlipTest(gains(5)), 2 / 32, 0.012)
  near(signFlipTest(gains(6)), 2 / 64, 0.008)
  assert.ok(signFlipTest(gains(5)) > 0.05)
})

test('no difference at all is no evidence', () => {
  const pairs = shares([
    [1, 1],
    [0, 0],
    [1, 1],
  ])
  assert.equal(signFlipTest(pairs), 1)
  assert.deepEqual(differenceInterval(pairs), [0, 0])
})

test('perfect agreement on few samples still leaves a detectable effect larger than zero', () => {
  const alike = (count: number): PairedSample[] => shares(Array.from({ length: count }, () => [1, 1]))
  near(smallestDetectable(alike(100), 1), 2.8016 / 100, 1e-4)
  assert.ok(smallestDetectable(alike(10), 1) > 0.25)
})

test('the same samples give the same interval, whatever ran before', () => {
  const pairs = shares([
    [1, 0],
    [0, 0],
    [1, 1],
    [0, 1],
    [1, 0],
  ])
  assert.deepEqual(differenceInterval(pairs), differenceInterval(pairs))
})

test('a quantile lies between its neighbours', () => {
  assert.equal(quantile(Float64Array.of(1, 2, 3, 4), 0.5), 2.5)
  assert.equal(quantile(Float64Array.of(5), 0.9), 5)
})
