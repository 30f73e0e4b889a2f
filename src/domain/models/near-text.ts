/**
 * Finds texts that are nearly the same: MinHash over 5-grams of letters with their marks, in bands for lookup, and the true similarity for judgement.
 *
 * Letters with their marks, because a letter of an Indic script is several code points; Intl.Segmenter would split as finely but takes ten times as long.
 * 60 hashes in 12 bands of 5 find 99 % of pairs that share
 * 80 % of their 5-grams (1 − (1 − 0.8⁵)¹²) and 20 % of those that share 45 %. See Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, chapter 3.
 */

import { createHash } from 'node:crypto'

const gram = 5
const bands = 12
const rowsPerBand = 5

export const nearTextLimits = {
  /** Letters of a text that are compared: two documents that agree so far are near enough. */
  letters: 20_000,
  /** Pairs this similar (shared 5-grams among all of both) are reported. */
  similarity: 0.85,
} as const

/** Fixed odd multipliers and offsets: signatures are stored, so they must never change. Numerical Recipes' 32-bit generator, seeded with 1. */
const mixers = (() => {
  let state = 1
  const next = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0)
  return Array.from({ length: bands * rowsPerBand }, () => [next() | 1, next()] as const)
})()

/** Text as it is compared: case, spacing, punctuation and invisible characters do not count. */
export function comparableText(text: string): string {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\p{Cf}/gu, '')
    .replace(/[\p{P}\p{Z}\p{Cc}]+/gu, ' ')
    .trim()
  return plain === '' ? text.trim() : plain
}

/** sha256 (hexadecimal) of the comparable text: equal keys are the same text to a reader. */
export function textKey(text: string): string {
  return createHash('sha256').update(comparableText(text)).digest('hex')
}

/** Hashes of the distinct 5-grams of letters; of the whole text where it is shorter. */
export function shinglesOf(text: string): Set<number> {
  // A letter takes a few code units at most, so that a long document is never split whole.
  const comparable = comparableText(text.slice(0, nearTextLimits.letters * 8))
  const parts = (comparable.match(/\P{M}\p{M}*|\p{M}+/gu) ?? []).slice(0, nearTextLimits.letters)
  const shingles = new Set<number>()
  if (parts.length < gram) shingles.add(fnv1a(comparable))
  for (let i = 0; i + gram <= parts.length; i++) shingles.add(fnv1a(parts.slice(i, i + gram).join('')))
  return shingles
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  // A final avalanche: FNV's low bits are weak, and minima are taken over them.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** One number below 2⁵³ for each band; texts that share one are candidates. */
export function bandsOf(shingles: ReadonlySet<number>): readonly number[] {
  const minima = new Uint32Array(bands * rowsPerBand).fill(0xffffffff)
  for (const shingle of shingles)
    for (let i = 0; i < minima.length; i++) {
      const [multiplier, offset] = mixers[i] as readonly [number, number]
      const mixed = (Math.imul(shingle, multiplier) + offset) >>> 0
      if (mixed < (minima[i] as number)) minima[i] = mixed
    }
  return Array.from({ length: bands }, (_, band) => {
    const rows = minima.subarray(band * rowsPerBand, (band + 1) * rowsPerBand)
    return createHash('sha256')
      .update(`${band}:${rows.join(',')}`)
      .digest()
      .readUIntBE(0, 6)
  })
}

/** Share of 5-grams two texts have in common, 0 to 1. */
export function similarity(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  const [small, large] = a.size <= b.size ? [a, b] : [b, a]
  let common = 0
  for (const shingle of small) if (large.has(shingle)) common++
  return common / (a.size + b.size - common)
}

/** The numbers in a text, in any script's digits. Two texts that differ in one ask different things, however similar they look. */
export function numbersIn(text: string): string {
  return (text.match(/\p{Nd}+/gu) ?? []).map((digits) => [...digits].map(digitValue).join('')).join(' ')
}

/** Every block of decimal digits holds ten in order and starts where the character before is none. */
function digitValue(digit: string): number {
  const code = digit.codePointAt(0) as number
  let value = 0
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value++
  // The mathematical digits stand in runs of fifty.
  return code >= 0x1d7ce && code <= 0x1d7ff ? (code - 0x1d7ce) % 10 : value
}

/** A text to compare others with; its 5-grams are worked out when first needed. */
export interface ComparedText {
  readonly text: string
  readonly numbers: string
  shingles(): ReadonlySet<number>
}

export function comparedText(text: string): ComparedText {
  let shingles: ReadonlySet<number> | undefined
  return { text, numbers: numbersIn(text), shingles: () => (shingles ??= shinglesOf(text)) }
}

/** Whether two texts are nearly the same to a reader. */
export function isNear(a: ComparedText, b: ComparedText): boolean {
  return a.numbers === b.numbers && similarity(a.shingles(), b.shingles()) >= nearTextLimits.similarity
}
