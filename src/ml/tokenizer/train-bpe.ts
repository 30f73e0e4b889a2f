/** Trains a byte-level BPE vocabulary (Sennrich et al. 2016; bytes as in GPT-2) from texts. The same texts give the same vocabulary. */

export interface BpeOptions {
  /** Tokens in all: special tokens, the 256 bytes, whole characters and merges. */
  readonly vocabularySize: number
  /** Cuts a text into pieces that no merge crosses. Must match with the flags `gu`. */
  readonly pattern: RegExp
  /** Come first in the vocabulary, in this order, and are never produced by a merge. */
  readonly specialTokens: readonly string[]
  /**
   * Characters that must be one token each whatever their frequency, e.g. the digits of a script. Their bytes are merged before anything else,
   * from the left, so that they are whole wherever they stand.
   */
  readonly wholeCharacters: Iterable<string>
}

export interface BpeVocabulary {
  /** Token by id; special tokens as they are, others in GPT-2's printable form of bytes. */
  readonly tokens: readonly string[]
  /** In the order they are applied; left and right in printable form. */
  readonly merges: readonly (readonly [string, string])[]
}

/** GPT-2's printable character of every byte: printable Latin-1 stands for itself, the others move up to U+0100 and on. */
export const printableBytes: readonly string[] = (() => {
  const itself = (byte: number) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff)
  let next = 256
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(itself(byte) ? byte : next++))
})()

const encoder = new TextEncoder()

/** A text's UTF-8 bytes in GPT-2's printable form. */
export function printable(text: string): string {
  let result = ''
  for (const byte of encoder.encode(text)) result += printableBytes[byte] as string
  return result
}

/**
 * @returns fewer tokens than asked for where the texts have no pair left that occurs twice.
 * @throws RangeError where special tokens, bytes and whole characters alone exceed the vocabulary.
 */
export function trainBpe(texts: Iterable<string>, options: BpeOptions): BpeVocabulary {
  const tokens = [...options.specialTokens]
  const ids = new Map<string, number>()
  const add = (token: string): number => {
    const known = ids.get(token)
    if (known !== undefined) return known
    const id = tokens.push(token) - 1
    ids.set(token, id)
    return id
  }
  for (const byte of printableBytes) add(byte)

  const merges: (readonly [string, string])[] = []
  const first = new Map<number, number>()
  for (const character of [...new Set(options.wholeCharacters)].sort()) {
    const bytes = printable(character)
    let left = bytes[0] as string
    for (const right of [...bytes].slice(1)) {
      if (!ids.has(left + right)) {
        merges.push([left, right])
        const id = add(left + right)
        first.set(pairKey(ids.get(left) as number, ids.get(right) as number), id)
      }
      left += right
    }
  }
  if (tokens.length > options.vocabularySize) {
    throw new RangeError(
      `A vocabulary of ${options.vocabularySize} has no room for ${tokens.length} special tokens, bytes and whole characters.`,
    )
  }

  const words = countPieces(texts, options.pattern, ids, first)
  const pairs = new PairCounts(words)
  while (tokens.length < options.vocabularySize) {
    const best = pairs.mostFrequent(tokens)
    if (best === null) break
    const [left, right] = best
    merges.push([tokens[left] as string, tokens[right] as string])
    const id = add((tokens[left] as string) + (tokens[right] as string))
    pairs.merge(left, right, id)
  }
  return { tokens, merges }
}

/** Ids stay far below 2^16, so a pair fits a number. */
const pairKey = (left: number, right: number) => left * 65536 + right

interface Word {
  ids: number[]
  readonly count: number
}

/** Every different piece of the texts as byte ids, whole characters already merged, with how often it occurs. */
function countPieces(
  texts: Iterable<string>,
  pattern: RegExp,
  ids: ReadonlyMap<string, number>,
  first: ReadonlyMap<number, number>,
): Word[] {
  const counts = new Map<string, number>()
  for (const text of texts) for (const piece of text.match(pattern) ?? []) counts.set(piece, (counts.get(piece) ?? 0) + 1)
  return [...counts].map(([piece, count]) => {
    const word: number[] = []
    for (const byte of printable(piece)) {
      let id = ids.get(byte) as number
      // Whole characters are prefixes-first, so looking left as bytes arrive merges them as the merge list would.
      for (let merged; word.length > 0 && (merged = first.get(pairKey(word[word.length - 1] as number, id))) !== undefined;) {
        word.pop()
        id = merged
      }
      word.push(id)
    }
    return { ids: word, count }
  })
}

/** How often each pair of neighbours occurs, kept up to date as pairs are merged. */
class PairCounts {
  readonly #words: readonly Word[]
  readonly #counts = new Map<number, number>()
  readonly #where = new Map<number, Set<number>>()

  constructor(words: readonly Word[]) {
    this.#words = words
    words.forEach((word, index) => {
      this.#change(word, index, 1)
    })
  }

  #change(word: Word, index: number, sign: 1 | -1) {
    for (let i = 1; i < word.ids.length; i++) {
      const key = pairKey(word.ids[i - 1] as number, word.ids[i] as number)
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + sign * word.count)
      if (sign === 1) {
        let where = this.#where.get(key)
        if (where === undefined) this.#where.set(key, (where = new Set()))
        where.add(index)
      }
    }
  }

  /** The pair that occurs most; of several, the first in code unit order of its text, so that the result does not hang on map order. */
  mostFrequent(tokens: readonly string[]): [number, number] | null {
    let best = -1
    let most = 1
    for (const [key, count] of this.#counts) {
      if (count < most || count < 2) continue
      if (count > most || (best >= 0 && textOf(key, tokens) < textOf(best, tokens))) {
        best = key
        most = count
      }
    }
    return best < 0 ? null : [Math.floor(best / 65536), best % 65536]
  }

  merge(left: number, right: number, id: number) {
    const key = pairKey(left, right)
    for (const index of this.#where.get(key) ?? []) {
      const word = this.#words[index] as Word
      this.#change(word, index, -1)
      const merged: number[] = []
      for (let i = 0; i < word.ids.length; i++) {
        if (word.ids[i] === left && word.ids[i + 1] === right) {
          merged.push(id)
          i++
        } else merged.push(word.ids[i] as number)
      }
      word.ids = merged
      this.#change(word, index, 1)
    }
    this.#counts.delete(key)
    this.#where.delete(key)
  }
}

function textOf(key: number, tokens: readonly string[]): string {
  return `${tokens[Math.floor(key / 65536)] as string} ${tokens[key % 65536] as string}`
}
