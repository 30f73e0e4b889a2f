/**
 * Sine, cosine and natural logarithm from additions and multiplications alone, which are the same bits on every processor. Those of Math come from C, which a
 * compiler may round otherwise: their last bits differ between x64 and ARM, and a training run would end with other bytes.
 * Source: fdlibm's kernels (k_sin.c, k_cos.c, e_log.c); within 2e-16 of the numbers themselves for angles up to a million.
 */

/** π/2 in three parts, of which whole multiples up to 2²⁰ of the first two are exact. */
const [first, second, third] = [1.57079632673412561417, 6.0771005063039659766e-11, 2.02226624879595063154e-21]

const sine = [
  -1.66666666666666324348e-1, 8.33333333332248946124e-3, -1.98412698298579493134e-4, 2.75573137070700676789e-6, -2.50507602534068634195e-8,
  1.58969099521155010221e-10,
]
const cosine = [
  4.16666666666666019037e-2, -1.38888888888741095749e-3, 2.48015872894767294178e-5, -2.75573143513906633035e-7, 2.0875723212981748279e-9,
  -1.13596475577881948265e-11,
]
const logarithm = [
  6.66666666666673513e-1, 3.999999999940941908e-1, 2.857142874366239149e-1, 2.222219843214978396e-1, 1.818357216161805012e-1,
  1.531383769920937332e-1, 1.479819860511658591e-1,
]

/** c₀ + c₁z + c₂z² + … */
const polynomial = (coefficients: readonly number[], z: number): number => coefficients.reduceRight((sum, c) => sum * z + c, 0)

/** @param x radians, at most a million; larger ones lose digits */
export const sin = (x: number): number => turned(x, 0)
/** @param x radians, at most a million; larger ones lose digits */
export const cos = (x: number): number => turned(x, 1)

/** The sine `quarters` quarter turns further on. */
function turned(x: number, quarters: number): number {
  const n = Math.round(x / (Math.PI / 2))
  const rest = x - n * first - n * second - n * third
  const square = rest * rest
  switch ((((n + quarters) % 4) + 4) % 4) {
    case 0:
      return sineOf(rest, square)
    case 1:
      return cosineOf(square)
    case 2:
      return -sineOf(rest, square)
    default:
      return -cosineOf(square)
  }
}

const sineOf = (x: number, square: number): number => x + x * square * polynomial(sine, square)
const cosineOf = (square: number): number => 1 - (0.5 * square - square * square * polynomial(cosine, square))

/** @param x above 0 and not denormal */
export function log(x: number): number {
  let [exponent, mantissa] = [0, x]
  // Doubling and halving are exact; few are needed for numbers near 1.
  for (; mantissa > Math.SQRT2; mantissa *= 0.5) exponent += 1
  for (; mantissa < Math.SQRT1_2; mantissa *= 2) exponent -= 1
  const f = mantissa - 1
  const s = f / (2 + f)
  const z = s * s
  const half = 0.5 * f * f
  return (
    exponent * 6.9314718036912381649e-1 - (half - (s * (half + z * polynomial(logarithm, z)) + exponent * 1.90821492927058770002e-10) - f)
  )
}
