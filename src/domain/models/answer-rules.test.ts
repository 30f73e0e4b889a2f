import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerRuleLimits, brokenRule, describeRules, parseAnswerRules, type AnswerRules } from './answer-rules.ts'

const rules = (value: unknown): AnswerRules => {
  const parsed = parseAnswerRules(value)
  assert.ok(typeof parsed !== 'string', JSON.stringify(parsed))
  return parsed
}

test('an answer keeps its script when every letter is of it; digits, signs and spaces belong to none', () => {
  const marathi = rules({ script: 'Deva' })
  assert.equal(brokenRule(marathi, 'सोमवार, १६ फेब्रुवारी 2026 — ठीक!'), null)
  assert.match(brokenRule(marathi, 'सोमवार OK')!, /the letter "O", which is not of Deva/)
  assert.match(brokenRule(marathi, '16/2')!, /no letters of Deva/)
  assert.equal(brokenRule(rules({ script: ['Hira', 'Kana', 'Han'] }), '明日はテストです'), null)
})

test('phrases are found whatever their case and spacing, and characters are counted as a reader counts them', () => {
  assert.match(brokenRule(rules({ none: ['As an AI'] }), 'Well, as  an ai I cannot')!, /contains "As an AI"/)
  assert.match(brokenRule(rules({ any: ['क्षमा', 'माफ'] }), 'नाही')!, /contains none of "क्षमा", "माफ"/)
  assert.equal(brokenRule(rules({ any: ['क्षमा', 'माफ'] }), 'माफ करा'), null)
  assert.equal(brokenRule(rules({ most: 2 }), 'क्षि👩‍👩‍👧'), null)
  assert.match(brokenRule(rules({ most: 2 }), 'abc')!, /has 3 characters, and at most 2/)
  assert.equal(brokenRule(rules({ exactly: 'Jos\u00e9' }), ' Jose\u0301 '), null)
})

test('all rules of a case have to hold, and the first that does not is named', () => {
  const both = rules({ script: 'Latn', most: 3 })
  assert.equal(brokenRule(both, 'abc'), null)
  assert.match(brokenRule(both, 'abcd')!, /4 characters/)
  assert.equal(describeRules(both), 'is written in Latn, has at most 3 characters')
})

test('rules from anybody are data with limits: no expressions, no unknown names, no endless lists', () => {
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /must be an object/],
    [{}, /names no rule/],
    [{ matches: '(a+)+$' }, /has "matches"; the rules there are/],
    [{ script: 'Latn}|.{' }, /must be 1 to 4 scripts/],
    [{ script: 'Klingon' }, /must be 1 to 4 scripts/],
    [{ none: [] }, /must be 1 to 50 texts/],
    [{ none: ['  '] }, /must be 1 to 50 texts/],
    [{ any: Array.from({ length: 51 }, String) }, /must be 1 to 50 texts/],
    [{ any: ['x'.repeat(answerRuleLimits.phrase + 1)] }, /must be 1 to 50 texts/],
    [{ most: 0 }, /whole number from 1 to 2000/],
    [{ most: 2.5 }, /whole number from 1 to 2000/],
    [{ exactly: '' }, /text of 1 to 2000 characters/],
  ]
  for (const [value, sentence] of wrong) assert.match(parseAnswerRules(value) as string, sentence, JSON.stringify(value))
})
