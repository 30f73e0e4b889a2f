import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { differenceLimits, differenceOf, wordsOf } from './difference.ts'

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' })
const boundaries = (text: string) => new Set([...graphemes.segment(text)].map(({ index }) => index).concat(text.length))

/** Letters, vowel signs, viramas, joiners and marks of several scripts, in any order: also what no keyboard would make. */
const characters = fc.constantFrom(
  ...[...'कखगघमनरलषक्षज्ञािीुूेैोौं़ँ्।१२ '],
  ...[...'বাংলাক্ষ্রো தமிழ்நாடுக்ஷொ తెలుగుక్ష్మి ಕನ್ನಡಕ್ಷೋ മലയാളംക്ഷൗ ଓଡ଼ିଆକ୍ଷୋ ગુજરાતીક્ષૌ ਪੰਜਾਬੀਸ਼੍ਰੌ'],
  ...[...'اردوپاکستانًٌٍَُِّ ۔، ᱥᱟᱱᱛᱟᱲᱤ ꯃꯤꯇꯩꯂꯣꯟ꯭ ႁမြန်မာ ไทยเป็นกำ ខ្មែរ'],
  ...['\u0600', '\u06dd', '\u{110bd}', '\u200d', '\u200c', '\n', '\r\n', ' ', 'e\u0301', '👩🏽‍🌾', '🇮🇳', '🇮', 'a', 'b', '.', '\u0d4e'],
)
const text = fc.array(characters, { maxLength: 24 }).map((all) => all.join(''))

test('no part of a difference begins or ends inside a grapheme, and the parts are the two texts', () => {
  fc.assert(
    fc.property(text, text, fc.constantFrom('hi', 'ur', 'ta', 'th', 'sat', null), (before, after, tag) => {
      const parts = differenceOf(before, after, tag)
      for (const [side, other] of [[before, 'added'] as const, [after, 'removed'] as const]) {
        const own = parts.filter(({ kind }) => kind !== other)
        assert.equal(own.map((part) => part.text).join(''), side)
        const known = boundaries(side)
        let at = 0
        for (const part of own) {
          assert.ok(known.has(at), `a part of ${JSON.stringify(side)} begins inside a grapheme, at ${at}: ${JSON.stringify(part.text)}`)
          at += part.text.length
        }
      }
    }),
    { numRuns: 3_000 },
  )
})

test('the property would notice: a boundary of code units is not one of graphemes', () => {
  assert.equal(boundaries('कि').has(1), false)
})

test('a changed word stands beside what it became, and the spaces between changed words do not break it up', () => {
  const parts = differenceOf('दो घंटे का काम', 'तीन मिनट का काम', 'hi')
  assert.deepEqual(parts, [
    { kind: 'removed', text: 'दो घंटे' },
    { kind: 'added', text: 'तीन मिनट' },
    { kind: 'same', text: ' का काम' },
  ])
})

test('a vowel sign belongs to its letter: only the whole word differs', () => {
  assert.deepEqual(differenceOf('की', 'कि'), [
    { kind: 'removed', text: 'की' },
    { kind: 'added', text: 'कि' },
  ])
})

test('texts too long to compare are shown whole, old and new', () => {
  const long = 'शब्द '.repeat(differenceLimits.words)
  assert.deepEqual(
    differenceOf(long, `${long}।`).map(({ kind }) => kind),
    ['removed', 'added'],
  )
  assert.equal(wordsOf('a\r\nb').join('|'), 'a|\r\n|b')
})
