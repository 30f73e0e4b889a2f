/** The smallest change a suite can show, and where that number is from. */

import { directionOf, metricOf, type Metric, type SuiteKind } from '../../domain/evaluation/evaluation.ts'
import { assumedChanging, detectableWith } from '../../domain/evaluation/detectable.ts'
import type { Release } from '../../domain/releases/release.ts'
import { percent } from '../parts/figures.ts'
import type { Visit } from '../visit.ts'
import { scoreText } from '../releases/score-parts.ts'

export interface Detectable {
  readonly metric: Metric
  readonly size: number
  /** The release whose comparison showed it; null: assumed from the number of cases. */
  readonly version: string | null
}

/** From the newest release that was asked these cases; from their number where none was. Null for texts that were never measured: how much they vary is not known. */
export function detectableOf(
  suite: { readonly digest: string; readonly kind: SuiteKind; readonly count: number },
  newest: Pick<Release, 'gate' | 'version'> | null,
): Detectable | null {
  const metric = metricOf[suite.kind]
  const measured = newest?.gate.suites.find(({ comparison }) => comparison.suite.digest === suite.digest)
  if (newest && measured) return { metric, size: measured.comparison.smallestDetectable, version: newest.version }
  return directionOf(metric) === -1 ? null : { metric, size: Math.min(1, detectableWith(suite.count)), version: null }
}

export function detectableText({ t, locale }: Pick<Visit, 't' | 'locale'>, { metric, size, version }: Detectable): string {
  const shown =
    metric === 'bits-per-byte'
      ? t('suites.bitsPerByte', { bits: scoreText(locale, metric, size) })
      : t('common.points', { value: new Intl.NumberFormat(locale.tag, { maximumFractionDigits: 1 }).format(100 * size) })
  return version === null
    ? t('suites.detectsAssumed', { size: shown, share: percent(locale, assumedChanging) })
    : t('suites.detects', { size: shown, version })
}
