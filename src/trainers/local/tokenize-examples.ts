/** From examples to token ids and loss marks, held in flat arrays so that hundreds of thousands of examples stay small. */

import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { AppError } from '../../errors.ts'
import type { Tokenizer } from '../../ml/tokenizer/tokenizer.ts'
import type { TrainingExample } from '../trainer.ts'
import { readExamples } from './read-examples.ts'

/** Tokens of all examples end to end. */
export interface TokenizedExamples {
  readonly count: number
  readonly tokens: Uint32Array
  /** 1 where the loss counts the token as one to predict; never on an example's first token. As long as `tokens`. */
  readonly learned: Uint8Array
  /** Where each example begins, and one more entry for the end. */
  readonly starts: Float64Array
  /** Positions the graph computes for each example: tokens less one, as the last token is only a target. */
  readonly lengths: Uint32Array
  /** Examples cut at maxLength. */
  readonly cut: number
  readonly lossTokens: number
  /** Of the file's bytes, hexadecimal. */
  readonly digest: string
}

/**
 * Reads and tokenises the whole file. Throws `invalid` on an empty file, a line that is no example, and examples in which nothing is left to learn.
 * @param endIds tokens that end a turn; the first of them closes a completion or text
 */
export async function tokenizeExamples(
  file: string,
  tokenizer: Tokenizer,
  options: { maxLength: number; endIds: readonly number[]; vocabSize: number; signal?: AbortSignal | undefined },
): Promise<TokenizedExamples> {
  const render = exampleEncoder(tokenizer, options.endIds)
  const hash = createHash('sha256')
  const tokens = new Growing((size) => new Uint32Array(size))
  const learned = new Growing((size) => new Uint8Array(size))
  const starts: number[] = [0]
  let cut = 0
  let lossTokens = 0
  const nothingToLearn: { line: number; fact: string }[] = []
  for await (const { line, example } of readExamples(file, { signal: options.signal, hash })) {
    const pieces = render(example)
    let length = 0
    let learnedHere = 0
    for (const piece of pieces) {
      for (const [i, id] of piece.ids.entries()) {
        if (length === options.maxLength) break
        if (id >= options.vocabSize) {
          throw new AppError(
            'invalid',
            `The tokenizer gives token ${id}, but the base has only ${options.vocabSize}; tokenizer.json and config.json do not belong together.`,
          )
        }
        const counts = length > 0 && i < piece.learnedUpTo
        tokens.push(id)
        learned.push(counts ? 1 : 0)
        learnedHere += counts ? 1 : 0
        length += 1
      }
    }
    const whole = pieces.reduce((sum, piece) => sum + piece.ids.length, 0)
    if (whole > options.maxLength) cut += 1
    if (learnedHere === 0) {
      const hadSome = pieces.some((piece, i) => piece.learnedUpTo > (i === 0 ? 1 : 0))
      nothingToLearn.push({
        line,
        fact: hadSome ? `nothing after it is cut at ${options.maxLength} of its ${whole} tokens` : whatIsMissing(example),
      })
    }
    lossTokens += learnedHere
    starts.push(tokens.length)
  }
  const name = basename(file)
  const first = nothingToLearn[0]
  if (first) {
    const more = nothingToLearn.length > 1 ? ` (and ${nothingToLearn.length - 1} more like it)` : ''
    throw new AppError(
      'invalid',
      `The example on line ${first.line} of ${name}${more} has nothing to learn from: ${first.fact}. Repair or remove it${first.fact.startsWith('nothing') ? ', or raise maxLength' : ''}.`,
    )
  }
  const count = starts.length - 1
  if (count === 0) throw new AppError('invalid', `The examples file ${name} is empty; give it at least one example.`)
  return {
    count,
    tokens: tokens.taken(),
    learned: learned.taken(),
    starts: Float64Array.from(starts),
    lengths: Uint32Array.from({ length: count }, (_, i) => starts[i + 1]! - starts[i]! - 1),
    cut,
    lossTokens,
    digest: hash.digest('hex'),
  }
}

/** Token ids of which the first `learnedUpTo` are learned. */
interface Piece {
  readonly ids: readonly number[]
  readonly learnedUpTo: number
}

/** How this tokenizer turns an example into pieces. Exported for tests, which read what is learned back as text. */
export function exampleEncoder(tokenizer: Tokenizer, endIds: readonly number[]): (example: TrainingExample) => Piece[] {
  const begin = beginTokens(tokenizer)
  const end = tokenizer.eosId ?? endIds[0]
  const ends = new Set(end === undefined ? endIds : [...endIds, end])
  const closing: Piece[] = end === undefined ? [] : [{ ids: [end], learnedUpTo: 1 }]
  return (example) => {
    if ('text' in example) {
      const ids = tokenizer.encode(example.text, { special: false })
      return [{ ids: begin, learnedUpTo: 0 }, { ids, learnedUpTo: ids.length }, ...closing]
    }
    if ('prompt' in example) {
      const parts = encodeInParts(tokenizer, [example.prompt, example.completion])
      return [
        { ids: begin, learnedUpTo: 0 },
        { ids: parts[0]!, learnedUpTo: 0 },
        { ids: parts[1]!, learnedUpTo: parts[1]!.length },
        ...closing,
      ]
    }
    const parts = chatParts(tokenizer, example.messages)
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
}

/**
 * A conversation as the template renders it, split where the assistant begins and ends to speak. An assistant's turn begins where the prompt for it
 * ends, found by rendering the turns before it, and ends where the conversation up to it ends.
 */
function chatParts(
  tokenizer: Tokenizer,
  messages: Extract<TrainingExample, { messages: unknown }>['messages'],
): { text: string; learned: boolean }[] {
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

function whatIsMissing(example: TrainingExample): string {
  if ('messages' in example) return 'the assistant says nothing in it'
  return 'prompt' in example ? 'its completion is empty' : 'its text is empty'
}

/** A typed array that grows. */
class Growing<T extends Uint32Array | Uint8Array> {
  readonly #make: (size: number) => T
  #values: T
  length = 0

  constructor(make: (size: number) => T) {
    this.#make = make
    this.#values = make(1 << 16)
  }

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = this.#make(this.length * 2)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.length] = value
    this.length += 1
  }

  taken(): T {
    return this.#values.slice(0, this.length) as T
  }
}
