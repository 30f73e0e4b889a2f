/** Plots that the server draws as SVG: intervals beside each other, and a line over time. Every plot has a title and says its figures in words for those who cannot see it. */

import { scaleLinear, scaleUtc } from 'd3-scale'
import { area, line } from 'd3-shape'
import { html, type Content, type Html } from '../markup.ts'
import { count, signed } from './figures.ts'
import type { Locale } from '../messages.ts'

export interface Interval {
  readonly label: string
  /** In points: 100 × the difference of shares; or in the unit that the title names. */
  readonly value: number
  readonly low: number
  readonly high: number
}

export interface IntervalStyle {
  /** Digits behind the point of what is said; 1 where nothing is said. */
  readonly digits?: number
  /** What counts as better: less, for bits per byte. */
  readonly better?: 'more' | 'less'
}

/** Better, worse, or not told apart from no change. */
export function verdictOf({ low, high }: Pick<Interval, 'low' | 'high'>, better: 'more' | 'less' = 'more'): 'good' | 'bad' | 'undecided' {
  const [up, down] = better === 'more' ? (['good', 'bad'] as const) : (['bad', 'good'] as const)
  return low > 0 ? up : high < 0 ? down : 'undecided'
}

/** Differences with their intervals around a line of no change; one row each. */
export function intervalPlot(locale: Locale, title: string, rows: readonly Interval[], style: IntervalStyle = {}): Html {
  const { digits = 1, better = 'more' } = style
  const [width, rowHeight, left, right, top] = [640, 46, 12, 12, 10]
  const height = top + rows.length * rowHeight + 34
  const widest = Math.max(...rows.flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)]))
  // A plot of tiny differences must not make them look large: at least ten times the last digit shown.
  const reach = Math.max(10 ** (1 - digits), Number.isFinite(widest) ? widest : 0)
  const x = scaleLinear([-reach, reach], [left + 14, width - right - 14]).nice()
  const tickDigits = reach >= 5 ? 0 : Math.min(3, Math.ceil(1 - Math.log10(reach)))
  const said = rows.map(
    ({ label, value, low, high }) =>
      `${label}: ${signed(locale, value, digits)} (${signed(locale, low, digits)} – ${signed(locale, high, digits)})`,
  )
  return html`<svg class="plot" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}. ${said.join('; ')}">
    ${x
      .ticks(6)
      .map(
        (tick) =>
          html`<line class="${tick === 0 ? 'axis' : 'grid'}" x1="${x(tick)}" x2="${x(tick)}" y1="${top}" y2="${height - 26}" />
            <text x="${x(tick)}" y="${height - 9}" text-anchor="middle">${signed(locale, tick, tickDigits)}</text>`,
      )}
    ${rows.map((row, i) => {
      const y = top + i * rowHeight + 34
      return html`<text class="label" x="${left}" y="${y - 11}">${row.label}: ${signed(locale, row.value, digits)}</text>
        <g class="${verdictOf(row, better)}">
          <line x1="${x(row.low)}" x2="${x(row.high)}" y1="${y}" y2="${y}" stroke-width="3" />
          <circle cx="${x(row.value)}" cy="${y}" r="5" />
        </g>`
    })}
  </svg>`
}

export interface Point {
  readonly x: number | Date
  readonly y: number
  readonly low?: number
  readonly high?: number
  readonly label?: string
}

export interface LinePlot {
  readonly title: string
  readonly points: readonly Point[]
  /** A second line with its band, e.g. what is expected. */
  readonly expected?: readonly Point[]
  readonly xLabel: string
  readonly yLabel: string
  readonly yRange?: readonly [number, number]
  readonly xText?: (x: number | Date) => string
  readonly yText?: (y: number) => string
  /** Where the x axis is marked; chosen where nothing is said. */
  readonly xTicks?: readonly (number | Date)[]
  /** What is said instead of every single point, where there are hundreds; they are then drawn without dots. */
  readonly summary?: string
}

/** Measured points, with whiskers where their interval is known, and a line with a band where one is expected. */
export function linePlot(locale: Locale, plot: LinePlot): Html {
  const { title, points, expected = [], xLabel, yLabel, yRange, summary } = plot
  const [width, height, left, right, top, bottom] = [640, 290, 64, 16, 34, 52]
  const all = [...points, ...expected]
  const [xs, ys] = [all.map(({ x }) => Number(x)), all.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y])]
  const dates = all.some(({ x }) => x instanceof Date)
  const range: [number, number] = [left + (summary === undefined ? 18 : 0), width - right - 14]
  const x = dates
    ? scaleUtc([new Date(Math.min(...xs)), new Date(Math.max(...xs))], range)
    : scaleLinear([Math.min(...xs), Math.max(...xs)], range)
  const y = scaleLinear(yRange ? [...yRange] : [Math.min(...ys), Math.max(...ys)], [height - bottom, top]).nice()
  const ticks: readonly (number | Date)[] = plot.xTicks ?? x.ticks(6)
  const text = plot.xText ?? ((at) => (at instanceof Date ? at.toLocaleDateString(locale.tag, { dateStyle: 'medium' }) : count(locale, at)))
  const yText = plot.yText ?? ((at) => count(locale, at))
  const band = area<Point>(
    (p) => x(p.x),
    (p) => y(p.low ?? p.y),
    (p) => y(p.high ?? p.y),
  )(expected.filter(({ low }) => low !== undefined))
  const drawn = line<Point>(
    (p) => x(p.x),
    (p) => y(p.y),
  )
  const sayPoint = (p: Point) => `${p.label ?? text(p.x)}: ${yText(p.y)}`
  const said = summary ?? points.map(sayPoint).join('; ')
  return html`<svg class="plot" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}. ${said}">
    ${y
      .ticks(5)
      .map(
        (tick) =>
          html`<line class="grid" x1="${left}" x2="${width - right}" y1="${y(tick)}" y2="${y(tick)}" />
            <text x="${left - 8}" y="${y(tick) + 4}" text-anchor="end">${yText(tick)}</text>`,
      )}
    ${ticks.map((tick) => html`<text x="${x(tick)}" y="${height - bottom + 20}" text-anchor="middle">${text(tick)}</text>`)}
    <text class="label" x="${width - right}" y="${height - 8}" text-anchor="end">${xLabel}</text>
    <text class="label" x="4" y="18" text-anchor="start">${yLabel}</text>
    ${band && html`<path class="band" d="${band}" />`}
    ${expected.length > 1 && html`<path class="series" stroke-dasharray="5 4" d="${drawn(expected)}" />`}
    ${points.length > 1 && expected.length === 0 && html`<path class="series" d="${drawn(points)}" />`}
    ${
      summary === undefined &&
      points.map(
        (p): Content =>
          html`${
              p.low !== undefined &&
              p.high !== undefined &&
              html`<line class="whisker" x1="${x(p.x)}" x2="${x(p.x)}" y1="${y(p.low)}" y2="${y(p.high)}" />`
            }<circle class="dot" cx="${x(p.x)}" cy="${y(p.y)}" r="4"><title>${sayPoint(p)}</title></circle>`,
      )
    }
  </svg>`
}
