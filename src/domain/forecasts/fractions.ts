/** Nested fractions of a dataset: each smaller one lies within each larger one, and anybody who has the dataset finds the same. Pure. */

import { createHash } from 'node:crypto'
import type { Digest } from '../../storage/blobs.ts'

/** A training that a forecast makes: on which share of the dataset, and on which of the possible choices of that share. */
export interface Fraction {
  readonly share: number
  /** 1 for those that are nested; 2 for another choice, with another seed, that tells how much luck there is in one. */
  readonly choice: number
}

export interface Member {
  readonly digest: Digest
  /** BCP 47: every fraction has each language in the proportion of the whole. */
  readonly language: string
}

/** What every forecast needs, in the order in which it is made: the cheap ones first, so that a forecast that cannot be made ends early. */
export const neededFractions: readonly Fraction[] = [1 / 8, 1 / 4, 1 / 2, 3 / 4, 1].map((share) => ({ share, choice: 1 }))

/** Made where the budget allows: small trainings vary most, and cost least. */
export const furtherFractions: readonly Fraction[] = [1 / 8, 1 / 4].map((share) => ({ share, choice: 2 }))

/** Below this an eighth would be a handful. */
export const fewestExamples = 64

/** Which members a fraction has: of each language the first, in an order that the digests and the choice decide and nobody else. */
export function chosen(members: Iterable<Member>, { share, choice }: Fraction): ReadonlySet<Digest> {
  const byLanguage = new Map<string, { digest: Digest; at: string }[]>()
  for (const { digest, language } of members) {
    const of = byLanguage.get(language) ?? []
    if (of.length === 0) byLanguage.set(language, of)
    of.push({ digest, at: createHash('sha256').update(`${choice} ${digest}`).digest('hex') })
  }
  const found = new Set<Digest>()
  for (const of of byLanguage.values()) {
    of.sort((a, b) => (a.at < b.at ? -1 : 1))
    for (const { digest } of of.slice(0, Math.round(share * of.length))) found.add(digest)
  }
  return found
}

export function sameFraction(a: Fraction, b: Fraction): boolean {
  return a.share === b.share && a.choice === b.choice
}

/** "1/8", "the whole". */
export function fractionName({ share, choice }: Fraction): string {
  if (share === 1) return 'the whole'
  const eighths = Math.round(share * 8)
  const name = eighths % 4 === 0 ? `${eighths / 4}/2` : eighths % 2 === 0 ? `${eighths / 2}/4` : `${eighths}/8`
  return choice === 1 ? name : `another ${name}`
}
