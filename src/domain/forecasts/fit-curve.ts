/**
 * The learning curve of one group of questions: a power law through the errors of several trainings, with the laws that could have come out instead. Pure.
 *
 * What could have come out is drawn a thousand times: the questions anew, the same draw for every training (they were all asked the same), and the luck of
 * each training, as large as the points' distance from the law says it is. See docs/design/forecast.md.
 */

import { quantile, uniform, type Interval } from '../evaluation/statistics.ts'
import { errorAt, misfitOf, powerLawFitter, type PowerLaw, type WeighedPoint } from './power-law.ts'

/** What several trainings answered to the same questions. */
export interface MeasuredCurve {
  /** share: each question is wrong (1) or right (0); bits: bits of each text. */
  readonly unit: 'share' | 'bits'
  /** Of each question: 1 for shares, bytes for bits. */
  readonly weights: Float64Array
  readonly points: readonly MeasuredPoint[]
}

export interface MeasuredPoint {
  /** That were trained on. */
  readonly examples: number
  /** Of each question; error = Σ values / Σ weights. */
  readonly values: Float64Array
}

export interface FittedCurve {
  readonly unit: MeasuredCurve['unit']
  readonly questions: number
  readonly points: readonly WeighedPoint[]
  readonly law: PowerLaw
  /** Σ (distance from the law)² / variance over the points, and how many of them are left beyond the law's three numbers. */
  readonly misfit: number
  readonly spare: number
  readonly draws: readonly Draw[]
}

interface Draw {
  readonly law: PowerLaw
  /** Variance of a training, in units of what its questions alone explain. */
  readonly scatter: number
  /** Standard normal: the luck of one more training. */
  readonly luck: number
}

/** A value with the bands in which it lies four times out of five, and nineteen times out of twenty. */
export interface Estimate {
  readonly value: number
  readonly band80: Interval
  readonly band95: Interval
}

const howMany = 1000
const seed = 0x0f0c_a571
/** How many points' worth of belief there is, before any is seen, that trainings scatter as their questions explain. Few points say little about scatter. */
const belief = 2

/** Wants at least three different sizes. The same answers give the same curve, to the last digit. */
export function fitCurve({ unit, weights, points: measured }: MeasuredCurve): FittedCurve {
  const total = sum(weights)
  const questions = weights.length
  const errors = Float64Array.from(measured, ({ values }) => sum(values) / total)
  const variances = unit === 'share' ? errors.map((error) => shareVariance(error, questions)) : bitsVariances(measured, errors, total)
  const points = measured.map(({ examples }, i) => ({ examples, error: errors[i]!, variance: variances[i]! }))
  const fit = powerLawFitter(measured.map(({ examples }) => examples))
  const law = fit(errors, variances)
  const fittedErrors = points.map(({ examples }) => errorAt(law, examples))
  const misfit = misfitOf(law, points)
  const spare = Math.max(0, points.length - 3)

  const random = uniform(seed)
  const normal = normals(random)
  // What drawing the questions anew already brings about.
  const drawn = unit === 'share' ? errors.map((error) => (error * (1 - error)) / questions) : variances
  const draws = Array.from({ length: howMany }, (): Draw => {
    const scatter = (misfit + belief) / chiSquared(spare + belief, normal)
    const again = drawQuestions(measured, weights, random)
    // Around the law, not around the points: what the points have too much of by luck would otherwise be in every draw, and a plateau at its bound stay there.
    const errorsNow = again.map((error, i) => {
      const luck = Math.sqrt(Math.max(0, scatter * variances[i]! - drawn[i]!)) * normal()
      const could = fittedErrors[i]! + error - errors[i]! + luck
      return Math.max(0, unit === 'share' ? Math.min(1, could) : could)
    })
    return { law: fit(errorsNow, variances), scatter, luck: normal() }
  })
  return { unit, questions, points, law, misfit, spare, draws }
}

/** The error that this much data is expected to leave. */
export function expectedError({ law, draws }: FittedCurve, examples: number): Estimate {
  return estimate(
    errorAt(law, examples),
    draws.map((draw) => errorAt(draw.law, examples)),
  )
}

