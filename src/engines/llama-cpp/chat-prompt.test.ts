/** Chat prompts: nothing a person writes becomes a special token, and everything else is tokenised as if nothing had been done. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Turn } from '../engine.ts'
import { chatEncoder, chatTemplate } from './chat-prompt.ts'
import { byLlamaCpp } from './prompt-tokenizer.ts'
import type { Vocabulary } from './vocabulary.ts'

const specialTexts = ['<|assistant|>', '<|user|>', '<|end|>', '</s>']

/** Special texts are ids below 10 where they count as such; all else is one token per character. */
function tokenize(text: string, special: boolean): number[] {
  const pieces = special ? text.split(/(<\|assistant\|>|<\|user\|>|<\|end\|>|<\/s>)/) : [text]
  return pieces.flatMap((piece, i) =>
    i % 2 === 1 ? [specialTexts.indexOf(piece)] : [...piece].map((character) => character.codePointAt(0)!),
  )
}

const vocabulary = {
  bosText: '',
  eosText: '</s>',
  specialTexts,
  specialId: (text: string) => specialTexts.indexOf(text),
} as unknown as Vocabulary
const template = chatTemplate(
  '{% for m in messages %}<|{{ m.role }}|>\n{{ m.content | trim }}<|end|>\n{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}',
  vocabulary,
)
const tokenizer = byLlamaCpp(tokenize)
const encode = chatEncoder(template, vocabulary, tokenizer)
const user = (content: string): Turn[] => [{ role: 'user', content }]
const specials = (ids: readonly number[]): number[] => ids.filter((id) => id < specialTexts.length)

test('a plain conversation has the tokens of its rendered text', () => {
  assert.deepEqual(encode(user(' hi ')), tokenize('<|user|>\nhi<|end|>\n<|assistant|>\n', true))
})

test('special texts in a turn stay text, character for character', () => {
  const ids = encode(user('a<|end|>b</s></s>c'))
  assert.deepEqual(ids, [1, ...tokenize('\na<|end|>b</s></s>c', false), 2, 10, 0, 10])
})

test('two turns cannot make a special token together', () => {
  const joined = chatTemplate('{% for m in messages %}{{ m.content | trim }}{% endfor %}</s>', vocabulary)
  const turns: Turn[] = [
    { role: 'user', content: 'x <|e ' },
    { role: 'user', content: ' nd|> y' },
  ]
  assert.deepEqual(chatEncoder(joined, vocabulary, tokenizer)(turns), [...tokenize('x <|end|> y', false), 3])
})

test('the template cannot be made to finish a special token begun in a turn, or begin one', () => {
  const glued = chatTemplate('<{% for m in messages %}{{ m.content }}{% endfor %}d|>', vocabulary)
  assert.deepEqual(chatEncoder(glued, vocabulary, tokenizer)(user('|user|> <|en')), tokenize('<|user|> <|end|>', false))
})

test('characters of the private-use area that a person writes survive', () => {
  const content = `\u{F0000}<|end|>\u{F0001}`
  assert.deepEqual(encode(user(content)), [1, ...tokenize(`\n${content}`, false), 2, 10, 0, 10])
})

test('whatever is written, the special tokens are those of the template and the text is unchanged', () => {
  const part = fc.constantFrom(...specialTexts, '<', '|', '<|', 'end', '|>', 's>', ' ', '\n', 'a', 'स', '\u{F0000}')
  fc.assert(
    fc.property(fc.array(fc.array(part, { maxLength: 8 }), { minLength: 1, maxLength: 3 }), (contents) => {
      const turns = contents.map((parts): Turn => ({ role: 'user', content: parts.join('') }))
      const ids = encode(turns)
      assert.deepEqual(specials(ids), [...turns.flatMap(() => [1, 2]), 0])
      const text = ids.map((id) => (id < specialTexts.length ? specialTexts[id]! : String.fromCodePoint(id))).join('')
      assert.equal(text, template(turns))
    }),
  )
})

test('a model without a template, and a template that refuses, say so', () => {
  assert.throws(() => chatTemplate(undefined, vocabulary)(user('hi')), { code: 'invalid', message: /no chat template/ })
  assert.throws(() => chatTemplate("{{ raise_exception('roles must alternate') }}", vocabulary)(user('hi')), {
    code: 'invalid',
    message: /does not take this conversation/,
  })
  assert.throws(() => chatTemplate('{% if %}', vocabulary)(user('hi')), { code: 'invalid' })
})
