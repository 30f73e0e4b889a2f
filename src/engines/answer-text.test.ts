/** Streaming text: character and stop string boundaries, whatever way the bytes are cut. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AnswerText } from './answer-text.ts'
import type { TokenLogprob } from './engine.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const named = (token: string): TokenLogprob => ({ token, bytes: [...bytes(token)], logprob: -1, top: [] })

/** Pushes the pieces and gives what came out after each, and at the end. */
function stream(pieces: readonly Uint8Array[], stop: readonly string[]): { texts: string[]; tokens: string[]; stopped: boolean } {
  const answer = new AnswerText(stop)
  const outs = pieces.map((piece, i) => answer.push(piece, named(String(i))))
  outs.push(answer.finish())
  return {
    texts: outs.map((out) => out.text),
    tokens: outs.flatMap((out) => out.logprobs.map((entry) => entry.token)),
    stopped: answer.stopped,
  }
}

test('a character cut across tokens comes out whole, with the token that completes it', () => {
  const [a, b, c] = bytes('म')
  const { texts, tokens } = stream([Uint8Array.of(a!), Uint8Array.of(b!), Uint8Array.of(c!), bytes('!')], [])
  assert.deepEqual(texts, ['', '', 'म', '!', ''])
  assert.deepEqual(tokens, ['0', '1', '2', '3'])
})

test('bytes that are no character become U+FFFD, and an unfinished character at the end is left out', () => {
  assert.deepEqual(stream([Uint8Array.of(0xff), bytes('a')], []).texts.join(''), '\ufffda')
  assert.deepEqual(stream([Uint8Array.of(0xe0, 0xa4), bytes('a')], []).texts.join(''), '\ufffda')
  const cut = stream([bytes('a'), Uint8Array.of(0xe0, 0xa4)], [])
  assert.equal(cut.texts.join(''), 'a')
  assert.deepEqual(cut.tokens, ['0', '1'], 'its log-probability is still told')
})

test('what may become a stop string is held back, and given out when it does not', () => {
  assert.deepEqual(stream(['ab', 'ST', 'O', 'x', 'ST', 'OP', 'y'].map(bytes), ['STOP']).texts, ['ab', '', '', 'STOx', '', '', '', ''])
  assert.deepEqual(stream(['a', '\n', '\n'].map(bytes), ['\n\n']).texts, ['a', '', '', ''])
  assert.deepEqual(stream(['a', '\n'].map(bytes), ['\n\n']).texts, ['a', '', '\n'])
})

test('the earliest of several stop strings ends the text, and an empty one is none', () => {
  assert.equal(stream([bytes('one two three')], ['three', 'two', '']).texts.join(''), 'one ')
  assert.equal(stream([bytes('abc')], ['']).texts.join(''), 'abc')
})

test('tokens that only made the stop string are not told, one that also made text is', () => {
  assert.deepEqual(stream(['a', 'b S', 'TO', 'P'].map(bytes), ['STOP']).tokens, ['0', '1'])
})

test('any cutting gives the text up to the first stop string, and no beginning of one is ever shown early', () => {
  const alphabet = fc.constantFrom('a', 'b', 'स', 'ᱟ', '😀', '\n')
  fc.assert(
    fc.property(
      fc.array(alphabet, { maxLength: 30 }),
      fc.array(fc.array(alphabet, { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 20 }),
      (characters, stopCharacters, cuts) => {
        const text = characters.join('')
        const stop = stopCharacters.map((part) => part.join(''))
        const all = bytes(text)
        const pieces: Uint8Array[] = []
        for (let at = 0, i = 0; at < all.length; at += cuts[i++ % cuts.length]!) pieces.push(all.slice(at, at + cuts[i % cuts.length]!))
        const { texts, stopped } = stream(pieces, stop)
        const shown = texts.join('')
        for (const part of texts) assert.ok(part.isWellFormed())
        assert.ok(text.startsWith(shown))
        assert.ok(stop.every((word) => !shown.includes(word)))
        if (stop.every((word) => !text.includes(word))) assert.equal(shown, text)
        else {
          assert.ok(stopped)
          assert.ok(stop.some((word) => text.startsWith(word, shown.length)))
        }
      },
    ),
  )
})
