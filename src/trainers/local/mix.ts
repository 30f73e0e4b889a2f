/** How often each example is seen in a pass, from a recipe's weights for sources. */

import { AppError } from '../../errors.ts'
import { randomFrom, shuffle } from '../../ml/lora/random.ts'

/** Collects a share for each example as it is read. */
export interface Shares {
  add(source: string | readonly string[] | undefined): void
  /** Throws `invalid` where the mix names a source that no example has, or leaves nothing. `name` is the file's. */
  taken(name: string): Float64Array
}

/** Sources listed in a refusal. */
const mostListed = 12

export function sharesOf(mix: Readonly<Record<string, number>>): Shares {
  const weights = new Map(Object.entries(mix))
  const missing = new Set(weights.keys())
  const seen = new Set<string>()
  const shares: number[] = []
  return {
    add(source) {
      let share = 1
      for (const name of source === undefined ? [] : typeof source === 'string' ? [source] : new Set(source)) {
        if (seen.size < mostListed) seen.add(name)
        missing.delete(name)
        share *= weights.get(name) ?? 1
      }
      shares.push(share)
    },
    taken(name) {
      const [absent] = missing
      if (absent !== undefined) {
        const known = seen.size
          ? `its examples name ${[...seen].join(', ')}${seen.size === mostListed ? ', …' : ''}`
          : 'its examples name none'
        throw new AppError('invalid', `The recipe's mix has "${absent}", but no example of ${name} is of that source; ${known}.`)
      }
      if (!shares.some((share) => share > 0) && shares.length > 0)
        throw new AppError('invalid', `The recipe's mix leaves no example of ${name}; give some source a weight above 0.`)
      return Float64Array.from(shares)
    },
  }
}

/**
 * The examples of one pass, ascending, those with a share of 2 twice. Of examples with the share 0.3 three of ten are seen, others in each pass; how
 * many does not depend on the pass.
 * @param pool ascending
 */
export function examplesOfPass(pool: Uint32Array, shares: Float64Array, seed: number, pass: number): Uint32Array {
  const seen: number[] = []
  /** By the fraction that their share has beyond its whole part. */
  const partly = new Map<number, number[]>()
  for (const example of pool) {
    const share = shares[example]!
    const whole = Math.floor(share)
    for (let i = 0; i < whole; i += 1) seen.push(example)
    if (share === whole) continue
    const alike = partly.get(share - whole)
    if (alike) alike.push(example)
    else partly.set(share - whole, [example])
  }
  for (const [fraction, examples] of [...partly].sort(([a], [b]) => a - b)) {
    shuffle(examples, randomFrom(seed, `mix of pass ${pass} at ${fraction}`))
    seen.push(...examples.slice(0, Math.round(fraction * examples.length)))
  }
  return Uint32Array.from(seen).sort()
}
