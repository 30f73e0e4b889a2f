/**
 * A saturating power law through a few measured errors: e(n) = c + a·n^(−b), with a plateau c ≥ 0, a reducible part a ≥ 0 and 0 < b ≤ 2. Pure.
 *
 * For a given b the law is linear in c and a, so each b has one best pair, found in closed form; only b is searched, over the whole of its range. So there
 * is no starting point to get wrong and no local minimum to be caught in.
 */

export interface PowerLaw {
  /** The error that no amount of data of this kind takes away. */
  readonly plateau: number
  /** The error at one example, above the plateau. */
  readonly reducible: number
  readonly exponent: number
}

export interface WeighedPoint {
  readonly examples: number
  readonly error: number
  /** Of `error`; its inverse is the point's weight. */
  readonly variance: number
}

/** Below the first, ten times the data would take away less than 5 % of what can be taken away; steeper than the second nobody has seen a law. */
export const exponents = { least: 0.02, most: 2 } as const

/** Steps of the search over b, evenly on a logarithmic scale, and of the refinement around the best. */
const steps = 48
const refinements = 12
const golden = (Math.sqrt(5) - 1) / 2

/** The error that the law expects of this many examples. */
export function errorAt({ plateau, reducible, exponent }: PowerLaw, examples: number): number {
  return plateau + reducible * examples ** -exponent
}

/** Prepares a search for points at these sizes, to be done many times with other errors: what depends on sizes alone is computed once. */
export function powerLawFitter(examples: readonly number[]): (errors: Float64Array, variances: Float64Array) => PowerLaw {
  // Relative to the largest, so that powers stay near one.
  const largest = Math.max(...examples)
  const sizes = Float64Array.from(examples, (size) => size / largest)
  const grid = Array.from({ length: steps + 1 }, (_, step) => exponents.least * (exponents.most / exponents.least) ** (step / steps))
  const powers = grid.map((exponent) => raise(sizes, exponent, new Float64Array(sizes.length)))
  const tried = new Float64Array(sizes.length)
  return (errors, variances) => {
    let best = 0
    let least = Infinity
    for (let step = 0; step < grid.length; step++) {
      const { loss } = linearFit(powers[step]!, errors, variances)
      if (loss < least) [best, least] = [step, loss]
    }
    const exponent = refined(grid[Math.max(0, best - 1)]!, grid[Math.min(steps, best + 1)]!, grid[best]!, least, (at) => {
      return linearFit(raise(sizes, at, tried), errors, variances).loss
    })
    const { plateau, slope } = linearFit(raise(sizes, exponent, tried), errors, variances)
    return { plateau, reducible: slope * largest ** exponent, exponent }
  }
}

/** The law of least weighed squares. Wants at least three sizes; where the errors do not fall, the law is flat. */
export function fitPowerLaw(points: readonly WeighedPoint[]): PowerLaw {
  const fit = powerLawFitter(points.map(({ examples }) => examples))
  return fit(
    Float64Array.from(points, ({ error }) => error),
    Float64Array.from(points, ({ variance }) => variance),
  )
}

/** Σ (error − law)² / variance. */
export function misfitOf(law: PowerLaw, points: readonly WeighedPoint[]): number {
  return points.reduce((sum, { examples, error, variance }) => sum + (error - errorAt(law, examples)) ** 2 / variance, 0)
}

function raise(sizes: Float64Array, exponent: number, into: Float64Array): Float64Array {
  for (let i = 0; i < sizes.length; i++) into[i] = sizes[i]! ** -exponent
  return into
}

/** The best c and a for e ≈ c + a·u, neither below zero. */
function linearFit(
  u: Float64Array,
  errors: Float64Array,
  variances: Float64Array,
): { readonly plateau: number; readonly slope: number; readonly loss: number } {
  let [w, wu, we, wuu, wue] = [0, 0, 0, 0, 0]
  for (let i = 0; i < u.length; i++) {
    const weight = 1 / variances[i]!
    w += weight
    wu += weight * u[i]!
    we += weight * errors[i]!
    wuu += weight * u[i]! * u[i]!
    wue += weight * u[i]! * errors[i]!
  }
  const determinant = w * wuu - wu * wu
  let slope = determinant > 1e-12 * w * wuu ? (w * wue - wu * we) / determinant : 0
  if (slope < 0) slope = 0
  let plateau = (we - slope * wu) / w
  if (plateau < 0) {
    plateau = 0
    slope = Math.max(0, wue / wuu)
  }
  let loss = 0
  for (let i = 0; i < u.length; i++) loss += (errors[i]! - plateau - slope * u[i]!) ** 2 / variances[i]!
  return { plateau, slope, loss }
}

/** Golden-section search between two values around the best one known, which it never leaves for a worse one. */
function refined(low: number, high: number, best: number, least: number, lossOf: (exponent: number) => number): number {
  let [from, to] = [low, high]
  let [left, right] = [to - golden * (to - from), from + golden * (to - from)]
  let [lossLeft, lossRight] = [lossOf(left), lossOf(right)]
  for (let step = 0; step < refinements; step++) {
    if (lossLeft < lossRight) {
      ;[to, right, lossRight] = [right, left, lossLeft]
      left = to - golden * (to - from)
      lossLeft = lossOf(left)
    } else {
      ;[from, left, lossLeft] = [left, right, lossRight]
      right = from + golden * (to - from)
      lossRight = lossOf(right)
    }
  }
  const [found, loss] = lossLeft < lossRight ? [left, lossLeft] : [right, lossRight]
  return loss < least ? found : best
}
