/**
 * What an answer has to be like, from a few kinds of rule that are safe to take from anybody: fixed predicates with limits, no expressions and no code. Pure.
 */

import { describe, isRecord } from '../../formats/strict-json.ts'

/** All that are given have to hold. */
export interface AnswerRules {
  /** It is this text, in NFC and without surrounding white space. */
  readonly exactly?: string
  /** It has letters, and all of them are of these scripts (ISO 15924 codes, or Unicode's names). */
  readonly script?: readonly string[]
  /** It contains at least one of these, whatever the case. */
  readonly any?: readonly string[]
  /** It contains none of these, whatever the case. */
  readonly none?: readonly string[]
  /** It has at most so many characters as a reader counts them. */
  readonly most?: number
}

export const answerRuleLimits = {
  /** Phrases of one rule, and characters of one phrase: every answer is searched for each. */
  phrases: 50,
  phrase: 200,
  scripts: 4,
  /** Characters that `most` may allow; an answer is asked for at most `tokens` tokens, and longer ones cannot be told apart. */
  most: 2_000,
  /** Characters of `exactly`. */
  exactly: 2_000,
  /** Tokens an answer is asked for where no exact one is expected: room for `most` in scripts that take several tokens a character would be many times this. */
  tokens: 400,
} as const

const known = ['exactly', 'script', 'any', 'none', 'most'] as const

/** The rules, or a sentence that says what is wrong with them. */
export function parseAnswerRules(value: unknown): AnswerRules | string {
  if (!isRecord(value)) return `expect must be an object with ${known.join(', ')}, not ${describe(value)}.`
  const strange = Object.keys(value).find((key) => !(known as readonly string[]).includes(key))
  if (strange !== undefined) return `expect has ${JSON.stringify(strange.slice(0, 60))}; the rules there are: ${known.join(', ')}.`
  const { exactly, script, any, none, most } = value
  if (known.every((rule) => value[rule] === undefined)) return `expect names no rule; say at least one of ${known.join(', ')}.`
  if (exactly !== undefined && (typeof exactly !== 'string' || exactly.trim() === '' || exactly.length > answerRuleLimits.exactly))
    return `expect.exactly must be a text of 1 to ${answerRuleLimits.exactly} characters, not ${describe(exactly)}.`
  if (most !== undefined && (!Number.isInteger(most) || (most as number) < 1 || (most as number) > answerRuleLimits.most))
    return `expect.most must be a whole number from 1 to ${answerRuleLimits.most}, not ${describe(most)}.`
  const scripts = script === undefined ? undefined : [script].flat()
  if (scripts && (scripts.length === 0 || scripts.length > answerRuleLimits.scripts || !scripts.every(isScript)))
    return `expect.script must be 1 to ${answerRuleLimits.scripts} scripts such as Deva or Latn, not ${describe(script)}.`
  for (const [name, phrases] of Object.entries({ any, none }))
    if (phrases !== undefined && !arePhrases(phrases))
      return `expect.${name} must be 1 to ${answerRuleLimits.phrases} texts of at most ${answerRuleLimits.phrase} characters, not ${describe(phrases)}.`
  return {
    ...(exactly !== undefined && { exactly: exactly.normalize('NFC') }),
    ...(scripts && { script: scripts as string[] }),
    ...(any !== undefined && { any: (any as string[]).map((phrase) => phrase.normalize('NFC')) }),
    ...(none !== undefined && { none: (none as string[]).map((phrase) => phrase.normalize('NFC')) }),
    ...(most !== undefined && { most: most as number }),
  }
}

function isScript(name: unknown): boolean {
  if (typeof name !== 'string' || !/^[A-Za-z_]{3,40}$/.test(name)) return false
  try {
    return lettersOf(name) instanceof RegExp
  } catch {
    return false
  }
}

function arePhrases(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length >= 1 &&
    value.length <= answerRuleLimits.phrases &&
    value.every((phrase) => typeof phrase === 'string' && foldCase(phrase) !== '' && phrase.length <= answerRuleLimits.phrase)
  )
}

/** The name was checked to be letters alone, so this is a property and never an expression of somebody's own. */
const lettersOf = (script: string) => new RegExp(`\\p{Script=${script}}`, 'u')

const foldCase = (text: string) => text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim()

/** What of the rules the answer does not keep, as a sentence; null where it keeps all. */
export function brokenRule(rules: AnswerRules, answer: string): string | null {
  const said = answer.normalize('NFC').trim()
  if (rules.exactly !== undefined && said !== rules.exactly.normalize('NFC').trim()) return `It is not ${JSON.stringify(rules.exactly)}.`
  if (rules.script) {
    const letters = said.match(/\p{L}/gu) ?? []
    if (letters.length === 0) return `It has no letters of ${rules.script.join(' or ')}.`
    const scripts = rules.script.map(lettersOf)
    const other = letters.find((letter) => !scripts.some((script) => script.test(letter)))
    if (other !== undefined) return `It has the letter ${JSON.stringify(other)}, which is not of ${rules.script.join(' or ')}.`
  }
  const folded = foldCase(said)
  const found = rules.none?.find((phrase) => folded.includes(foldCase(phrase)))
  if (found !== undefined) return `It contains ${JSON.stringify(found)}.`
  if (rules.any && !rules.any.some((phrase) => folded.includes(foldCase(phrase))))
    return `It contains none of ${rules.any.map((phrase) => JSON.stringify(phrase)).join(', ')}.`
  if (rules.most !== undefined) {
    const characters = [...new Intl.Segmenter('und', { granularity: 'grapheme' }).segment(said)].length
    if (characters > rules.most) return `It has ${characters} characters, and at most ${rules.most} are wanted.`
  }
  return null
}

/** The rules as people read them. */
export function describeRules({ exactly, script, any, none, most }: AnswerRules): string {
  const quoted = (phrases: readonly string[]) => phrases.map((phrase) => JSON.stringify(phrase)).join(', ')
  return [
    exactly !== undefined && `is ${JSON.stringify(exactly)}`,
    script && `is written in ${script.join(' or ')}`,
    any && `contains one of ${quoted(any)}`,
    none && `contains none of ${quoted(none)}`,
    most !== undefined && `has at most ${most} characters`,
  ]
    .filter((part) => typeof part === 'string')
    .join(', ')
}
