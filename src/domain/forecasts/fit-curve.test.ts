import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { uniform } from '../evaluation/statistics.ts'
import { expectedError, expectedGain, fitCurve, followsLaw, measuredError, plateau, type MeasuredCurve } from './fit-curve.ts'
import { errorAt, type PowerLaw } from './power-law.ts'
import { answersBy } from './testing.ts'

const measuredBy = (law: PowerLaw, seed: number, luck = 0.2): MeasuredCurve => ({
  unit: 'share',
  weights: new Float64Array(200).fill(1),
  points: answersBy(law, { questions: 200, luck, seed }).map(({ examples, results }) => ({
    examples,
    values: Float64Array.from(results, (result) => (result.kind === 'exact' && !result.right ? 1 : 0)),
  })),
})

const within = (value: number, [low, high]: readonly [number, number]) => value >= low && value <= high

test('the bands hold what they claim, on learners whose law is known', () => {
  const rounds = 30
  for (const law of [
    { plateau: 0.02, reducible: 20, exponent: 0.8 },
    { plateau: 0.2, reducible: 100, exponent: 1.2 },
    { plateau: 0, reducible: 2, exponent: 0.25 },
  ]) {
    const held = { expected80: 0, expected95: 0, gain95: 0, measured80: 0, measured95: 0 }
    for (let seed = 1; seed <= rounds; seed++) {
      const measured = measuredBy(law, seed)
      const curve = fitCurve(measured)
      const error = expectedError(curve, 1696)
      held.expected80 += Number(within(errorAt(law, 1696), error.band80))
      held.expected95 += Number(within(errorAt(law, 1696), error.band95))
      held.gain95 += Number(within(errorAt(law, 696) - errorAt(law, 1392), expectedGain(curve, 696, 1392).band95))
      // The whole, foretold by what is smaller, as the backtest does.
      const [whole, smaller] = [measured.points[4]!, measured.points.filter(({ examples }) => examples < 696)]
      const foretold = measuredError(fitCurve({ ...measured, points: smaller }), 696)
      const share = whole.values.reduce((sum, value) => sum + value, 0) / 200
      held.measured80 += Number(within(share, foretold.band80))
      held.measured95 += Number(within(share, foretold.band95))
    }
    const said = JSON.stringify({ law, held })
    assert.ok(held.expected80 >= 0.6 * rounds && held.expected95 >= 0.85 * rounds && held.gain95 >= 0.8 * rounds, said)
    assert.ok(held.measured80 >= 0.65 * rounds && held.measured95 >= 0.88 * rounds, said)
    // A band that always holds is too wide to say anything.
    assert.ok(held.expected80 < rounds, said)
  }
})

test('a band lies around its value and within the wider one, and more data never costs', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0, max: 0.3, noNaN: true }), (seed, floor) => {
      const curve = fitCurve(measuredBy({ plateau: floor, reducible: 10, exponent: 0.7 }, seed))
      const estimates = [expectedError(curve, 796), expectedError(curve, 1696), expectedGain(curve, 696, 796), measuredError(curve, 696)]
      for (const { band80, band95 } of estimates) assert.ok(band95[0] <= band80[0] && band80[0] <= band80[1] && band80[1] <= band95[1])
      assert.ok(expectedGain(curve, 696, 796).band95[0] >= 0)
      assert.ok(expectedGain(curve, 696, 1696).value >= expectedGain(curve, 696, 796).value)
    }),
    { numRuns: 8 },
  )
})

test('the same answers give the same curve, to the last digit', () => {
  const measured = measuredBy({ plateau: 0.1, reducible: 10, exponent: 0.7 }, 3)
  assert.deepEqual(expectedError(fitCurve(measured), 1696), expectedError(fitCurve(measured), 1696))
})

test('few points leave the plateau open, where the errors still fall', () => {
  const bands = [1, 2, 3, 4, 5].map((seed) => plateau(fitCurve(measuredBy({ plateau: 0.1, reducible: 6, exponent: 0.5 }, seed))).band80)
  const open = bands.filter(([low, high]) => low < 0.05 && high > 0.15)
  assert.ok(open.length >= 3, JSON.stringify(bands))
})

test('points far from every law are called so', () => {
  const steps = [0.9, 0.9, 0.1, 0.1, 0.1]
  const random = uniform(4)
  const points = [87, 174, 348, 522, 696].map((examples, i) => ({
    examples,
    values: Float64Array.from({ length: 400 }, () => Number(random() < steps[i]!)),
  }))
  assert.equal(followsLaw(fitCurve({ unit: 'share', weights: new Float64Array(400).fill(1), points })), false)
})

test('texts that are hard for every training widen the error, and hardly the gain', () => {
  const random = uniform(9)
  const bytes = Float64Array.from({ length: 60 }, () => 200 + 400 * random())
  const hard = Array.from({ length: 60 }, () => 0.5 + random())
  const law = { plateau: 2, reducible: 20, exponent: 0.5 }
  const points = [40, 80, 160, 240, 320].map((examples) => ({
    examples,
    values: bytes.map((size, i) => size * hard[i]! * errorAt(law, examples) * (1 + 0.01 * (random() - 0.5))),
  }))
  const curve = fitCurve({ unit: 'bits', weights: bytes, points })
  const width = ([low, high]: readonly [number, number]) => high - low
  assert.ok(width(expectedGain(curve, 320, 420).band80) < 0.3 * width(expectedError(curve, 420).band80))
  assert.ok(
    within(
      errorAt(law, 320) - errorAt(law, 420),
      expectedGain(curve, 320, 420).band95.map((end, i) => end * (i === 0 ? 0.8 : 1.25)) as [number, number],
    ),
  )
})
