/** Compares two subjects on the samples of one suite, and says in words what came out. */

import { directionOf, metricOf, type Comparison, type EvaluatedSuite, type Metric, type SampleResult } from './evaluation.ts'
import { pairSamples } from './scorers.ts'
import { difference, differenceInterval, shareDifferenceInterval, signFlipTest, smallestDetectable } from './statistics.ts'

/** One side of a comparison: an evaluation and what each sample gave. */
export interface Side {
  readonly evaluationId: number
  readonly score: number
  readonly results: readonly SampleResult[]
}

export function comparisonOf(suite: EvaluatedSuite, subject: Side, baseline: Side): Comparison {
  const metric = metricOf[suite.kind]
  const pairs = pairSamples(subject.results, baseline.results)
  const interval = metric === 'bits-per-byte' ? differenceInterval(pairs) : shareDifferenceInterval(pairs)
  const pValue = signFlipTest(pairs)
  const [worst, best] = directionOf(metric) === 1 ? interval : [-interval[1], -interval[0]]
  return {
    suite,
    metric,
    subject: { evaluationId: subject.evaluationId, score: subject.score },
    baseline: { evaluationId: baseline.evaluationId, score: baseline.score },
    difference: difference(pairs),
    interval,
    pValue,
    smallestDetectable: smallestDetectable(pairs, metric === 'bits-per-byte' ? 0 : 1),
    samples: pairs.length,
    verdict: pValue >= 0.05 ? 'undecided' : worst > 0 ? 'better' : best < 0 ? 'worse' : 'undecided',
  }
}

/** How much worse the subject is, in the metric's unit; negative where it is better. */
export function lossOf(comparison: Comparison): number {
  return -directionOf(comparison.metric) * comparison.difference
}

/** "0.12 → 0.95 exact match (+0.83, 95 % interval +0.78 to +0.88)" */
export function describeComparison(comparison: Comparison): string {
  const { metric, subject, baseline, interval } = comparison
  return (
    `${formatScore(metric, baseline.score)} → ${formatScore(metric, subject.score)} ${metricNames[metric]} ` +
    `(${formatChange(metric, comparison.difference)}, 95 % interval ${formatChange(metric, interval[0])} to ${formatChange(metric, interval[1])})`
  )
}

export const metricNames = {
  'bits-per-byte': 'bits per byte (lower is better)',
  'exact-match': 'answered exactly right',
  accuracy: 'chosen right',
  'rules-kept': 'kept as asked',
} as const satisfies Record<Metric, string>

export function formatScore(metric: Metric, score: number): string {
  return metric === 'bits-per-byte' ? score.toFixed(3) : `${(100 * score).toFixed(1)} %`
}

/** With its sign; shares in percentage points. */
export function formatChange(metric: Metric, change: number): string {
  const size = metric === 'bits-per-byte' ? Math.abs(change).toFixed(3) : (100 * Math.abs(change)).toFixed(1)
  const sign = Number(size) === 0 ? '±' : change < 0 ? '−' : '+'
  return metric === 'bits-per-byte' ? `${sign}${size}` : `${sign}${size} points`
}
