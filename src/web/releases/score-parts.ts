/** Scores and their differences as a page shows them: in the visitor's numbers, with words for what they mean. */

import type { Comparison, Metric } from '../../domain/evaluation/evaluation.ts'
import type { GatedSuite } from '../../domain/releases/release.ts'
import { html, modelPath, address, type Content, type Html } from '../markup.ts'
import type { Locale, Translate } from '../messages.ts'
import { badge, table } from '../parts/basics.ts'
import { count, numberFormat, percent, signed } from '../parts/figures.ts'
import { intervalPlot, type Interval } from '../parts/plots.ts'
import type { Visit } from '../visit.ts'

/** "97.5 %", or bits per byte as "2.962". */
export function scoreText(locale: Locale, metric: Metric, score: number): string {
  return metric === 'bits-per-byte'
    ? numberFormat(locale, { minimumFractionDigits: 3, maximumFractionDigits: 3 }).format(score)
    : percent(locale, score)
}

/** With its sign; shares in percentage points. */
export function changeText({ t, locale }: Pick<Visit, 't' | 'locale'>, metric: Metric, change: number): string {
  return metric === 'bits-per-byte' ? signed(locale, change, 3) : t('common.points', { value: signed(locale, 100 * change) })
}

export function intervalText({ t, locale }: Pick<Visit, 't' | 'locale'>, { metric, interval }: Comparison): string {
  const [low, high] = interval.map((end) => (metric === 'bits-per-byte' ? signed(locale, end, 3) : signed(locale, 100 * end)))
  return t('common.interval', { low, high })
}

export function verdictBadge(t: Translate, verdict: Comparison['verdict']): Html {
  return badge(t(`common.${verdict}`), verdict === 'better' ? 'good' : verdict === 'worse' ? 'bad' : 'plain')
}

export function roleBadge(t: Translate, suite: Pick<Comparison['suite'], 'role' | 'target'>): Html {
  if (suite.role === 'regression') return badge(t('suites.role_regression'))
  if (suite.role === 'charter') return badge(t('suites.role_charter'))
  return suite.target ? badge(t('suites.isTarget'), 'accent') : badge(t('suites.role_measure'))
}

/** Plots of differences: shares of right answers in points, bits per byte on a scale of their own. */
export function differencePlots({ t, locale }: Visit, comparisons: readonly Comparison[], against: string): Html {
  const row =
    (scale: number) =>
    (one: Comparison): Interval => ({
      label: one.suite.name,
      value: scale * one.difference,
      low: scale * one.interval[0],
      high: scale * one.interval[1],
    })
  const [texts, shares] = [true, false].map((isText) => comparisons.filter(({ metric }) => (metric === 'bits-per-byte') === isText))
  return html`<div class="plots">
    ${
      shares &&
      shares.length > 0 &&
      html`<figure>
        ${intervalPlot(locale, t('releases.plotShares', { against }), shares.map(row(100)))}
        <figcaption>${t('releases.plotShares', { against })}</figcaption>
      </figure>`
    }
    ${
      texts &&
      texts.length > 0 &&
      html`<figure>
        ${intervalPlot(locale, t('releases.plotBits', { against }), texts.map(row(1)), { digits: 3, better: 'less' })}
        <figcaption>${t('releases.plotBits', { against })}</figcaption>
      </figure>`
    }
  </div>`
}

/** A table of suites: the base, the release before, this one, and the change with its interval. */
export function scoreTable(
  visit: Visit,
  model: string,
  suites: readonly Pick<GatedSuite, 'name' | 'comparison' | 'withBase'>[],
  { subject, previous, version }: { readonly subject: string; readonly previous: string | null; readonly version?: string },
): Html {
  const { t, locale } = visit
  const head: Content[] = [
    t('suites.test'),
    t('releases.base'),
    ...(previous === null ? [] : [previous]),
    subject,
    t('releases.change'),
    t('releases.verdict'),
    t('suites.cases'),
  ]
  const rows = suites.map(({ name, comparison, withBase }) => {
    const { metric, samples, verdict, difference } = comparison
    const score = (value: number) => html`<td class="number">${scoreText(locale, metric, value)}</td>`
    return html`<tr>
      <th scope="row">
        <a href="${address(modelPath(model, `/suites/${encodeURIComponent(name)}`), { release: version })}"><bdi>${name}</bdi></a>
        ${roleBadge(t, comparison.suite)}
      </th>
      ${score(withBase.baseline.score)} ${previous !== null && score(comparison.baseline.score)} ${score(comparison.subject.score)}
      <td class="number">
        ${changeText(visit, metric, difference)}
        <div class="meta">${intervalText(visit, comparison)}</div>
      </td>
      <td>${verdictBadge(t, verdict)}</td>
      <td class="number">${count(locale, samples)}</td>
    </tr>`
  })
  const numeric = previous === null ? [1, 2, 3, 5] : [1, 2, 3, 4, 6]
  return table(t('releases.scoresCaption'), head, rows, numeric)
}
