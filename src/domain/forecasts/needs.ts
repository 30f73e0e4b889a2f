/** Where help is most needed: what is still wrong, and how much of it more examples of the same kind would take away. Pure. */

import type { ForecastCurve, Need } from './forecast.ts'

const kinds = ['more', 'other', 'enough'] as const satisfies readonly Need['kind'][]

/**
 * Topics and languages; a suite whose samples name no topic stands for one. First those where more examples like those that are there still help, the largest
 * gain first; then those that more of the same does not mend; then those where little is left to see. Shares come before bits per byte, which do not compare.
 */
export function needsOf(curves: readonly ForecastCurve[]): Need[] {
  const withTopics = new Set(curves.filter(({ by }) => by === 'topic').map(({ suite }) => suite.id))
  return curves
    .filter(({ by, suite }) => by !== 'suite' || !withTopics.has(suite.id))
    .map(needOf)
    .sort(
      (a, b) =>
        kinds.indexOf(a.kind) - kinds.indexOf(b.kind) ||
        unit(a) - unit(b) ||
        (a.kind === 'more' ? b.gain.value - a.gain.value : b.left - a.left),
    )
}

function needOf(curve: ForecastCurve): Need {
  const { by, label, suite, metric, points, next, smallestDetectable, verdict } = curve
  const now = Math.max(...points.map(({ examples }) => examples))
  const whole = points.find(({ examples }) => examples === now)!
  const { gain } = next.find(({ more }) => more === 1000)!
  const left = metric === 'bits-per-byte' ? whole.score : 1 - whole.score
  const kind = verdict === 'seen-all' ? 'enough' : verdict === 'unmoved' || gain.band95[1] < smallestDetectable ? 'other' : 'more'
  return { by, label, suite: suite.name, metric, kind, left, gain }
}

const unit = ({ metric }: Need) => (metric === 'bits-per-byte' ? 1 : 0)
