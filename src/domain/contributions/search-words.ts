/**
 * Takes texts apart into the words they are found by, in any script. Pure.
 *
 * Not Postgres's own parsers and stemmers: what is a letter to them depends on the locale of the database, and stemmers differ between its versions, so the
 * same dataset could be found differently embedded and on a server. A word here is a run of letters, marks and
 * digits, folded; scripts that write no spaces are taken apart into overlapping pairs of characters.
 */

/** Counts up whenever the same text would be taken apart differently: indexes of another version are made again. */
export const wordsVersion = 1

export const searchLimits = {
  /** Distinct words of one example that it is found by; a tsvector holds a megabyte. */
  words: 5_000,
  /** Characters of a word; longer ones are found by their beginning. */
  word: 64,
  query: 500,
  terms: 20,
} as const

/** Scripts without spaces between words. */
const unspaced = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}`
/** Character classes, for expressions with the flag v. */
export const characterClasses = { unspaced: `[${unspaced}]`, spaced: String.raw`[[\p{L}\p{M}\p{N}]--[${unspaced}]]` } as const
const wordPattern = new RegExp(`${characterClasses.unspaced}+|${characterClasses.spaced}+`, 'gv')
const isUnspaced = new RegExp(`^[${unspaced}]`, 'v')

/** Joiners and other invisible characters, accents of the alphabets that have them, Arabic vowel signs and tatweel, nuktas: people leave them out. */
const unwritten =
  // Single code points, each alone: that they would combine is the point.
  // eslint-disable-next-line no-misleading-character-class
  /[\u00ad\u034f\u200b-\u200f\u2060\ufeff\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u093c\u09bc\u0a3c\u0abc\u0b3c\u0c3c\u0cbc\u{1133c}]/gu

/** One letter that keyboards write in several ways. */
const same: Readonly<Record<string, string>> = { ي: 'ی', ى: 'ی', ك: 'ک', ه: 'ہ', ة: 'ہ', ۃ: 'ہ', ۀ: 'ہ', ە: 'ہ', أ: 'ا', إ: 'ا', ٱ: 'ا' }
const sameLetters = new RegExp(`[${Object.keys(same).join('')}]`, 'gu')

/** The zeros of decimal digits that are not 0, each followed by its one to nine. */
const zeros = [
  0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0,
  0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0,
]
const digits = new Map(zeros.flatMap((zero) => Array.from({ length: 10 }, (_, i) => [String.fromCodePoint(zero + i), String(i)] as const)))

/** The same for everything that people take for the same text: case, accents, joiners, ways to write a letter, digits of any script. */
export function folded(text: string): string {
  return text
    .normalize('NFKD')
    .replace(unwritten, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(sameLetters, (letter) => same[letter] as string)
    .replace(/\p{Nd}/gu, (digit) => digits.get(digit) ?? digit)
}

/** The words of a text in their order, repetitions included. */
export function wordsOf(text: string): string[] {
  return (folded(text).match(wordPattern) ?? []).flatMap((run) => (isUnspaced.test(run) ? pairs(run) : run.slice(0, searchLimits.word)))
}

/** Overlapping pairs; a single character is itself. */
function pairs(run: string): string[] {
  const characters = [...run]
  if (characters.length === 1) return characters
  return characters.slice(1).map((character, i) => (characters[i] as string) + character)
}

/** What an example is filtered by. Held in the same index as its words, so that both are answered at once. */
export interface FilterValues {
  readonly language: string
  readonly origin: string
  readonly licence: string
  /** Id of a person; 0 for the operator. */
  readonly contributor: number
}

/** No word begins with a colon. */
export function filterWord(field: keyof FilterValues, value: string | number): string {
  return `:${field} ${value}`
}

/**
 * Examples in the order they came, so many to a piece. A piece's words are told apart from those of all others, as if each piece had an index of its own:
 * a search looks at one piece after the other and stops when it has enough, and the beginning of a word is looked up among the words of that piece alone.
 */
export const pieceSize = 16_384

/** What a word begins with in the index. */
export function pieceOf(modelId: number, place: number): string {
  return `${modelId}.${Math.floor(place / pieceSize)} `
}

/** Everything one standing example is found by. */
export function searchWords(texts: readonly string[], filters: FilterValues): string[] {
  const found = new Set<string>()
  for (const text of texts) {
    for (const word of wordsOf(text)) {
      found.add(word)
      if (found.size >= searchLimits.words) break
    }
    if (found.size >= searchLimits.words) break
  }
  // mr-Latn is also found as mr.
  const languages = [filters.language, filters.language.split('-')[0] as string]
  return [
    ...found,
    ...new Set(languages.map((language) => filterWord('language', language))),
    filterWord('origin', filters.origin),
    filterWord('licence', filters.licence),
    filterWord('contributor', filters.contributor),
  ]
}
