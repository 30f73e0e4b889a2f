/** Reads example contents and provenance from what was offered. Pure: says what is wrong instead of throwing. */

import { describe, isRecord } from '../../formats/strict-json.ts'
import type { ChatMessage } from '../../trainers/trainer.ts'
import { exampleLimits, textsOf, type ExampleContent } from './example.ts'

/** What is wrong, as the rest of a row's sentence. */
export interface Problem {
  readonly check: 'schema' | 'size'
  readonly sentence: string
}

const schema = (sentence: string): Problem => ({ check: 'schema', sentence })

/** The content in its shape, with nothing besides; or the first thing that is wrong with it. */
export function parseContent(value: unknown): ExampleContent | Problem {
  const content = parseShape(value)
  if ('check' in content) return content
  const texts = textsOf(content)
  const characters = texts.reduce((sum, text) => sum + text.length, 0)
  if (characters > exampleLimits.characters)
    return {
      check: 'size',
      sentence: `The example has ${characters.toLocaleString('en')} characters; at most ${exampleLimits.characters.toLocaleString('en')} are taken. Split it.`,
    }
  return content
}

export function isProblem(value: ExampleContent | Problem): value is Problem {
  return 'check' in value
}

function parseShape(value: unknown): ExampleContent | Problem {
  if (!isRecord(value)) return schema(`An example is a JSON object, not ${describe(value)}.`)
  const { messages, prompt, completion, text, chosen, rejected } = value
  if (messages !== undefined) return parseMessages(messages)
  if (chosen !== undefined || rejected !== undefined)
    return fields({ prompt, chosen, rejected }, ({ prompt, chosen, rejected }) =>
      chosen === rejected
        ? schema('chosen and rejected are the same; a preference needs two different answers.')
        : { prompt, chosen, rejected },
    )
  if (completion !== undefined || prompt !== undefined) return fields({ prompt, completion }, (texts) => texts)
  if (text !== undefined) return fields({ text }, (texts) => texts)
  return schema('An example needs "messages", "prompt" with "completion", "text", or "prompt" with "chosen" and "rejected".')
}

function fields<Name extends string>(
  found: Record<Name, unknown>,
  make: (texts: Record<Name, string>) => ExampleContent | Problem,
): ExampleContent | Problem {
  for (const [name, value] of Object.entries(found)) {
    if (typeof value !== 'string') return schema(`${name} must be a text, not ${describe(value)}.`)
    if (value.trim() === '') return schema(`${name} is empty.`)
  }
  return make(found as Record<Name, string>)
}

function parseMessages(value: unknown): ExampleContent | Problem {
  if (!Array.isArray(value) || value.length === 0) return schema(`messages must be a list of turns, not ${describe(value)}.`)
  if (value.length > exampleLimits.turns)
    return { check: 'size', sentence: `The conversation has ${value.length} turns; at most ${exampleLimits.turns} are taken.` }
  const messages: ChatMessage[] = []
  for (const [i, turn] of (value as unknown[]).entries()) {
    const { role, content } = isRecord(turn) ? turn : {}
    if (role !== 'system' && role !== 'user' && role !== 'assistant')
      return schema(`Turn ${i + 1} has the role ${describe(role)}; system, user or assistant is needed.`)
    if (typeof content !== 'string' || content.trim() === '')
      return schema(`Turn ${i + 1} must have a text as content, not ${describe(content)}.`)
    if (role === 'system' && i > 0) return schema(`Turn ${i + 1} is the system's; it can only stand first.`)
    if (role !== 'system' && role === messages.at(-1)?.role)
      return schema(`Turns ${i} and ${i + 1} are both the ${role}'s; they must take turns.`)
    messages.push({ role, content })
  }
  if (messages.find(({ role }) => role !== 'system')?.role !== 'user') return schema("The conversation must begin with the user's turn.")
  if (messages.at(-1)?.role !== 'assistant') return schema("The last turn must be the assistant's: it is what is learned.")
  return { messages }
}
