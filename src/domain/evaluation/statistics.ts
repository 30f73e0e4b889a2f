/**
 * The statistics a gate stands on: paired, over samples, seeded, so that anybody who has the samples gets the same numbers.
 *
 * A sample contributes `value / weight` to a score: a share has value 0 or 1 and weight 1, bits per byte have bits and bytes.
 * score = Σ value / Σ weight, and a difference = Σ (subject − baseline) / Σ weight.
 */

export interface PairedSample {
  readonly subject: number
  readonly baseline: number
  readonly weight: number
}

export type Interval = readonly [low: number, high: number]

/** Resamples of the bootstrap and flips of the test: at 5,000 the ends of an interval move by about 1 % of its width with the seed. */
export const resamples = 5000
const seed = 0x9e3779b9

/** z of the two-sided 95 %. */
const z95 = 1.959964
/** z of 95 % two-sided plus z of 80 % power: the smallest effect, in standard errors, that is found four times out of five. */
const zDetect = z95 + 0.841621

/** Uniform numbers in [0, 1) from a seed (mulberry32). Not for secrets. */
export function uniform(from: number): () => number {
  let state = from >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Wilson's 95 % interval of a share: holds for few samples and for shares of 0 and 1, where the normal one collapses. */
export function wilson(successes: number, samples: number): Interval {
  if (samples === 0) return [0, 1]
  const share = successes / samples
  const shrink = 1 + z95 ** 2 / samples
  const centre = (share + z95 ** 2 / (2 * samples)) / shrink
  const half = (z95 / shrink) * Math.sqrt((share * (1 - share)) / samples + z95 ** 2 / (4 * samples ** 2))
  return [Math.max(0, centre - half), Math.min(1, centre + half)]
}

export function difference(pairs: readonly PairedSample[]): number {
  return sum(pairs, (pair) => pair.subject - pair.baseline) / sum(pairs, (pair) => pair.weight)
}

/** 95 % percentile bootstrap of the difference, whole samples drawn with replacement. */
export function differenceInterval(pairs: readonly PairedSample[]): Interval {
  return ratioInterval(pairs.map((pair) => [pair.subject - pair.baseline, pair.weight]))
}

/**
 * The same for samples that are right or wrong. Where every sample changed in the same way, or none did, resampling knows only that one way and would claim
 * certainty; Wilson's bound says how many samples of another kind there may still be.
 */
export function shareDifferenceInterval(pairs: readonly PairedSample[]): Interval {
  const [first] = pairs
  if (first === undefined) return [Number.NaN, Number.NaN]
  const change = first.subject - first.baseline
  if (pairs.some(({ subject, baseline }) => subject - baseline !== change)) return differenceInterval(pairs)
  const others = 1 - wilson(pairs.length, pairs.length)[0]
  return [Math.max(-1, change - others), Math.min(1, change + others)]
}

/** 95 % percentile bootstrap of Σ value / Σ weight. */
export function ratioInterval(samples: readonly (readonly [value: number, weight: number])[]): Interval {
  if (samples.length === 0) return [Number.NaN, Number.NaN]
  const values = Float64Array.from(samples, ([value]) => value)
  const weights = Float64Array.from(samples, ([, weight]) => weight)
  const random = uniform(seed)
  const ratios = new Float64Array(resamples)
  for (let resample = 0; resample < resamples; resample++) {
    let value = 0
    let weight = 0
    for (let draw = 0; draw < values.length; draw++) {
      const index = Math.floor(random() * values.length)
      value += values[index]!
      weight += weights[index]!
    }
    ratios[resample] = value / weight
  }
  ratios.sort()
  return [quantile(ratios, 0.025), quantile(ratios, 0.975)]
}

/**
 * Two-sided paired sign-flip test: how often random swaps of subject and baseline within samples give a difference at least as large.
 * With fewer than six samples it cannot fall below 5 %, which is as it should be; a bootstrap of one sample would claim certainty.
 */
export function signFlipTest(pairs: readonly PairedSample[]): number {
  const differences = Float64Array.from(pairs, (pair) => pair.subject - pair.baseline).filter((one) => one !== 0)
  const observed = Math.abs(differences.reduce((total, one) => total + one, 0))
  const random = uniform(seed + 1)
  let atLeast = 0
  for (let flip = 0; flip < resamples; flip++) {
    let total = 0
    for (const one of differences) total += random() < 0.5 ? one : -one
    if (Math.abs(total) >= observed * (1 - 1e-12)) atLeast++
  }
  return (1 + atLeast) / (1 + resamples)
}

/**
 * The smallest true difference that this many samples would show four times out of five at 95 %.
 * `doubt` is the value by which one unseen disagreement would differ (1 for shares): one such pair is added, after Agresti and Min (2005),
 * so that perfect agreement on few samples does not read as perfect knowledge.
 */
export function smallestDetectable(pairs: readonly PairedSample[], doubt: number): number {
  const weight = sum(pairs, (pair) => pair.weight)
  const mean = difference(pairs)
  const squares = sum(pairs, (pair) => (pair.subject - pair.baseline - mean * pair.weight) ** 2)
  return (zDetect * Math.sqrt(squares + doubt ** 2)) / weight
}

/** @param sorted ascending @param share 0 to 1, interpolated between neighbours */
export function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1)
  const below = sorted[Math.floor(at)]!
  return below + (sorted[Math.ceil(at)]! - below) * (at - Math.floor(at))
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  let total = 0
  for (const item of items) total += of(item)
  return total
}