/** How much less error there would be with `to` examples than with `from`. */
export function expectedGain({ law, draws }: FittedCurve, from: number, to: number): Estimate {
  const gain = (it: PowerLaw) => errorAt(it, from) - errorAt(it, to)
  return estimate(
    gain(law),
    draws.map((draw) => gain(draw.law)),
  )
}

/** The error that one training on this much data would measure: the expected one, and its own luck. */
export function measuredError({ unit, questions, points, law, draws }: FittedCurve, examples: number): Estimate {
  const relative = points.reduce((all, { error, variance }) => all + variance / error ** 2, 0) / points.length
  const would = draws.map(({ law: drawn, scatter, luck }) => {
    const error = errorAt(drawn, examples)
    const variance = unit === 'share' ? shareVariance(error, questions) : relative * error ** 2
    const measured = error + Math.sqrt(scatter * variance) * luck
    return Math.max(0, unit === 'share' ? Math.min(1, measured) : measured)
  })
  return estimate(errorAt(law, examples), would)
}

export function plateau({ law, draws }: FittedCurve): Estimate {
  return estimate(
    law.plateau,
    draws.map((draw) => draw.law.plateau),
  )
}

/** 95 % quantiles of χ² for 1, 2, 3 … spare points. */
const unlikely = [3.841, 5.991, 7.815, 9.488, 11.07, 12.592, 14.067, 15.507]

/** Whether the points lie no farther from the law than chance brings, nineteen times out of twenty; null where no point is to spare. */
export function followsLaw({ misfit, spare }: FittedCurve): boolean | null {
  if (spare === 0) return null
  return misfit <= (unlikely[spare - 1] ?? spare + 3 * Math.sqrt(2 * spare))
}

function estimate(value: number, could: readonly number[]): Estimate {
  const sorted = Float64Array.from(could).sort()
  const band = (share: number): Interval => [quantile(sorted, (1 - share) / 2), quantile(sorted, (1 + share) / 2)]
  return { value, band80: band(0.8), band95: band(0.95) }
}

/** Binomial, with one more wrong and one more right: none wrong out of 200 is not certainty. */
function shareVariance(share: number, questions: number): number {
  const smoothed = (share * questions + 1) / (questions + 2)
  return (smoothed * (1 - smoothed)) / questions
}

/** What of each error's variance is its own: that a text is hard for every training moves all errors together and says nothing about the law. */
function bitsVariances(points: readonly MeasuredPoint[], errors: Float64Array, total: number): Float64Array {
  const texts = points[0]?.values.length ?? 0
  const squares = points.map(() => 0)
  for (let text = 0; text < texts; text++) {
    const relative = points.map(({ values }, i) => values[text]! / errors[i]!)
    const common = sum(relative) / relative.length
    for (const [i, one] of relative.entries()) squares[i]! += (one - common) ** 2
  }
  const among = points.length / Math.max(1, points.length - 1)
  // Trainings that agree to the last bit still weigh something finite.
  return errors.map((error, i) => (error ** 2 * (squares[i]! * among + 1e-6 * total)) / total ** 2)
}

/** The errors of all trainings on questions drawn with replacement, the same ones for each. */
function drawQuestions(points: readonly MeasuredPoint[], weights: Float64Array, random: () => number): Float64Array {
  const sums = new Float64Array(points.length)
  let total = 0
  for (let draw = 0; draw < weights.length; draw++) {
    const question = Math.floor(random() * weights.length)
    total += weights[question]!
    for (let i = 0; i < points.length; i++) sums[i]! += points[i]!.values[question]!
  }
  return sums.map((value) => value / total)
}

/** Box–Muller. */
function normals(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

function chiSquared(freedom: number, normal: () => number): number {
  let total = 0
  for (let i = 0; i < freedom; i++) total += normal() ** 2
  return total
}

function sum(values: ArrayLike<number>): number {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i]!
  return total
}
