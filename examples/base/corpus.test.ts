/** The data the base is made from: true, repeatable, and free of tasks in the 22 scheduled languages. */

import assert from 'node:assert/strict'
import test from 'node:test'
import { digitsOf, languageName, numberingSystems, scheduledTags, worldTags, worldTagsWithOwnDigits } from '../languages.ts'
import { sayIn, sayInEnglish } from '../phrases.ts'
import { corpus, mixture, scheduledNames } from './corpus.ts'

const pieces = ['क', 'का', 'ৈ', 'ಏ', 'ab', 'ت']
const sample = [...corpus(20_000, 7, pieces)]

test('the same seed gives the same examples, another seed others', () => {
  assert.deepEqual([...corpus(200, 7, pieces)], sample.slice(0, 200))
  assert.notDeepEqual([...corpus(200, 8, pieces)], sample.slice(0, 200))
})

test('none of the 22 scheduled languages is a world language, and none of those is written in Devanagari', () => {
  for (const tag of [...worldTags, ...worldTagsWithOwnDigits]) {
    assert.ok(!(scheduledTags as readonly string[]).includes(new Intl.Locale(tag).language), tag)
    assert.notEqual(new Intl.Locale(tag).maximize().script, 'Deva', tag)
    assert.deepEqual(Intl.DateTimeFormat.supportedLocalesOf(tag), [tag])
  }
})

test('in the 22 scheduled languages only names of countries and languages are asked for', () => {
  const names = new Set(scheduledNames())
  const scheduled = new Set(scheduledTags.map((tag) => languageName(tag)))
  const asked = sample.filter(({ messages }) => scheduled.has(/ in ([^.?]*)[.?]$/.exec(messages[0].content)?.[1] ?? ''))
  assert.ok(asked.length > 1500)
  for (const { messages } of asked) {
    assert.ok(names.has(messages[1].content), `${messages[0].content} → ${messages[1].content}`)
    assert.doesNotMatch(messages[0].content, /\d/)
  }
})

test('the copying drill copies strings of the given tokens and is left out without any', () => {
  const copied = sample.filter(({ messages }) => messages[0].content.startsWith('Copy '))
  assert.ok(copied.length > 1500)
  for (const { messages } of copied) assert.equal(messages[0].content, `Copy ${messages[1].content}.`)
  assert.ok([...corpus(500, 7)].every(({ messages }) => !messages[0].content.startsWith('Copy ')))
})

test('no answer is CLDR’s root form', () => {
  assert.deepEqual(
    sample.filter(({ messages }) => /^[+−-]\d/.test(messages[1].content)),
    [],
  )
})

test('the shares of the mixture add up to 100 percent', () => {
  assert.equal(
    mixture.reduce((sum, [, share]) => sum + share, 0),
    100,
  )
})

test('every numbering system has ten different digits of one character', () => {
  for (const system of numberingSystems.keys()) {
    const digits = digitsOf(system)
    assert.equal(new Set(digits).size, 10, system)
    assert.ok(
      digits.every((digit) => [...digit].length === 1 && /^\p{N}$/u.test(digit)),
      system,
    )
  }
})

test('phrases say what CLDR says, in the Gregorian calendar and without invisible marks', () => {
  const date = { kind: 'date', shape: 'weekday', year: 2031, month: 3, day: 5 } as const
  assert.equal(sayInEnglish(date), 'Wednesday 5 March 2031')
  assert.equal(sayIn('de', date), 'Mittwoch, 5. März 2031')
  assert.equal(sayIn('fa', { ...date, shape: 'day' }), '۵ مارس ۲۰۳۱')
  assert.equal(sayIn('fr', { kind: 'relative', count: 5, unit: 'day' }, 'deva'), 'dans ५ jours')
  assert.equal(sayIn('cy', { kind: 'quantity', count: 12.5, unit: 'day' }), '12.5 diwrnod')
  for (const { messages } of sample) assert.doesNotMatch(messages[1].content, /[\u00a0\u202f\u200e\u200f\u061c]/)
})
