/**
 * The gate: which comparisons let a candidate become a release.
 *
 * A target suite must improve: better by an interval that excludes zero, and by more than chance explains (see Comparison.verdict).
 * Every other suite must not lose more than its tolerance, as measured. Where its interval still reaches beyond the tolerance, the report says so:
 * demanding that the whole interval stays inside would block most releases on suites of the size communities write.
 */

import { AppError } from '../../errors.ts'
import { describeComparison, formatChange, lossOf } from '../evaluation/comparison.ts'
import { directionOf, type Comparison } from '../evaluation/evaluation.ts'
import type { GatedSuite, GateReport } from './release.ts'

/** A gate that does not hold, with everything it was decided on. */
export class GateError extends AppError {
  readonly report: GateReport

  constructor(sentence: string, report: GateReport) {
    super('conflict', sentence, {
      details: report.suites.map(({ name, passed, reason }) => ({ sentence: reason, check: name, severity: passed ? 'warning' : 'error' })),
    })
    this.name = 'GateError'
    this.report = report
  }
}

/** @param comparisons per suite, with the baseline the gate decides on and with the base */
export function decideGate(
  against: string,
  comparisons: readonly { readonly comparison: Comparison; readonly withBase: Comparison }[],
): GateReport {
  const suites = comparisons.map(({ comparison, withBase }): GatedSuite => {
    const { name, target, tolerance } = comparison.suite
    const { passed, why } = target ? improves(comparison) : holds(comparison)
    return { name, target, tolerance, passed, reason: `${name}: ${describeComparison(comparison)} — ${why}`, comparison, withBase }
  })
  return { passed: suites.some(({ target }) => target) && suites.every(({ passed }) => passed), against, suites }
}

function improves(comparison: Comparison): { passed: boolean; why: string } {
  if (comparison.verdict === 'better') return { passed: true, why: 'better, as a target suite must be.' }
  const detectable = formatChange(comparison.metric, directionOf(comparison.metric) * comparison.smallestDetectable)
  return {
    passed: false,
    why:
      comparison.verdict === 'worse'
        ? 'worse, and this is a target suite, which must improve.'
        : `not shown to be better, and this is a target suite, which must improve. ${comparison.samples} samples show a change of ${detectable} or more; add samples, or more and better examples.`,
  }
}

function holds(comparison: Comparison): { passed: boolean; why: string } {
  const { metric, interval, suite } = comparison
  const allowed = formatChange(metric, -directionOf(metric) * suite.tolerance)
  if (lossOf(comparison) > suite.tolerance) return { passed: false, why: `worse than the tolerance of ${allowed} allows.` }
  const worst = directionOf(metric) === 1 ? -interval[0] : interval[1]
  const doubt =
    worst > suite.tolerance ? ` So few samples cannot rule out a loss of ${formatChange(metric, -directionOf(metric) * worst)}.` : ''
  return { passed: true, why: `within the tolerance of ${allowed}.${doubt}` }
}

/** The sentence of a blocked release. */
export function blockedSentence(model: string, version: string, report: GateReport): string {
  const failed = report.suites.filter(({ passed }) => !passed)
  return `${model} ${version} is blocked by ${failed.length === 1 ? 'a suite' : `${failed.length} suites`}, compared with ${report.against}. ${failed.map(({ reason }) => reason).join(' ')}`
}
