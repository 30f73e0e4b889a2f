/** The languages the examples are about: the 22 scheduled languages of India, which communities teach, and the world languages the base is made from. */

import { scheduledTags } from './scheduled-tags.ts'

export { scheduledTags }

export interface ScheduledLanguage {
  /** BCP 47 tag. */
  readonly tag: string
  /** English name as CLDR has it, used in prompts. */
  readonly name: string
  /** English name of the script that CLDR writes the language in. */
  readonly script: string
}

const englishLanguages = new Intl.DisplayNames('en', { type: 'language' })
const englishScripts = new Intl.DisplayNames('en', { type: 'script' })

/** A language's English name, as prompts call it. */
export function languageName(tag: string): string {
  return englishLanguages.of(tag) ?? tag
}

export const scheduledLanguages: readonly ScheduledLanguage[] = scheduledTags.map((tag) => {
  const script = new Intl.Locale(tag).maximize().script ?? 'Zyyy'
  return { tag, name: languageName(tag), script: englishScripts.of(script) ?? script }
})

/**
 * World languages the base learns its tasks in. None is one of the 22, none is written in Devanagari. Those with digits of their own by default
 * come twice as often: they are few, and telling digits by the language is what the 22 need most.
 */
export const worldTags: readonly string[] =
  'af am ar az be bg br bs ca cs cy da de el en es et eu fi fil fo fr fy ga gl he hr hu hy id is it ja ka kk km ko ky lo lt lv mk mn ms nb nl pl pt ro ru si sk sl so sq sr sv sw th ti tk tr uk uz vi zh'.split(
    ' ',
  )
export const worldTagsWithOwnDigits: readonly string[] = 'ar-EG ckb dz fa fa-AF my ps'.split(' ')

/** Numbering systems by CLDR key, with the name prompts use. Their digits are one token each. */
export const numberingSystems: ReadonlyMap<string, string> = new Map([
  ['latn', 'Latin'],
  ['deva', 'Devanagari'],
  ['beng', 'Bengali'],
  ['gujr', 'Gujarati'],
  ['guru', 'Gurmukhi'],
  ['knda', 'Kannada'],
  ['mlym', 'Malayalam'],
  ['orya', 'Odia'],
  ['tamldec', 'Tamil'],
  ['telu', 'Telugu'],
  ['olck', 'Ol Chiki'],
  ['mtei', 'Meitei'],
  ['arab', 'Arabic'],
  ['arabext', 'Persian'],
  ['khmr', 'Khmer'],
  ['laoo', 'Lao'],
  ['mymr', 'Myanmar'],
  ['thai', 'Thai'],
  ['tibt', 'Tibetan'],
  ['mong', 'Mongolian'],
  ['nkoo', 'N’Ko'],
  ['fullwide', 'full-width'],
])

/** The ten digits of a numbering system, zero first. */
export function digitsOf(system: string): readonly string[] {
  const format = new Intl.NumberFormat(`en-u-nu-${system}`, { useGrouping: false })
  return Array.from({ length: 10 }, (_, digit) => format.format(digit))
}

/** Scripts that CLDR writes the 22 in, by their Unicode name. */
const scheduledScripts = [
  'Bengali', 'Devanagari', 'Gujarati', 'Gurmukhi', 'Kannada', 'Malayalam', 'Ol_Chiki', 'Oriya', 'Tamil', 'Telugu',
] // prettier-ignore

/**
 * Letters and marks of the scripts of the 22, from Unicode's own properties: a script's characters, whether or not a name happens to hold them.
 * Arabic is cut to its basic block, where Kashmiri, Sindhi and Urdu have their letters.
 */
export const scheduledLetters: readonly (readonly string[])[] = [
  ...scheduledScripts.map((script) => charactersLike(new RegExp(`^(?=[\\p{L}\\p{M}])\\p{Script=${script}}$`, 'u'), 0x0900, 0x1cff)),
  charactersLike(/^[\p{L}\p{M}]$/u, 0x0620, 0x06d3),
]

function charactersLike(pattern: RegExp, first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => String.fromCodePoint(first + index)).filter((character) =>
    pattern.test(character),
  )
}
