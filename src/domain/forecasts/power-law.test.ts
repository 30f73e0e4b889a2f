import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { errorAt, exponents, fitPowerLaw, misfitOf, type PowerLaw } from './power-law.ts'

const sizes = [87, 174, 348, 522, 696]
const through = (law: PowerLaw, at: readonly number[] = sizes) =>
  at.map((examples) => ({ examples, error: errorAt(law, examples), variance: 1e-4 }))

const laws = fc.record({
  plateau: fc.double({ min: 0, max: 0.3, noNaN: true }),
  reducible: fc.double({ min: 0.5, max: 50, noNaN: true }),
  exponent: fc.double({ min: 0.1, max: 1.9, noNaN: true }),
})

test('errors that follow a law exactly give that law back, where they were measured and beyond', () => {
  fc.assert(
    fc.property(laws, (law) => {
      const points = through(law)
      const found = fitPowerLaw(points)
      const scale = points[0]!.error
      for (const { examples, error } of points) assert.ok(Math.abs(errorAt(found, examples) - error) < 2e-3 * scale, JSON.stringify(found))
      assert.ok(Math.abs(errorAt(found, 1696) - errorAt(law, 1696)) < 6e-3 * scale, JSON.stringify({ law, found }))
    }),
  )
})

test('whatever was measured, a fitted law never rises, never falls below zero and keeps to its range', () => {
  const error = fc.double({ min: 0, max: 1, noNaN: true })
  const variance = fc.double({ min: 1e-6, max: 1e-2, noNaN: true })
  fc.assert(
    fc.property(fc.array(fc.tuple(error, variance), { minLength: 5, maxLength: 5 }), (measured) => {
      const law = fitPowerLaw(measured.map(([error, variance], i) => ({ examples: sizes[i]!, error, variance })))
      assert.ok(law.plateau >= 0 && law.reducible >= 0 && law.exponent > 0 && law.exponent <= exponents.most)
      for (const [fewer, more] of [[10, 100], [100, 1000], [1000, 1e6]] as const) assert.ok(errorAt(law, more) <= errorAt(law, fewer) + 1e-12) // prettier-ignore
    }),
  )
})

test('no other law of the grid lies nearer to the points than the one that was found', () => {
  const random = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(fc.array(random, { minLength: 5, maxLength: 5 }), laws, (errors, other) => {
      const points = errors.map((error, i) => ({ examples: sizes[i]!, error, variance: 1e-3 }))
      assert.ok(misfitOf(fitPowerLaw(points), points) <= misfitOf(other, points) * (1 + 1e-6) + 1e-9)
    }),
  )
})

test('errors that do not fall give a flat law at their weighed mean', () => {
  const law = fitPowerLaw([0.2, 0.3, 0.4, 0.5].map((error, i) => ({ examples: sizes[i]!, error, variance: 1 })))
  assert.equal(law.reducible, 0)
  assert.ok(Math.abs(law.plateau - 0.35) < 1e-12)
})
