/**
 * The gate: which comparisons let a candidate become a release.
 *
 * A target suite must improve: better by an interval that excludes zero, and by more than chance explains (see Comparison.verdict).
 * Every other suite must not lose more than its tolerance, as measured. Where its interval still reaches beyond the tolerance, the report says so:
 * demanding that the whole interval stays inside would block most releases on suites of the size communities write.
 * Regression suites are such others, and never targets: what may be trained on shows no improvement. But a wrong answer that people pointed at and that is
 * right now is a reason to release: where there is one, a target that was not shown to be better has to hold like any other suite, and need not improve.
 * Without that rule a fix would wait until a whole suite moves, and a community whose suites are all answered right could never release again.
 * A suite of a clause blocks as its clause says: never, always where the clause is broken, or where the release before kept it.
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
  const fixed = comparisons.reduce((sum, { comparison }) => sum + casesFixed(against, comparison), 0)
  const suites = comparisons.map(({ comparison, withBase }): GatedSuite => {
    const { name, target, tolerance } = comparison.suite
    const { passed, why } = judge(against, comparison, fixed)
    return { name, target, tolerance, passed, reason: `${name}: ${describeComparison(comparison)} — ${why}`, comparison, withBase }
  })
  return {
    passed: suites.some(({ target, comparison }) => target && comparison.suite.role === 'measure') && suites.every(({ passed }) => passed),
    against,
    suites,
  }
}

function judge(against: string, comparison: Comparison, fixed: number): { passed: boolean; why: string } {
  const { role, target } = comparison.suite
  if (role === 'charter') return keeps(against, comparison)
  if (role === 'regression' || !target) return holds(comparison)
  if (comparison.verdict === 'better' || fixed === 0) return improves(comparison)
  const { passed, why } = holds(comparison)
  const answers = fixed === 1 ? 'an answer that was wrong is' : `${fixed} answers that were wrong are`
  return passed ? { passed, why: `not shown to be better, but ${answers} right now, and it holds: ${why}` } : { passed, why }
}

/** Regression cases that are right now and were wrong before, less those that went the other way. A first release has nothing to fix. */
function casesFixed(against: string, { suite, metric, difference, samples }: Comparison): number {
  if (suite.role !== 'regression' || !against.startsWith(againstRelease(''))) return 0
  return Math.max(0, Math.round(directionOf(metric) * difference * samples))
}

/** Whether so large a share of a clause's cases is right that it counts as kept. */
export function isKept(score: number, tolerance: number): boolean {
  return 1 - score <= tolerance + 1e-9
}

/** How the report calls what it compares with. */
export const againstRelease = (version: string) => `release ${version}`

function keeps(against: string, { suite, subject, baseline }: Comparison): { passed: boolean; why: string } {
  const clause = `clause ${suite.clause} of the charter`
  if (isKept(subject.score, suite.tolerance)) return { passed: true, why: `${clause} is kept.` }
  if (suite.blocks === 'always') return { passed: false, why: `${clause} is broken, and no release may break it.` }
  const kept = against.startsWith(againstRelease('')) && isKept(baseline.score, suite.tolerance)
  if (kept && suite.blocks === 'when-lost') return { passed: false, why: `${clause} is broken, and ${against} kept it.` }
  return { passed: true, why: `${clause} is broken; this is reported, and blocks no release as the clause stands.` }
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
