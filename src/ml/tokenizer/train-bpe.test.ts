/** The vocabulary trainer against hand-worked merges, and its tokens against the tokenizers library on scripts of every byte length. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { printable, printableBytes, trainBpe, type BpeVocabulary } from './train-bpe.ts'
import { loadTokenizer } from './tokenizer.ts'

const pattern = String.raw`\p{N}| ?[\p{L}\p{M}]+|\s+|[^\s\p{L}\p{M}\p{N}]+`
const options = { vocabularySize: 300, pattern: new RegExp(pattern, 'gu'), specialTokens: ['<|end|>'], wholeCharacters: [] as string[] }

function tokenizerOf({ tokens, merges }: BpeVocabulary) {
  return loadTokenizer({
    tokenizer: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [{ id: 0, content: '<|end|>', single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }],
      normalizer: null,
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
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
        merges,
      },
    },
    config: { eos_token: '<|end|>' },
  })
}

test('the most frequent pair is merged first, and of equals the first in order', () => {
  const { merges } = trainBpe(['low low low', 'lower lower', 'newest newest newest newest'], { ...options, vocabularySize: 261 })
  // we: lower 2 + newest 4 = 6; then of the pairs that occur 5 or 4 times (lo 5: 3 low + 2 lower) lo.
  assert.deepEqual(merges.slice(0, 2), [
    ['w', 'e'],
    ['l', 'o'],
  ])
})

test('special tokens come first, then the 256 bytes', () => {
  const { tokens } = trainBpe(['aa aa'], options)
  assert.equal(tokens[0], '<|end|>')
  assert.deepEqual(tokens.slice(1, 257), printableBytes)
  assert.equal(new Set(printableBytes).size, 256)
})

test('training ends early where no pair occurs twice', () => {
  assert.equal(trainBpe(['abc'], options).tokens.length, 257)
})

test('a whole character is one token even if no text holds it, and digits never join', () => {
  const wholeCharacters = ['५', '߅', '᱕', 'é', 'क']
  const tokenizer = tokenizerOf(trainBpe(['2031 2031 2031', '२०३१ २०३१', 'ab ab'], { ...options, wholeCharacters }))
  for (const character of wholeCharacters) assert.equal(tokenizer.encode(character).length, 1, character)
  assert.equal(tokenizer.encode('2031').length, 4)
  assert.equal(tokenizer.encode('५५').length, 2)
})

test('a whole character stays whole inside words whose bytes are frequent otherwise', () => {
  const texts = Array.from({ length: 50 }, () => 'किताब कीमत नमक').concat(Array.from({ length: 50 }, () => 'বাংলা'))
  const trained = trainBpe(texts, { ...options, vocabularySize: 320, wholeCharacters: 'कितबीमनবালং' })
  const tokenizer = tokenizerOf(trained)
  for (const text of ['किताब', 'बकीना', 'বাংলা', 'কलম']) assert.equal(tokenizer.decode(tokenizer.encode(text)), text)
  for (const id of tokenizer.encode('तनमबक')) assert.ok(!tokenizer.decode([id]).includes('\uFFFD'))
})

test('every text survives encoding and decoding, whatever it was trained on', () => {
  const tokenizer = tokenizerOf(trainBpe(['Mittwoch, 5. März 2031', '2031年3月5日'], options))
  for (const text of ['½ ᱑᱒ 𞥑 \u200d\n\t\0', '👩‍👩‍👧', 'بدھ، 5 مارچ', '']) assert.equal(tokenizer.decode(tokenizer.encode(text)), text)
})

test('the same texts give the same vocabulary in any order of pieces with equal counts', () => {
  const texts = ['ab cd', 'ef gh', 'ab ef', 'cd gh']
  assert.deepEqual(trainBpe(texts, options), trainBpe([...texts].reverse(), options))
})

test('a vocabulary too small for what must be in it is refused', () => {
  assert.throws(() => trainBpe([], { ...options, vocabularySize: 256 }), /A vocabulary of 256 has no room for 257/)
})

test('the printable form is GPT-2’s', () => {
  assert.equal(printable(' é\n'), 'ĠÃ©Ċ')
})
