/**
 * Trust: what became of a person's accepted work, as one number from 0 to 1 that errs on the low side. Pure; there is no other input.
 *
 *   good = Σ  size(n) · share · (½ + ½ · min(1, age / 14)) · fade(age)     over contributions that were accepted, `share` being what of them still stands
 *   bad  = Σ  size(n) · share · cost · fade(age)                           over what others took back (cost 2) or corrected (cost ½)
 *        + Σ  fade(age)                                                    over rejected contributions, whatever their size
 *
 *   size(n) = min(3, log₂(1 + n))    for a contribution of n changes: seven examples count as much as seven thousand
 *   fade(age) = 2^(−age / half-life) ages in days
 *
 *   trust = lower end of Wilson's interval for good of good + bad, z = 1.645: where the share of good work lies, with 95 % confidence, at least
 *         = (p + z²/2N − z·√(p(1 − p)/N + z²/4N²)) / (1 + z²/N)           with N = good + bad, p = good / N; 0 where N is 0
 *
 * More good work never lowers it, more bad never raises it, and waiting raises it only while accepted work is younger than 14 days.
 */

export type TrustEventKind = 'standing' | 'reverted' | 'corrected' | 'rejected'

/** What became of one contribution, or of a part of it. */
export interface TrustEvent {
  readonly kind: TrustEventKind
  readonly contribution: number
  /** The contribution that took this part back or corrected it; null where it stands or was rejected. */
  readonly by: number | null
  /** So many changes … */
  readonly changes: number
  /** … of the contribution's. */
  readonly of: number
  /** Accepted, taken back, corrected or rejected then. */
  readonly at: Date
}

export interface CountedEvent extends TrustEvent {
  readonly ageDays: number
  readonly counts: 'good' | 'bad'
  readonly weight: number
}

export interface Trust {
  /** 0 to 1. */
  readonly value: number
  readonly good: number
  readonly bad: number
  readonly events: readonly CountedEvent[]
}

export const trustConstants = {
  /** One-sided 95 %. */
  z: 1.645,
  /** Work counts in full once it has stood so long; half of that from the day it is accepted. */
  standingDays: 14,
  mostSize: 3,
  costs: { reverted: 2, corrected: 0.5, rejected: 1 },
} as const

/** The formula for people, as "trust" prints it. */
export function trustFormula(halfLifeDays: number): readonly string[] {
  const { z, standingDays, mostSize, costs } = trustConstants
  return [
    `trust = lower end of Wilson's interval for good of (good + bad), z = ${z}`,
    `good = sum over accepted contributions: size × share still standing × (½ + ½ × min(1, age / ${standingDays})) × fade`,
    `bad = sum over what others took back: size × share × ${costs.reverted} × fade; corrected: size × share × ${costs.corrected} × fade; over rejected contributions: ${costs.rejected} × fade`,
    `size = min(${mostSize}, log2(1 + changes)); fade = 2^(−age / ${halfLifeDays}); ages in days`,
  ]
}

/** @param events in any order; those from after `now` count as of now */
export function trustFrom(events: readonly TrustEvent[], now: Date, halfLifeDays: number): Trust {
  const counted = events.map((event) => countEvent(event, now, halfLifeDays))
  const sum = (side: CountedEvent['counts']) => counted.reduce((total, { counts, weight }) => total + (counts === side ? weight : 0), 0)
  const [good, bad] = [sum('good'), sum('bad')]
  return { value: wilsonLower(good, bad), good, bad, events: counted }
}

function countEvent(event: TrustEvent, now: Date, halfLifeDays: number): CountedEvent {
  const { standingDays, mostSize, costs } = trustConstants
  const ageDays = Math.max(0, (now.getTime() - event.at.getTime()) / 86_400_000)
  const fade = 2 ** (-ageDays / halfLifeDays)
  const part = Math.min(mostSize, Math.log2(1 + event.of)) * (event.changes / event.of)
  switch (event.kind) {
    case 'standing':
      return { ...event, ageDays, counts: 'good', weight: part * (0.5 + 0.5 * Math.min(1, ageDays / standingDays)) * fade }
    case 'reverted':
    case 'corrected':
      return { ...event, ageDays, counts: 'bad', weight: part * costs[event.kind] * fade }
    case 'rejected':
      return { ...event, ageDays, counts: 'bad', weight: costs.rejected * fade }
  }
}

/** The lower end of Wilson's score interval for a share of `good` in `good + bad`, which need not be whole numbers. */
export function wilsonLower(good: number, bad: number, z: number = trustConstants.z): number {
  const n = good + bad
  if (!(n > 0)) return 0
  const p = good / n
  const lower = (p + z ** 2 / (2 * n) - z * Math.sqrt((p * (1 - p)) / n + z ** 2 / (4 * n ** 2))) / (1 + z ** 2 / n)
  // Rounding may leave −1e−17 where good is 0.
  return Math.min(1, Math.max(0, lower))
}
