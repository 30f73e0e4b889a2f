/** A conversation to text by the model's own template, and to tokens such that nothing a person wrote becomes a special token. */

import { Template } from '@huggingface/jinja'
import { AppError, sentenceOf } from '../../errors.ts'
import type { Turn } from '../engine.ts'
import type { PromptTokenizer } from './prompt-tokenizer.ts'
import type { Vocabulary } from './vocabulary.ts'

export type ChatTemplate = (turns: readonly Turn[]) => string

/** @param source Jinja, as in `tokenizer.chat_template` of the GGUF; undefined for a model without one. */
export function chatTemplate(source: string | undefined, vocabulary: Pick<Vocabulary, 'bosText' | 'eosText'>): ChatTemplate {
  if (source === undefined) {
    return () => {
      throw new AppError(
        'invalid',
        'This model has no chat template, so it cannot hold a conversation; ask it to continue a text instead (completions).',
      )
    }
  }
  let template: Template | undefined
  return (turns) => {
    try {
      template ??= new Template(source)
      return template.render({
        messages: turns.map(({ role, content }) => ({ role, content })),
        add_generation_prompt: true,
        bos_token: vocabulary.bosText,
        eos_token: vocabulary.eosText,
      })
    } catch (cause) {
      throw new AppError('invalid', `The model’s chat template does not take this conversation: ${sentenceOf(cause)}`, { cause })
    }
  }
}

/**
 * Makes the function from a conversation to its tokens. Special tokens of the template become their ids; the same characters in a turn's content
 * stay text. Where no content holds any, the tokens are those of the rendered text as a whole.
 *
 * Contents are marked before rendering rather than tokenised apart, because templates trim, compare and cut them, and because words are split
 * across the border between template and content.
 */
export function chatEncoder(
  template: ChatTemplate,
  vocabulary: Vocabulary,
  tokenizer: Pick<PromptTokenizer, 'encode' | 'encodePieces'>,
): (turns: readonly Turn[]) => number[] {
  const { specialTexts } = vocabulary
  const special = specialTexts.length === 0 ? null : new RegExp(`(${specialTexts.map((text) => RegExp.escape(text)).join('|')})`, 'u')
  const parts = properParts(specialTexts)
  return (turns) => {
    const mark = unusedCharacter(turns)
    const marked = turns.map(({ role, content }) => ({ role, content: special ? breakSpecial(content, special, parts, mark) : content }))
    if (!special || marked.every(({ content }, i) => content === turns[i]!.content)) return tokenizer.encode(template(turns))
    // Splitting at a group puts what matched it at the odd places.
    const pieces = template(marked).split(special)
    return tokenizer.encodePieces(pieces.map((text, i) => (i % 2 === 1 ? vocabulary.specialId(text) : text.replaceAll(mark, ''))))
  }
}

/** A private-use character that no turn holds. */
function unusedCharacter(turns: readonly Turn[]): string {
  for (let code = 0xf0000; ; code++) {
    const character = String.fromCodePoint(code)
    if (!turns.some(({ content }) => content.includes(character))) return character
  }
}

interface Parts {
  readonly beginnings: ReadonlySet<string>
  readonly ends: ReadonlySet<string>
  readonly longest: number
}

function properParts(texts: readonly string[]): Parts {
  const cuts = texts.flatMap((text) =>
    Array.from({ length: text.length - 1 }, (_, i) => [text.slice(0, i + 1), text.slice(i + 1)] as const),
  )
  return {
    beginnings: new Set(cuts.map(([beginning]) => beginning)),
    ends: new Set(cuts.map(([, end]) => end)),
    longest: Math.max(0, ...texts.map((text) => text.length - 1)),
  }
}

/**
 * Puts the mark inside every special text in the content, and inside what could become one together with what stands before or after the
 * content (an end `<|us` followed by a beginning `er|>`).
 */
function breakSpecial(content: string, special: RegExp, parts: Parts, mark: string): string {
  let broken = content
  for (let found = special.exec(broken); found; found = special.exec(broken)) broken = insert(broken, found.index + 1, mark)
  // Templates trim contents, so the edges that count are those of the trimmed text.
  const end = broken.trimEnd()
  for (let length = Math.min(parts.longest, end.length); length > 0; length--) {
    if (!parts.beginnings.has(end.slice(-length))) continue
    broken = insert(broken, end.length - length + 1, mark)
    break
  }
  const begin = broken.length - broken.trimStart().length
  for (let length = Math.min(parts.longest, broken.length - begin); length > 0; length--) {
    if (!parts.ends.has(broken.slice(begin, begin + length))) continue
    return insert(broken, begin + length - 1, mark)
  }
  return broken
}

function insert(text: string, at: number, mark: string): string {
  return text.slice(0, at) + mark + text.slice(at)
}
