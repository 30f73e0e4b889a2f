/** Plots that the server draws as SVG: intervals beside each other, and a line over time. Every plot has a title and says its figures in words for those who cannot see it. */

import { scaleLinear, scaleUtc } from 'd3-scale'
import { area, line } from 'd3-shape'
import { html, type Content, type Html } from '../markup.ts'
import { count, signed } from './figures.ts'
import type { Locale } from '../messages.ts'

export interface Interval {
  readonly label: string
  /** In points: 100 × the difference of shares. */
  readonly value: number
  readonly low: number
  readonly high: number
}

/** Better, worse, or not told apart from no change. */
export function verdictOf({ low, high }: Pick<Interval, 'low' | 'high'>): 'good' | 'bad' | 'undecided' {
  return low > 0 ? 'good' : high < 0 ? 'bad' : 'undecided'
}

/** Differences with their intervals around a line of no change; one row each. */
export function intervalPlot(locale: Locale, title: string, rows: readonly Interval[]): Html {
  const [width, rowHeight, left, right, top] = [640, 34, 12, 12, 24]
  const height = top + rows.length * rowHeight + 26
  const reach = Math.max(1, ...rows.flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)]))
  const x = scaleLinear([-reach, reach], [left, width - right]).nice()
  const said = rows.map(
    ({ label, value, low, high }) => `${label}: ${signed(locale, value)} (${signed(locale, low)} – ${signed(locale, high)})`,
  )
  return html`<svg class="plot" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}. ${said.join('; ')}">
    ${x
      .ticks(6)
      .map(
        (tick) =>
          html`<line class="${tick === 0 ? 'axis' : 'grid'}" x1="${x(tick)}" x2="${x(tick)}" y1="${top}" y2="${height - 22}" />
            <text x="${x(tick)}" y="${height - 8}" text-anchor="middle">${signed(locale, tick, 0)}</text>`,
      )}
    ${rows.map((row, i) => {
      const y = top + i * rowHeight + 22
      return html`<text x="${left}" y="${y - 8}">${row.label}: ${signed(locale, row.value)}</text>
        <g class="${verdictOf(row)}">
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
}

/** Measured points, and a line with a band where one is expected. */
export function linePlot(locale: Locale, { title, points, expected = [], xLabel, yLabel, yRange, xText }: LinePlot): Html {
  const [width, height, left, right, top, bottom] = [640, 280, 48, 12, 14, 40]
  const all = [...points, ...expected]
  const [xs, ys] = [all.map(({ x }) => Number(x)), all.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y])]
  const dates = all.some(({ x }) => x instanceof Date)
  const range: [number, number] = [left, width - right]
  const x = dates
    ? scaleUtc([new Date(Math.min(...xs)), new Date(Math.max(...xs))], range)
    : scaleLinear([Math.min(...xs), Math.max(...xs)], range)
  const y = scaleLinear(yRange ? [...yRange] : [Math.min(...ys), Math.max(...ys)], [height - bottom, top]).nice()
  const ticks: readonly (number | Date)[] = x.ticks(6)
  const text = xText ?? ((at) => (at instanceof Date ? at.toLocaleDateString(locale.tag, { dateStyle: 'medium' }) : count(locale, at)))
  const band = area<Point>(
    (p) => x(p.x),
    (p) => y(p.low ?? p.y),
    (p) => y(p.high ?? p.y),
  )(expected.filter(({ low }) => low !== undefined))
  const drawn = line<Point>(
    (p) => x(p.x),
    (p) => y(p.y),
  )
  const said = points.map((p) => `${p.label ?? text(p.x)}: ${count(locale, p.y)}`).join('; ')
  return html`<svg class="plot" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}. ${said}">
    ${y
      .ticks(5)
      .map(
        (tick) =>
          html`<line class="grid" x1="${left}" x2="${width - right}" y1="${y(tick)}" y2="${y(tick)}" />
            <text x="${left - 6}" y="${y(tick) + 4}" text-anchor="end">${count(locale, tick)}</text>`,
      )}
    ${ticks.map((tick) => html`<text x="${x(tick)}" y="${height - bottom + 16}" text-anchor="middle">${text(tick)}</text>`)}
    <text x="${width - right}" y="${height - 6}" text-anchor="end">${xLabel}</text>
    <text x="${left}" y="${top - 3}" text-anchor="start">${yLabel}</text>
    ${band && html`<path class="band" d="${band}" />`}
    ${expected.length > 1 && html`<path class="series" stroke-dasharray="5 4" d="${drawn(expected)}" />`}
    ${points.length > 1 && expected.length === 0 && html`<path class="series" d="${drawn(points)}" />`}
    ${points.map((p): Content => html`<circle class="dot" cx="${x(p.x)}" cy="${y(p.y)}" r="4"><title>${p.label ?? text(p.x)}: ${count(locale, p.y)}</title></circle>`)}
  </svg>`
}
