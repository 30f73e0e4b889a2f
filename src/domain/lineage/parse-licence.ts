/** Reads SPDX licence expressions and says which words are not understood, and what was probably meant. */

import spdxParse from 'spdx-expression-parse'
import { AppError } from '../../errors.ts'
import { knownLicences, licenceAliases, termsOf, type LicenceTerms } from './licence-table.ts'

/** One licence of an expression, e.g. `GPL-2.0-only WITH Classpath-exception-2.0`. */
export interface LicenceLeaf {
  readonly id: string
  readonly exception: string | null
  readonly terms: LicenceTerms
}

export interface ParsedLicence {
  /** As SPDX writes it: one space between words, operators in capitals. */
  readonly expression: string
  /** Each way the holder offers it (`OR`): all licences of one way hold together (`AND`). */
  readonly ways: readonly (readonly LicenceLeaf[])[]
}

export const licenceLimits = {
  /** The longest expression on npm has about 300 characters. */
  expression: 500,
  /** `(a OR b) AND (c OR d) AND …` doubles with every term. */
  ways: 64,
} as const

/**
 * Reads an expression whose every licence has known terms. Throws `invalid` with the nearest suggestion for a typo, `NOASSERTION`, `NONE`, an
 * unknown `LicenseRef-…`, or an SPDX licence whose terms are not in the table.
 */
export function parseLicence(input: string): ParsedLicence {
  const text = input.trim()
  const shown = JSON.stringify(text.slice(0, 100))
  if (text === '') throw refusal('No licence is given.')
  if (text.length > licenceLimits.expression) throw refusal(`The licence ${shown}… is longer than ${licenceLimits.expression} characters.`)
  if (/^(NOASSERTION|NONE|unknown|other|proprietary)$/i.test(text))
    throw refusal(
      `The licence ${shown} says that nobody knows the terms, and nothing is trained on unknown terms. Ask whoever holds the rights.`,
    )
  let tree: spdxParse.Info
  try {
    tree = spdxParse(text)
  } catch (cause) {
    throw refusal(`The licence ${shown} is not an SPDX expression.`, suggestFor(text), cause)
  }
  return { expression: write(tree, null), ways: waysOf(tree) }
}

/** Whether parseLicence accepts it. */
export function isKnownLicence(input: string): boolean {
  try {
    parseLicence(input)
    return true
  } catch (error) {
    if (error instanceof AppError) return false
    throw error
  }
}

function waysOf(tree: spdxParse.Info): LicenceLeaf[][] {
  if ('license' in tree) return [[leafOf(tree)]]
  const [left, right] = [waysOf(tree.left), waysOf(tree.right)]
  const ways = tree.conjunction === 'or' ? [...left, ...right] : left.flatMap((a) => right.map((b) => [...a, ...b]))
  if (ways.length > licenceLimits.ways)
    throw refusal(`The licence expression offers more than ${licenceLimits.ways} choices; state the licences that were chosen instead.`)
  return ways
}

function leafOf(leaf: spdxParse.LicenseInfo): LicenceLeaf {
  const terms = termsOf(leaf.license)
  if (!terms) {
    const fact = leaf.license.includes('LicenseRef-')
      ? 'is a reference that is not known here'
      : 'is on the SPDX list, but its terms are not known here'
    throw refusal(`The licence ${leaf.license} ${fact}.`, suggestFor(leaf.license))
  }
  return { id: leaf.plus ? `${leaf.license}+` : leaf.license, exception: leaf.exception ?? null, terms }
}

/** The leaf as it stands in an expression. */
export function leafText(leaf: Pick<LicenceLeaf, 'id' | 'exception'>): string {
  return leaf.exception === null ? leaf.id : `${leaf.id} WITH ${leaf.exception}`
}

function write(tree: spdxParse.Info, around: 'and' | 'or' | null): string {
  if ('license' in tree) return leafText({ id: tree.plus ? `${tree.license}+` : tree.license, exception: tree.exception ?? null })
  const inner = `${write(tree.left, tree.conjunction)} ${tree.conjunction.toUpperCase()} ${write(tree.right, tree.conjunction)}`
  return tree.conjunction === 'or' && around === 'and' ? `(${inner})` : inner
}

/** The known licence that goes by this name, e.g. "Apache 2.0" or "CC BY-SA 4.0"; null where no name is quite that. */
export function licenceNamed(text: string): string | null {
  const key = looseKey(text)
  const alias = Object.hasOwn(licenceAliases, key) ? licenceAliases[key] : undefined
  return alias ?? knownLicences().find(({ id }) => looseKey(id) === key)?.id ?? null
}

/** The known licence that was probably meant; null where nothing is near. */
export function suggestLicence(text: string): string | null {
  const named = licenceNamed(text)
  if (named !== null) return named
  const key = looseKey(text)
  const ids = knownLicences().map((known) => known.id)
  let best: { id: string; distance: number } | null = null
  for (const id of ids) {
    const distance = editDistance(key, looseKey(id), 3)
    if (distance < (best?.distance ?? Math.min(4, key.length / 2))) best = { id, distance }
  }
  return best?.id ?? null
}

function suggestFor(text: string): string | null {
  const whole = suggestLicence(text)
  if (whole !== null || !/\s/.test(text)) return whole
  const words = text.split(/(\s+|[()])/)
  const mended = words.map((word) =>
    /^(AND|OR|WITH)$/i.test(word) ? word.toUpperCase() : /\w/.test(word) && !termsOf(word) ? (suggestLicence(word) ?? '?') : word,
  )
  return mended.includes('?') ? null : mended.join('')
}

/** Letters and digits alone, without what people add or leave out. */
function looseKey(text: string): string {
  return text
    .toLowerCase()
    .replace(/licenseref|licen[sc]e|version|creative\s*commons|scancode|community/g, (word) => (word.startsWith('creative') ? 'cc' : ''))
    .replace(/[^a-z0-9]/g, '')
    .replace(/^ccattribution/, 'ccby')
}

/** Levenshtein distance, or `limit` + 1 where it is larger. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return Math.min(row.at(-1) as number, limit + 1)
}

function refusal(fact: string, suggestion: string | null = null, cause?: unknown): AppError {
  const way = suggestion === null ? 'Use an SPDX expression such as CC-BY-4.0 or "MIT OR Apache-2.0".' : `Did you mean ${suggestion}?`
  return new AppError('invalid', `${fact} ${way}`, { cause })
}
