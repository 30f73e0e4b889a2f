import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { randomFrom } from './random.ts'

test('a stream never changes: recorded runs depend on it', () => {
  const random = randomFrom(42, 'recorded')
  const values = [random.uniform(), random.normal(), random.normal(), random.integer(1000)]
  const again = randomFrom(42, 'recorded')
  assert.deepEqual([again.uniform(), again.normal(), again.normal(), again.integer(1000)], values)
  assert.deepEqual(values, [0.26773598372750385, -0.8232267115325939, 2.0028570965929235, 67])
})

test('uniform numbers are in [0, 1) and average one half; normal ones average 0 with variance 1', () => {
  const random = randomFrom(7, 'moments')
  const uniform = Array.from({ length: 20_000 }, () => random.uniform())
  const normal = Array.from({ length: 20_000 }, () => random.normal())
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
  assert.ok(uniform.every((value) => value >= 0 && value < 1))
  assert.ok(Math.abs(mean(uniform) - 0.5) < 0.01)
  assert.ok(Math.abs(mean(normal)) < 0.03)
  assert.ok(Math.abs(mean(normal.map((value) => value * value)) - 1) < 0.05)
})

test('seeds and purposes give streams of their own', () => {
  const seed = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
  const first = (a: number, purpose: string): number => randomFrom(a, purpose).uniform()
  fc.assert(fc.property(seed, seed, (a, b) => a === b || first(a, 'x') !== first(b, 'x')))
  fc.assert(fc.property(seed, (a) => first(a, 'x') !== first(a, 'y')))
})

test('a seed that is not a whole number from 0 is refused', () => {
  for (const seed of [-1, 0.5, NaN, 2 ** 53]) assert.throws(() => randomFrom(seed, 'x'), /Seed .* is not a whole number/)
})
