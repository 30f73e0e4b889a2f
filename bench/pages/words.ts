/** Made-up languages in real scripts, whose words are as unevenly used as those of real ones. */

export interface Language {
  readonly tag: string
  /** The n-th most frequent word. */
  word(rank: number): string
  sentence(random: () => number, words: number): string
}

const vocabulary = 20_000

/** @param first the first of `count` consonants in the script's block */
export function makeLanguage(tag: string, first: number, count: number, vowels: string): Language {
  const marks = [...vowels]
  const word = (rank: number): string => {
    const random = randomFrom(rank * 31 + first)
    const syllables = 2 + (rank > 200 ? Math.floor(random() * 3) : 0)
    return Array.from(
      { length: syllables },
      () => String.fromCodePoint(first + Math.floor(random() * count)) + marks[Math.floor(random() * marks.length)],
    ).join('')
  }
  const words = Array.from({ length: vocabulary }, (_, rank) => word(rank))
  // Zipf: the r-th word about 1/r as often as the first.
  const rankOf = (random: () => number) => Math.min(vocabulary - 1, Math.floor(vocabulary ** random() - 1))
  return {
    tag,
    word: (rank) => words[rank] as string,
    sentence: (random, length) => Array.from({ length }, () => words[rankOf(random)] as string).join(' '),
  }
}

/** mulberry32. */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
