/** A GGUF's tokens as bytes. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GgufMetadata } from '../../formats/gguf.ts'
import { gguf } from '../../formats/gguf-write.ts'
import { byLlamaCpp } from './prompt-tokenizer.ts'
import { splitTokens } from './split-tokens.ts'
import { readVocabulary } from './vocabulary.ts'

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

function metadata(model: string, tokens: readonly string[], types: readonly number[], more: GgufMetadata = new Map()): GgufMetadata {
  return new Map([
    ['tokenizer.ggml.model', gguf.string(model)],
    ['tokenizer.ggml.tokens', gguf.strings(tokens)],
    ['tokenizer.ggml.token_type', gguf.int32s(types)],
    ...more,
  ])
}

const sentencePiece = readVocabulary(
  metadata('llama', ['<unk>', '<s>', '</s>', '<0xE0>', '▁a', 'b', 'c▁d'], [2, 3, 3, 6, 1, 1, 1]),
  'x.gguf',
)
const byteLevel = readVocabulary(
  metadata(
    'gpt2',
    ['<|end|>', 'Ġa', 'Ċ', 'à¤', '<tool>', 'b'],
    [3, 1, 1, 1, 4, 1],
    new Map([['tokenizer.ggml.eos_token_id', gguf.uint32(0)]]),
  ),
  'x.gguf',
)

test('SentencePiece tokens are spaces, bytes and text; a space in front of the text is the tokenizer’s own', () => {
  assert.equal(text(sentencePiece.bytesOf(4, false)), ' a')
  assert.equal(text(sentencePiece.bytesOf(4, true)), 'a')
  assert.equal(text(sentencePiece.bytesOf(6, true)), 'c d')
  assert.deepEqual([...sentencePiece.bytesOf(3, false)], [0xe0])
  assert.equal(sentencePiece.bytesOf(2, false).length, 0)
  assert.deepEqual([sentencePiece.begin, sentencePiece.start], [1, 1])
})

test('byte-level tokens are the bytes that GPT-2 prints otherwise', () => {
  assert.equal(text(byteLevel.bytesOf(1, true)), ' a')
  assert.equal(text(byteLevel.bytesOf(2, false)), '\n')
  assert.deepEqual([...byteLevel.bytesOf(3, false)], [0xe0, 0xa4])
  assert.equal(byteLevel.nameOf(3), '\ufffd')
  assert.equal(text(byteLevel.bytesOf(4, false)), '<tool>')
  assert.deepEqual([byteLevel.begin, byteLevel.start], [null, 0])
})

test('special tokens have a name but no text, longest first', () => {
  assert.equal(byteLevel.nameOf(0), '<|end|>')
  assert.deepEqual(sentencePiece.specialTexts, ['<unk>', '</s>', '<s>'])
  assert.equal(sentencePiece.specialId('</s>'), 2)
  assert.ok(sentencePiece.isSpecial(0) && !sentencePiece.isSpecial(3))
})

test('a tokenizer that is missing or of another kind is refused', () => {
  assert.throws(() => readVocabulary(new Map(), 'x.gguf'), /x\.gguf has a tokenizer of kind none/)
  assert.throws(() => readVocabulary(metadata('bert', ['a'], [1]), 'x.gguf'), /kind bert/)
  assert.throws(() => readVocabulary(metadata('gpt2', [], []), 'x.gguf'), /no list of tokens/)
})

const noTokens = byLlamaCpp(() => [])

test('a continuation begins at the first token that holds a byte of it', () => {
  const split = (tokens: readonly number[], context: string) => splitTokens(byteLevel, tokens, context, noTokens).from
  assert.equal(split([5, 1, 1], 'b a'), 2)
  assert.equal(split([5, 1, 1], 'b '), 1)
  assert.equal(split([5, 0, 5], 'b<|end|>'), 2)
  assert.deepEqual(splitTokens(byteLevel, [5, 1], '', noTokens), { tokens: [0, 5, 1], from: 1 })
  assert.deepEqual(splitTokens(sentencePiece, [1, 4, 5], 'a', noTokens), { tokens: [1, 4, 5], from: 2 })
})
