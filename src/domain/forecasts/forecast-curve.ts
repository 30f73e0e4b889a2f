/** What a learning curve says: where the score is going, what the next examples would bring, and how well it foretold what was already known. Pure. */

import { metricOf, type EvaluatedSuite, type SampleResult } from '../evaluation/evaluation.ts'
import { differenceInterval, signFlipTest, smallestDetectable, type Interval, type PairedSample } from '../evaluation/statistics.ts'
import { expectedError, expectedGain, fitCurve, followsLaw, measuredError, plateau, type Estimate, type FittedCurve } from './fit-curve.ts'
import type { Backtest, ForecastCurve, Verdict } from './forecast.ts'

/** The answers of one training to some questions of one suite: the same questions in the same order for every training. */
export interface Answered {
  readonly share: number
  readonly choice: number
  readonly examples: number
  readonly results: readonly SampleResult[]
}

export interface CurveSubject {
  readonly suite: EvaluatedSuite
  readonly by: ForecastCurve['by']
  readonly label: string
}

const ahead = [100, 1000] as const
/** What the backtest may see: the last quarter is hidden. */
const seenShare = 3 / 4

/** Wants trainings on at least four sizes, the whole among them. `base`: what the base alone answered, where that is known. */
export function forecastCurve(subject: CurveSubject, trainings: readonly Answered[], base: readonly SampleResult[] | null): ForecastCurve {
  const metric = metricOf[subject.suite.kind]
  const share = metric !== 'bits-per-byte'
  const scoreOf = (error: number) => (share ? 1 - error : error)
  const fitted = curveThrough(trainings, share)
  const now = Math.max(...trainings.map(({ examples }) => examples))
  const wholes = trainings.filter(({ examples }) => examples === now)
  const smallest = trainings.reduce((a, b) => (b.examples < a.examples ? b : a))
  const before = trainings.filter(({ examples }) => examples < now).reduce((a, b) => (b.examples > a.examples ? b : a))
  const whole = wholes[0]!
  const detectable = smallestDetectable(pairs(whole.results, before.results), share ? 1 : 0)
  const score = (error: Estimate): Estimate => (share ? mirrored(error) : error)
  const end = plateau(fitted)
  return {
    ...subject,
    metric,
    questions: whole.results.length,
    withoutExamples: base && scoreOf(errorOf(base)),
    points: trainings.map(({ examples, choice, results }) => ({ examples, choice, score: scoreOf(errorOf(results)) })),
    law: fitted.law,
    followsLaw: followsLaw(fitted),
    end: { ...score(end), known: end.band80[1] - end.band80[0] < detectable },
    expected: [...new Set(trainings.map(({ examples }) => examples))]
      .sort((a, b) => a - b)
      .map((examples) => ({ examples, score: score(expectedError(fitted, examples)) })),
    next: [...ahead, now].map((more) => ({
      more,
      examples: now + more,
      score: score(expectedError(fitted, now + more)),
      gain: expectedGain(fitted, now, now + more),
    })),
    smallestDetectable: detectable,
    verdict: verdictOf({
      left: errorOf(whole.results),
      moved: hasMoved(pairs(whole.results, smallest.results)),
      doubled: expectedGain(fitted, now, 2 * now),
      detectable,
    }),
    backtest: backtestOf(trainings, share),
  }
}

/** What twice the data would bring, against what these questions can see. */
export function verdictOf({
  left,
  moved,
  doubled,
  detectable,
}: {
  readonly left: number
  readonly moved: boolean
  readonly doubled: Estimate
  readonly detectable: number
}): Verdict {
  if (left < detectable) return 'seen-all'
  if (!moved) return 'unmoved'
  if (doubled.band95[1] < detectable) return 'end'
  return doubled.band80[0] >= detectable ? 'helps' : 'unsaid'
}

function backtestOf(trainings: readonly Answered[], share: boolean): Backtest | null {
  const seen = trainings.filter((training) => training.share <= seenShare)
  const hidden = trainings.filter((training) => training.share === 1)
  if (new Set(seen.map(({ examples }) => examples)).size < 3 || hidden.length === 0) return null
  const { examples } = hidden[0]!
  const estimate = measuredError(curveThrough(seen, share), examples)
  const predicted = share ? mirrored(estimate) : estimate
  const error = hidden.reduce((sum, { results }) => sum + errorOf(results), 0) / hidden.length
  const measured = share ? 1 - error : error
  return {
    examples,
    predicted,
    measured,
    error: predicted.value - measured,
    within80: within(measured, predicted.band80),
    within95: within(measured, predicted.band95),
  }
}

function curveThrough(trainings: readonly Answered[], share: boolean): FittedCurve {
  const values = trainings.map(({ results }) => results.map(errorPartOf))
  return fitCurve({
    unit: share ? 'share' : 'bits',
    weights: Float64Array.from(values[0]!, ([, weight]) => weight),
    points: trainings.map(({ examples }, i) => ({ examples, values: Float64Array.from(values[i]!, ([value]) => value) })),
  })
}

/** A question's share of the error: Σ value / Σ weight. */
function errorPartOf(result: SampleResult): readonly [value: number, weight: number] {
  return result.kind === 'text' ? [result.nats / Math.LN2, result.bytes] : [result.right ? 0 : 1, 1]
}

function errorOf(results: readonly SampleResult[]): number {
  let [value, weight] = [0, 0]
  for (const result of results) {
    const part = errorPartOf(result)
    value += part[0]
    weight += part[1]
  }
  return value / weight
}

function pairs(subject: readonly SampleResult[], baseline: readonly SampleResult[]): PairedSample[] {
  return subject.map((result, i) => {
    const [value, weight] = errorPartOf(result)
    return { subject: value, baseline: errorPartOf(baseline[i]!)[0], weight }
  })
}

/** Whether the whole does better than the smallest fraction, as a gate would ask. Differences here are of errors: below zero is better. */
function hasMoved(against: readonly PairedSample[]): boolean {
  return differenceInterval(against)[1] < 0 && signFlipTest(against) < 0.05
}

function mirrored({ value, band80, band95 }: Estimate): Estimate {
  const turn = ([low, high]: Interval): Interval => [1 - high, 1 - low]
  return { value: 1 - value, band80: turn(band80), band95: turn(band95) }
}

const within = (value: number, [low, high]: Interval) => value >= low - 1e-12 && value <= high + 1e-12
