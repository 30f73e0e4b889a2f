import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SampleResult } from '../evaluation/evaluation.ts'
import { describeCurve, describeForecast } from './describe-forecast.ts'
import { forecastCurve, verdictOf, type Answered } from './forecast-curve.ts'
import type { ForecastCurve } from './forecast.ts'
import { needsOf } from './needs.ts'
import type { PowerLaw } from './power-law.ts'
import { answersBy, suiteOf, trained } from './testing.ts'

const curveOf = (law: PowerLaw, by: ForecastCurve['by'] = 'suite', label = 'unseen'): ForecastCurve =>
  forecastCurve({ suite: suiteOf('exact'), by, label }, answersBy(law, { questions: 1000, luck: 0.05, seed: 4 }), null)

const rising = curveOf({ plateau: 0, reducible: 9, exponent: 0.5 })
const ended = curveOf({ plateau: 0.3, reducible: 2000, exponent: 1.8 })
const unmoved = curveOf({ plateau: 0.6, reducible: 0, exponent: 1 })
const perfect = curveOf({ plateau: 0, reducible: 1000, exponent: 2 })

test('a learner that still learns has not found the end, one on its plateau has, and one that never moved is told apart from both', () => {
  assert.deepEqual([rising, ended, unmoved, perfect].map(({ verdict }) => verdict), ['helps', 'end', 'unmoved', 'seen-all']) // prettier-ignore
  const estimate = { value: 0.05, band80: [0.01, 0.09], band95: [0, 0.12] } as const
  assert.equal(verdictOf({ left: 0.3, moved: true, doubled: estimate, detectable: 0.04 }), 'unsaid')
})

test('the last quarter is foretold without having been seen', () => {
  const { backtest, points } = rising
  assert.equal(backtest!.examples, 696)
  assert.equal(backtest!.measured, points.find(({ examples }) => examples === 696)!.score)
  assert.ok(Math.abs(backtest!.error) < 0.06 && backtest!.within95, JSON.stringify(backtest))
  // The whole answers otherwise: what was foretold stays, so it was not looked at.
  const answers = answersBy({ plateau: 0, reducible: 9, exponent: 0.5 }, { questions: 1000, luck: 0.05, seed: 4 })
  const spoilt = answers.map((it) =>
    it.share === 1 ? { ...it, results: it.results.map((one) => ({ ...one, right: false }) as SampleResult) } : it,
  )
  const { backtest: second } = forecastCurve({ suite: suiteOf('exact'), by: 'suite', label: 'unseen' }, spoilt, null)
  assert.deepEqual(second!.predicted, backtest!.predicted)
  assert.equal(second!.within95, false)
})

test('the next 100 and 1,000 examples and twice as many are predicted, with gains that grow', () => {
  assert.deepEqual(rising.next.map(({ more, examples }) => [more, examples]), [[100, 796], [1000, 1696], [696, 1392]]) // prettier-ignore
  const [hundred, thousand] = rising.next
  assert.ok(hundred!.gain.value > 0 && thousand!.gain.value > hundred!.gain.value)
  assert.ok(Math.abs(thousand!.score.value - (1 - 9 * 1696 ** -0.5)) < 0.06)
})

test('bits per byte are forecast as they are, fewer being better', () => {
  const texts: Answered[] = trained.map((training, seed) => ({
    ...training,
    results: Array.from({ length: 30 }, (_, index): SampleResult => {
      const bits = 2 + 20 / Math.sqrt(training.examples) + ((index * 7 + seed * 3) % 5) * 0.01
      return { index, kind: 'text', nats: bits * Math.LN2 * 100, bytes: 100, tokens: 50 }
    }),
  }))
  const curve = forecastCurve({ suite: suiteOf('text', 'pages'), by: 'suite', label: 'pages' }, texts, null)
  assert.equal(curve.metric, 'bits-per-byte')
  assert.ok(curve.next[1]!.score.value < curve.points.find(({ examples }) => examples === 696)!.score)
  assert.ok(curve.next[1]!.gain.value > 0)
  assert.match(describeCurve(curve).join(' '), /the next 1,000 examples would probably bring −0\.\d{3} \(80 %: −0\.\d{3} to −0\.\d{3}\)/)
})

test('help is asked for first where more examples mend most, and said to be of another kind where they mend nothing', () => {
  const needs = needsOf([
    rising,
    curveOf({ plateau: 0, reducible: 1000, exponent: 2 }, 'topic', 'dates'),
    curveOf({ plateau: 0.6, reducible: 0, exponent: 1 }, 'topic', 'poems'),
    curveOf({ plateau: 0, reducible: 5, exponent: 0.5 }, 'topic', 'quantities'),
    curveOf({ plateau: 0, reducible: 9, exponent: 0.5 }, 'topic', 'durations'),
  ])
  assert.deepEqual(
    needs.map(({ label, kind }) => [label, kind]),
    [
      ['durations', 'more'],
      ['quantities', 'more'],
      ['poems', 'other'],
      ['dates', 'enough'],
    ],
  )
})

test('a forecast reads as sentences that name what was measured and what cannot be said', () => {
  const point = { runId: 1, evaluations: [1], seconds: 10, reused: false }
  const sentences = describeForecast(
    { model: 'marathi/saathi', revision: { id: 1, number: 5, digest: suiteOf('exact').digest, count: 696 }, points: trained.map((it) => ({ ...it, ...point })) },
    {
      curves: [rising],
      needs: needsOf([rising]),
      languages: [{ language: 'mr', examples: 696 }],
      cost: { seconds: 70, trainings: 7, reused: 0, cutShort: false },
    },
  ) // prettier-ignore
  const text = sentences.join('\n')
  assert.match(text, /^Trained 7 times as marathi\/saathi is trained: on 87, 174, 348, 522 and 696 of the 696 examples of revision 5/)
  assert.match(text, /unseen has not found the end yet: twice the data would bring \+\d+\.\d points \(80 %: \+/)
  assert.match(
    text,
    /Checked by hiding the last quarter: \d+\.\d % was predicted for 696 examples .* and \d+\.\d % measured, \d+\.\d points off, /,
  )
  assert.match(text, /what examples are about is not recorded with them/)
  assert.match(describeCurve(unmoved).join('\n'), /did not move: all of the data does no better than the smallest part/)
  assert.match(describeCurve(ended).join('\n'), /has found the end, as far as these questions can see/)
  assert.match(describeCurve(perfect).join('\n'), /More or harder questions would say more/)
})
