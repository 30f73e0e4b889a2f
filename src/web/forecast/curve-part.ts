/** What one suite says: whether more helps, how much the next examples would bring, the measured points with the law through them, and how well it foretold what was hidden from it. */

import { directionOf } from '../../domain/evaluation/evaluation.ts'
import type { Estimate, ForecastCurve, Verdict } from '../../domain/forecasts/forecast.ts'
import { html, type Html } from '../markup.ts'
import type { MessageKey } from '../messages.ts'
import { badge, type Tone } from '../parts/basics.ts'
import { percent, signed } from '../parts/figures.ts'
import { linePlot, type Point } from '../parts/plots.ts'
import type { Locale } from '../messages.ts'
import type { Visit } from '../visit.ts'

const verdicts: Record<Verdict, readonly [word: MessageKey, sentence: MessageKey, tone: Tone]> = {
  helps: ['forecast.helps', 'forecast.helpsText', 'good'],
  end: ['forecast.end', 'forecast.endText', 'plain'],
  'seen-all': ['forecast.seenAll', 'forecast.seenAllText', 'plain'],
  unmoved: ['forecast.unmoved', 'forecast.unmovedText', 'warn'],
  unsaid: ['forecast.unsaid', 'forecast.unsaidText', 'plain'],
}

export function curvePart(visit: Visit, curve: ForecastCurve): Html {
  const { t } = visit
  const { label, verdict, questions, followsLaw, smallestDetectable, metric } = curve
  const [word, sentence, tone] = verdicts[verdict]
  return html`<section class="growth">
    <h2><bdi>${label}</bdi> ${badge(t(word), tone)}</h2>
    <p class="said-large">${t(sentence)}</p>
    ${followsLaw === false && html`<p class="note warn">${t('forecast.offLaw')}</p>`} ${figures(visit, curve)} ${plot(visit, curve)}
    <p class="soft">
      ${t('forecast.detectable', { n: questions, smallest: size(visit, metric, smallestDetectable) })} ${backtestWords(visit, curve)}
    </p>
  </section>`
}

/** The score now, and what more would bring: 100, 1,000, and as many again. Where the questions have nothing left to show, a law that goes on predicts nothing. */
function figures({ t, locale }: Visit, { metric, points, next, verdict }: ForecastCurve): Html {
  const whole = Math.max(...points.map(({ examples }) => examples))
  const now = points.find(({ examples }) => examples === whole)
  return html`<dl class="figures">
    <div>
      <dt>${t('forecast.nowWith', { n: whole })}</dt>
      <dd>${now && scoreText(locale, metric, now.score)}</dd>
      <dd class="small soft">${t(metricWords[metric])}</dd>
    </div>
    ${(verdict === 'seen-all' ? [] : next).map(
      ({ more, examples, gain }) =>
        html`<div>
          <dt>${more === whole ? t('forecast.twice') : t('forecast.nextN', { n: more })}</dt>
          <dd>${gainText(locale, metric, gain.value)}</dd>
          <dd class="small soft">
            ${t('forecast.band80', { low: gainText(locale, metric, low80(gain, metric)), high: gainText(locale, metric, high80(gain, metric)) })}
            ${examples > farBeyond * whole && html`<br />${t('forecast.farBeyond')}`}
          </dd>
        </div>`,
    )}
  </dl>`
}

/** Times the data there is: beyond this even the band is a guess. */
const farBeyond = 4

const metricWords = {
  'bits-per-byte': 'forecast.metricBits',
  'exact-match': 'forecast.metricExact',
  accuracy: 'forecast.metricChosen',
  'rules-kept': 'forecast.metricRules',
} as const satisfies Record<ForecastCurve['metric'], MessageKey>

type Metric = ForecastCurve['metric']

export function scoreText(locale: Locale, metric: Metric, score: number): string {
  return metric === 'bits-per-byte' ? score.toFixed(3) : percent(locale, score)
}

/** A gain is positive where it is better; people read it in the direction of the metric. */
export function gainText(locale: Locale, metric: Metric, gain: number): string {
  const change = directionOf(metric) * gain
  return metric === 'bits-per-byte' ? signed(locale, change, 3) : signed(locale, 100 * change)
}

const low80 = ({ band80: [low, high] }: Estimate, metric: Metric) => (directionOf(metric) === 1 ? low : high)
const high80 = ({ band80: [low, high] }: Estimate, metric: Metric) => (directionOf(metric) === 1 ? high : low)

function size({ t, locale }: Visit, metric: Metric, value: number): string {
  if (metric === 'bits-per-byte') return value.toFixed(3)
  return t('common.points', { value: new Intl.NumberFormat(locale.tag, { maximumFractionDigits: 1 }).format(100 * value) })
}

function plot({ t, locale }: Visit, curve: ForecastCurve): Html {
  const { metric, points, expected, next, label, withoutExamples } = curve
  const scale = metric === 'bits-per-byte' ? 1 : 100
  const measured: Point[] = points.map(({ examples, score }) => ({ x: examples, y: score * scale }))
  if (withoutExamples !== null) measured.unshift({ x: 0, y: withoutExamples * scale, label: t('forecast.theBase') })
  const whole = Math.max(...points.map(({ examples }) => examples))
  // The law knows no bounds; shares do.
  const drawable = (y: number) => (metric === 'bits-per-byte' ? y : Math.min(100, Math.max(0, y)))
  // What lies far beyond the points would press them into a corner of the plot.
  const ahead = next.filter(({ examples }) => examples <= farBeyond * whole).map(({ examples, score }) => ({ examples, score }))
  const law: Point[] = [...expected, ...ahead]
    .sort((a, b) => a.examples - b.examples)
    .map(({ examples, score: { value, band80 } }) => ({
      x: examples,
      y: drawable(value * scale),
      low: drawable(band80[0] * scale),
      high: drawable(band80[1] * scale),
    }))
  return html`<figure class="figure">
    ${linePlot(locale, {
      title: t('forecast.plotTitle', { suite: label }),
      points: measured,
      expected: law,
      xLabel: t('forecast.xLabel'),
      xTicks: apart([
        withoutExamples === null ? Math.min(...points.map(({ examples }) => examples)) : 0,
        Math.round(whole / 2),
        whole,
        ...ahead.map(({ examples }) => examples),
      ]),
      yLabel: t(metricWords[metric]),
      ...(metric !== 'bits-per-byte' && {
        yRange: [0, 100] as const,
        yText: (y) => percent(locale, y / 100).replace(/[.,٫]0(?=\D|$)/, ''),
      }),
    })}
    <figcaption class="small soft">${t('forecast.plotSays')}</figcaption>
  </figure>`
}

/** Marks that do not stand on each other's numbers. */
function apart(marks: readonly number[]): readonly number[] {
  const sorted = [...new Set(marks)].sort((a, b) => a - b)
  const reach = sorted.at(-1) ?? 0
  return sorted.filter((mark, i) => i === 0 || mark - (sorted[i - 1] as number) > reach / 8)
}

function backtestWords({ t, locale }: Visit, { backtest, metric }: ForecastCurve): string {
  if (backtest === null) return t('forecast.noBacktest')
  const { predicted, measured, examples, within80, within95 } = backtest
  const key = within80 ? 'forecast.backtestIn80' : within95 ? 'forecast.backtestIn95' : 'forecast.backtestOut'
  return t(key, {
    n: examples,
    predicted: scoreText(locale, metric, predicted.value),
    low: scoreText(locale, metric, predicted.band80[0]),
    high: scoreText(locale, metric, predicted.band80[1]),
    measured: scoreText(locale, metric, measured),
  })
}
