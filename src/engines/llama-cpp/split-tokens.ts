/** Where a continuation begins in tokens, when context and continuation were tokenised as one text. */

import { AppError } from '../../errors.ts'
import type { PromptTokenizer } from './prompt-tokenizer.ts'
import type { Vocabulary } from './vocabulary.ts'

/**
 * The first token that holds a byte of the continuation: one that crosses the border counts as continuation, for the model sees it whole.
 * @param tokens of context and continuation together, with the begin token where the model asks for one
 * @returns the tokens, with a start token in front where nothing else precedes the continuation, and the index of the continuation's first
 */
export function splitTokens(
  vocabulary: Vocabulary,
  tokens: readonly number[],
  context: string,
  tokenizer: Pick<PromptTokenizer, 'encode' | 'keepsBytes'>,
): { tokens: readonly number[]; from: number } {
  const from = firstAfter(vocabulary, tokens, context, tokenizer)
  if (from > 0) return { tokens, from }
  if (vocabulary.start === null)
    throw new AppError('invalid', 'This model has no begin token, so a text needs a context to be scored after.')
  return { tokens: [vocabulary.start, ...tokens], from: 1 }
}

function firstAfter(
  vocabulary: Vocabulary,
  tokens: readonly number[],
  context: string,
  tokenizer: Pick<PromptTokenizer, 'encode' | 'keepsBytes'>,
): number {
  const added =
    vocabulary.begin !== null && tokens[0] === vocabulary.begin && !context.startsWith(vocabulary.nameOf(vocabulary.begin)) ? 1 : 0
  if (context === '') return added
  const wanted = Buffer.byteLength(context)
  let reached = 0
  let afterSpecial = true
  for (let i = added; tokenizer.keepsBytes && i < tokens.length; i++) {
    const special = vocabulary.isSpecial(tokens[i]!)
    reached += special ? Buffer.byteLength(vocabulary.nameOf(tokens[i]!)) : vocabulary.bytesOf(tokens[i]!, afterSpecial).length
    afterSpecial = special
    if (reached > wanted) return i
  }
  // Bytes do not add up where a character has no token (unknown) or a token takes in spaces: then as far as the context's own tokens agree.
  const own = tokenizer.encode(context)
  let same = 0
  while (same < own.length && own[same] === tokens[added + same]) same++
  return Math.min(added + same, tokens.length - 1)
}
