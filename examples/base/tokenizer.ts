/** The base's tokenizer: byte-level BPE with single digits, written as tokenizer.json and tokenizer_config.json. */

import { digitsOf, numberingSystems, scheduledLetters } from '../languages.ts'
import { printableBytes, trainBpe, type BpeVocabulary } from '../../src/ml/tokenizer/train-bpe.ts'
import { scheduledNames, type CorpusExample } from './corpus.ts'

export const vocabularySize = 4096
export const specialTokens = ['<|pad|>', '<|begin|>', '<|end|>', '<|system|>', '<|user|>', '<|assistant|>'] as const

/**
 * How text is cut before merging. llama.cpp implements exactly this as `tokenizer.ggml.pre = "qwen35"`: each digit alone, vowel signs and other
 * marks together with their letters.
 */
export const preTokenizerPattern = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`

export const chatTemplate =
  '{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}'

/** Trains on the corpus's questions and answers and on the names of countries and languages in the 22. */
export function trainTokenizer(examples: Iterable<CorpusExample>): BpeVocabulary {
  const texts: string[] = []
  for (const { messages } of examples) texts.push(messages[0].content, messages[1].content)
  const names = [...scheduledNames()]
  const whole = new Set([...numberingSystems.keys()].flatMap((system) => digitsOf(system)))
  // Names alone miss letters that months and weekdays need, and a letter in pieces of bytes that no answer ever held is one that an adapter cannot write.
  for (const letter of scheduledLetters.flat()) whole.add(letter)
  for (const name of names) for (const character of name) if (character > '\u007f') whole.add(character)
  return trainBpe([...texts, ...names, ...names], {
    vocabularySize,
    pattern: new RegExp(preTokenizerPattern, 'gu'),
    specialTokens,
    wholeCharacters: [...whole].filter((character) => character > '\u007f'),
  })
}

/** tokenizer.json as the `tokenizers` library reads it. */
export function tokenizerJson({ tokens, merges }: BpeVocabulary): object {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: preTokenizerPattern }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: merges.map(([left, right]) => [left, right]),
    },
  }
}

export function tokenizerConfigJson(contextLength: number): object {
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: '<|begin|>',
    eos_token: '<|end|>',
    pad_token: '<|pad|>',
    unk_token: null,
    add_bos_token: false,
    add_eos_token: false,
    clean_up_tokenization_spaces: false,
    model_max_length: contextLength,
    chat_template: chatTemplate,
  }
}

/** The tokens that are text by themselves, without spaces and special ones: what the copying drill draws from, so that each is read and written often. */
export function textPieces({ tokens }: BpeVocabulary): string[] {
  const byteOf = new Map(printableBytes.map((character, byte) => [character, byte]))
  const decoder = new TextDecoder('utf-8', { fatal: true })
  return tokens.slice(specialTokens.length).flatMap((token) => {
    try {
      const text = decoder.decode(Uint8Array.from(token, (character) => byteOf.get(character) as number))
      return /^[\p{L}\p{M}]+$/u.test(text) ? [text] : []
    } catch {
      return []
    }
  })
}
