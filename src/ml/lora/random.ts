/** Random numbers that are the same everywhere for the same seed. Source: sfc32 (PractRand), Box–Muller. */

import { cos, log, sin } from '../exact-math.ts'

export interface Random {
  /** In [0, 1), 53 bits. */
  uniform(): number
  /** Mean 0, variance 1. */
  normal(): number
  /** A whole number in [0, below). */
  integer(below: number): number
}

/** A stream of its own for each seed (a non-negative safe integer) and purpose. */
export function randomFrom(seed: number, purpose: string): Random {
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`Seed ${seed} is not a whole number from 0 to 2^53 − 1.`)
  let [a, b, c, counter] = [fnv1a(purpose), seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0, 1]
  const next = (): number => {
    const t = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return t >>> 0
  }
  for (let i = 0; i < 15; i++) next()
  const uniform = (): number => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53
  let spare: number | null = null
  const normal = (): number => {
    if (spare !== null) {
      const value = spare
      spare = null
      return value
    }
    const radius = Math.sqrt(-2 * log(1 - uniform()))
    const angle = 2 * Math.PI * uniform()
    spare = radius * sin(angle)
    return radius * cos(angle)
  }
  return { uniform, normal, integer: (below) => Math.floor(uniform() * below) }
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** Fisher–Yates, in place. */
export function shuffle<T>(items: { readonly length: number; [index: number]: T }, random: Random): void {
  for (let i = items.length - 1; i > 0; i -= 1) {
    const j = random.integer(i + 1)
    const kept = items[i]!
    items[i] = items[j]!
    items[j] = kept
  }
}
