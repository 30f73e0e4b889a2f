/** What may stand in a comment, and whom it names. Pure. */

import { AppError } from '../../errors.ts'
import { checkText } from '../contributions/check-text.ts'
import { personLimits } from '../people/person.ts'
import { conversationLimits } from './thread.ts'

/** Markdown as it was written, in NFC with plain line ends. It is kept as text and never becomes HTML here. */
export function parseComment(input: string): string {
  return checked(input, 'The comment', conversationLimits.comment, 'Write something: an empty comment helps nobody.')
}

/** Why a comment was hidden or erased. */
export function parseReason(input: string): string {
  return checked(input, 'The reason', conversationLimits.reason, 'Say why: the reason stands where the comment stood.')
}

function checked(input: string, what: string, limit: number, whenEmpty: string): string {
  const { text, findings } = checkText(input.trim())
  if (text === '') throw new AppError('invalid', whenEmpty)
  if (text.length > limit) throw new AppError('invalid', `${what} has ${text.length} characters; at most ${limit} are kept.`)
  const error = findings.find(({ severity }) => severity === 'error')
  if (error) throw new AppError('invalid', `${what}: ${error.sentence}`)
  return text
}

/** Code in Markdown: fenced blocks, and spans between the same number of backticks. An @ in there names nobody. */
export const codePattern = /^(?<fence>`{3,}|~{3,})[^\n]*\n[\s\S]*?(?:^\k<fence>[^\n]*$|(?![\s\S]))|(?<ticks>`+)[\s\S]*?\k<ticks>(?!`)/gmu

/** A name after an @ that does not stand inside a word, an address or a path. */
export const mentionPattern = /(?<![\p{L}\p{M}\p{N}._@/-])@([\p{L}\p{N}][\p{L}\p{M}\p{N}._-]*)/gu

/** A dot may be part of a name or end a sentence, so "asha.k." may mean asha.k or asha: both, the longer first; none where it is too long for a name. */
export function namesMeant(written: string): readonly string[] {
  const full = written
    .normalize('NFC')
    .toLowerCase()
    .replace(/[._-]+$/u, '')
  if (full.length > personLimits.nameLength * 4) return []
  const parts = full.split('.')
  return parts.map((_, dropped) => parts.slice(0, parts.length - dropped).join('.'))
}

/** The names after an @, in order, each once, as `namesMeant` has them; whoever looks them up takes the first that there is. */
export function mentionsIn(text: string): readonly (readonly string[])[] {
  const found = new Map<string, readonly string[]>()
  for (const [, name] of text.replace(codePattern, ' ').matchAll(mentionPattern)) {
    const names = namesMeant(name as string)
    if (names[0] === undefined || found.has(names[0])) continue
    found.set(names[0], names)
    if (found.size === conversationLimits.mentions) break
  }
  return [...found.values()]
}
