/** From examples to token ids and loss marks, held in flat arrays so that hundreds of thousands of examples stay small. */

import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { AppError } from '../../errors.ts'
import type { Tokenizer } from '../../ml/tokenizer/tokenizer.ts'
import { exampleEncoder, whatIsMissing, type Piece } from './encode-example.ts'
import { sharesOf, type Shares } from './mix.ts'
import { readExamples } from './read-examples.ts'

/** Tokens of all examples end to end. An example is one sequence, or two: the chosen and the rejected answer of a preference. */
export interface TokenizedExamples {
  readonly count: number
  readonly tokens: Uint32Array
  /** 1 where the loss counts the token as one to predict; never on a sequence's first token. As long as `tokens`. */
  readonly learned: Uint8Array
  /** Where each sequence begins, and one more entry for the end. */
  readonly starts: Float64Array
  /** The first sequence of each example, and one more entry for the end. */
  readonly sequences: Uint32Array
  /** Positions the graph computes for the longest sequence of each example: tokens less one, as the last token is only a target. */
  readonly lengths: Uint32Array
  /** How often each example is seen in a pass. */
  readonly shares: Float64Array
  /** Examples cut at maxLength. */
  readonly cut: number
  readonly lossTokens: number
  /** Of the file's bytes, hexadecimal. */
  readonly digest: string
}

/** Whether an example is a preference. */
export const isPreference = ({ sequences }: Pick<TokenizedExamples, 'sequences'>, example: number): boolean =>
  sequences[example + 1]! - sequences[example]! === 2

export interface TokenizeOptions {
  readonly maxLength: number
  /** Tokens that end a turn; the first of them closes a completion or text. */
  readonly endIds: readonly number[]
  readonly vocabSize: number
  /** As in a recipe. */
  readonly mix?: Readonly<Record<string, number>>
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads and tokenises the whole file. Throws `invalid` on an empty file, a line that is no example, examples in which nothing is left to learn, and a
 * mix of sources that no example has.
 */
export async function tokenizeExamples(file: string, tokenizer: Tokenizer, options: TokenizeOptions): Promise<TokenizedExamples> {
  const encode = exampleEncoder(tokenizer, options.endIds)
  const hash = createHash('sha256')
  const tokens = new Growing((size) => new Uint32Array(size))
  const learned = new Growing((size) => new Uint8Array(size))
  const starts: number[] = [0]
  const sequences: number[] = [0]
  const lengths: number[] = []
  const shares: Shares = sharesOf(options.mix ?? {})
  let cut = 0
  let lossTokens = 0
  const nothingToLearn: { line: number; fact: string }[] = []
  /** Appends one sequence, cut where it must be; says how many of its tokens are learned. */
  const append = (pieces: readonly Piece[]): number => {
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
    starts.push(tokens.length)
    return learnedHere
  }
  for await (const { line, example } of readExamples(file, { signal: options.signal, hash })) {
    let wasCut = false
    let longest = 0
    let fact: string | null = null
    for (const pieces of encode(example)) {
      const whole = pieces.reduce((sum, piece) => sum + piece.ids.length, 0)
      wasCut ||= whole > options.maxLength
      longest = Math.max(longest, Math.min(whole, options.maxLength) - 1)
      const learnedHere = append(pieces)
      lossTokens += learnedHere
      if (learnedHere > 0) continue
      const hadSome = pieces.some((piece, i) => piece.learnedUpTo > (i === 0 ? 1 : 0))
      fact ??= hadSome ? `nothing after it is cut at ${options.maxLength} of its ${whole} tokens` : whatIsMissing(example)
    }
    if (wasCut) cut += 1
    if (fact) nothingToLearn.push({ line, fact })
    lengths.push(longest)
    sequences.push(starts.length - 1)
    shares.add(example.source)
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
  if (lengths.length === 0) throw new AppError('invalid', `The examples file ${name} is empty; give it at least one example.`)
  return {
    count: lengths.length,
    tokens: tokens.taken(),
    learned: learned.taken(),
    starts: Float64Array.from(starts),
    sequences: Uint32Array.from(sequences),
    lengths: Uint32Array.from(lengths),
    shares: shares.taken(name),
    cut,
    lossTokens,
    digest: hash.digest('hex'),
  }
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
