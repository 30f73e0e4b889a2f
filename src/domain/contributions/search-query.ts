/** What people type to find examples, as the index understands it. Pure. */

import { AppError } from '../../errors.ts'
import { characterClasses, folded, searchLimits, wordsOf } from './search-words.ts'

/** One thing to look for: all its words have to be there. */
export interface SearchTerm {
  readonly words: readonly string[]
  /** Words that begin with the last one are meant too: endings carry the grammar in most languages here. */
  readonly prefix: boolean
  readonly not: boolean
}

/**
 * Terms are separated by spaces and all have to be found; "a phrase" means just these words, without other endings; -word must not be there.
 * Throws `invalid` for what is too long or excludes everything.
 */
export function parseSearch(text: string): readonly SearchTerm[] {
  if (text.length > searchLimits.query)
    throw new AppError('invalid', `The search has ${text.length} characters; at most ${searchLimits.query} are looked for. Shorten it.`)
  const typed = [...text.matchAll(/(-?)"([^"]*)"?|(\S+)/gu)].map(([whole, minus, quoted]) =>
    quoted === undefined
      ? { not: whole.startsWith('-') && whole.length > 1, text: whole, exact: false }
      : { not: minus === '-', text: quoted, exact: true },
  )
  const terms = typed.flatMap(({ not, text, exact }): SearchTerm[] => {
    const words = wordsOf(text)
    const last = words.at(-1)
    // A number is meant as it stands: 28 is not 2800. One letter begins half of all words.
    return last === undefined ? [] : [{ words, not, prefix: !exact && [...last].length > 1 && !/^\d+$/.test(last) }]
  })
  if (terms.length > searchLimits.terms)
    throw new AppError('invalid', `The search has ${terms.length} words; at most ${searchLimits.terms} are looked for. Leave some out.`)
  if (terms.length > 0 && terms.every(({ not }) => not))
    throw new AppError('invalid', 'The search only says what must not be there; add a word to look for.')
  return terms
}

/** Stands before every word of a query, in the place of the piece that is looked at. No word holds it. */
export const anyPiece = '\u0001'

/** The terms and the filter words as text of a tsquery; null where there is nothing to look for. */
export function tsqueryOf(terms: readonly SearchTerm[], filters: readonly string[]): string | null {
  const parts = terms.map(({ words, prefix, not }) => {
    const all = words.map((word, i) => lexeme(word) + (prefix && i === words.length - 1 ? ':*' : ''))
    return not ? `!(${all.join(' & ')})` : all.join(' & ')
  })
  const all = [...filters.map(lexeme), ...parts]
  return all.length === 0 ? null : all.join(' & ')
}

const lexeme = (word: string) => `'${anyPiece}${word.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`

/** Where in a text the terms are, as [start, end) in UTF-16, in order: for showing what was found. */
export function foundIn(text: string, terms: readonly SearchTerm[]): readonly (readonly [number, number])[] {
  const wanted = terms.filter(({ not }) => !not)
  const matches = (word: string) =>
    wanted.some(({ words, prefix }) => words.some((each, i) => (prefix && i === words.length - 1 ? word.startsWith(each) : word === each)))
  return [...text.matchAll(writtenWord)].flatMap((match) => {
    const words = wordsOf(match[0])
    if (words.length === 1) return matches(words[0] as string) ? [[match.index, match.index + match[0].length] as const] : []
    const characters = [...match[0]]
    let at = match.index
    const found: [number, number][] = []
    for (const [i, character] of characters.entries()) {
      const next = characters[i + 1]
      if (next !== undefined && matches(folded(character + next))) found.push([at, at + character.length + next.length])
      at += character.length
    }
    return joined(found)
  })
}

/** Joiners are folded away; in the text as it was written they stand within words. */
const writtenWord = new RegExp(`${characterClasses.unspaced}+|(?:${characterClasses.spaced}|[\\u200c\\u200d])+`, 'gv')

function joined(ranges: readonly [number, number][]): readonly (readonly [number, number])[] {
  const all: [number, number][] = []
  for (const [start, end] of ranges) {
    const last = all.at(-1)
    if (last && start <= last[1]) last[1] = Math.max(last[1], end)
    else all.push([start, end])
  }
  return all
}
