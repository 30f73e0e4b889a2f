/** From one example to token ids and what of them is learned. Pure, so that a browser can do it too. */

import { AppError } from '../../errors.ts'
import type { Tokenizer } from '../../ml/tokenizer/tokenizer.ts'
import type { TrainingContent } from '../trainer.ts'

/** Token ids of which the first `learnedUpTo` are learned. */
export interface Piece {
  readonly ids: readonly number[]
  readonly learnedUpTo: number
}

/** How this tokenizer turns an example into sequences of pieces: one, or the chosen and the rejected answer of a preference. */
export function exampleEncoder(tokenizer: Tokenizer, endIds: readonly number[]): (example: TrainingContent) => Piece[][] {
  const begin = beginTokens(tokenizer)
  const end = tokenizer.eosId ?? endIds[0]
  const ends = new Set(end === undefined ? endIds : [...endIds, end])
  const closing: Piece[] = end === undefined ? [] : [{ ids: [end], learnedUpTo: 1 }]
  const answered = (prompt: string, answer: string): Piece[] => {
    const [asked, given] = encodeInParts(tokenizer, [prompt, answer]) as [number[], number[]]
    return [{ ids: begin, learnedUpTo: 0 }, { ids: asked, learnedUpTo: 0 }, { ids: given, learnedUpTo: given.length }, ...closing]
  }
  const conversation = (messages: Conversation): Piece[] => {
    const parts = chatParts(tokenizer, messages)
    const encoded = encodeInParts(
      tokenizer,
      parts.map((part) => part.text),
    )
    const pieces = encoded.map((ids, i): Piece => {
      if (!parts[i]!.learned) return { ids, learnedUpTo: 0 }
      // What the template writes after the end of the turn (a line break, mostly) is never generated, so it is not learned.
      const lastEnd = ids.findLastIndex((id) => ends.has(id))
      return { ids, learnedUpTo: lastEnd === -1 ? ids.length : lastEnd + 1 }
    })
    const last = pieces.at(-1)
    const open = last !== undefined && parts.at(-1)!.learned && !last.ids.some((id) => ends.has(id))
    return open ? [...pieces, ...closing] : pieces
  }
  return (example) => {
    if ('messages' in example) return [conversation(example.messages)]
    if ('completion' in example) return [answered(example.prompt, example.completion)]
    if ('chosen' in example) return [answered(example.prompt, example.chosen), answered(example.prompt, example.rejected)]
    const ids = tokenizer.encode(example.text, { special: false })
    return [[{ ids: begin, learnedUpTo: 0 }, { ids, learnedUpTo: ids.length }, ...closing]]
  }
}

type Conversation = Extract<TrainingContent, { messages: unknown }>['messages']

/**
 * A conversation as the template renders it, split where the assistant begins and ends to speak. An assistant's turn begins where the prompt for it
 * ends, found by rendering the turns before it, and ends where the conversation up to it ends.
 */
function chatParts(tokenizer: Tokenizer, messages: Conversation): { text: string; learned: boolean }[] {
  const whole = tokenizer.renderChat(messages, { addGenerationPrompt: false })
  const parts: { text: string; learned: boolean }[] = []
  let reached = 0
  const upTo = (place: number, learned: boolean): void => {
    if (place > reached) parts.push({ text: whole.slice(reached, place), learned })
    reached = Math.max(reached, place)
  }
  for (const [i, message] of messages.entries()) {
    if (message.role !== 'assistant') continue
    const prompt = i === 0 ? '' : tokenizer.renderChat(messages.slice(0, i), { addGenerationPrompt: true })
    const answered = i === messages.length - 1 ? whole : tokenizer.renderChat(messages.slice(0, i + 1), { addGenerationPrompt: false })
    if (!whole.startsWith(prompt) || !whole.startsWith(answered)) {
      throw new AppError(
        'invalid',
        'The chat template of the base writes earlier turns differently once later ones follow, so the assistant’s part cannot be told; use prompt and completion.',
      )
    }
    upTo(prompt.length, false)
    upTo(answered.length, true)
  }
  upTo(whole.length, false)
  return parts
}

/**
 * Encodes texts that follow each other as one text, split at their borders: what the model sees when it has read the first and writes the second.
 * Where a token would cross a border, the parts are encoded by themselves.
 */
function encodeInParts(tokenizer: Tokenizer, texts: readonly string[]): number[][] {
  const parts: number[][] = []
  let text = ''
  let ids: readonly number[] = []
  for (const next of texts) {
    text += next
    const together = tokenizer.encode(text, { special: false })
    const fits = ids.every((id, i) => together[i] === id)
    const part = fits ? together.slice(ids.length) : tokenizer.encode(next, { special: false })
    parts.push(part)
    ids = fits ? together : [...ids, ...part]
  }
  return parts
}

/** The begin token where the tokenizer puts one before a text. */
function beginTokens(tokenizer: Tokenizer): readonly number[] {
  const first = tokenizer.encode('a', { special: true })[0]
  return first !== undefined && first === tokenizer.bosId && tokenizer.encode('a', { special: false })[0] !== first ? [first] : []
}

/** Why an example has nothing to learn, to be said of it. */
export function whatIsMissing(example: TrainingContent): string {
  if ('messages' in example) return 'the assistant says nothing in it'
  if ('chosen' in example) return 'one of its answers is empty'
  return 'prompt' in example ? 'its completion is empty' : 'its text is empty'
}
