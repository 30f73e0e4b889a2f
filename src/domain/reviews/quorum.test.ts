import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { defaultRules, type QuorumRule, type ReviewRules } from '../models/review-rules.ts'
import { neededReviews, quorumOf } from './quorum.ts'

const none = { accepting: 0, rejecting: 0 }
const names = (count: number) => Array.from({ length: count }, (_, i) => `r${i + 1}`)
const rule = fc.record({
  kind: fc.constant('adaptive' as const),
  share: fc.double({ min: 0.01, max: 1, noNaN: true }),
  cap: fc.integer({ min: 1, max: 20 }),
  days: fc.integer({ min: 1, max: 365 }),
})

test('by default one or two reviewers need one, seven need two, and two cannot run a community of two hundred', () => {
  const needed = [0, 1, 2, 4, 5, 7, 8, 9, 12, 13, 17, 200].map((active) => neededReviews(defaultRules.quorum, active))
  assert.deepEqual(needed, [1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 5])
})

test('a quorum never falls as reviewers join, stays within 1 and its cap, and never asks for more people than are there', () => {
  fc.assert(
    fc.property(rule, fc.integer({ min: 0, max: 400 }), (rule, active) => {
      const needed = neededReviews(rule, active)
      assert.ok(Number.isInteger(needed) && needed >= 1 && needed <= rule.cap)
      assert.ok(needed <= Math.max(1, active), `${needed} of ${active}`)
      assert.ok(neededReviews(rule, active + 1) >= needed)
    }),
  )
})

test('a fixed quorum is what was fixed, whoever is active', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 400 }), (n, active) => {
      assert.equal(neededReviews({ kind: 'fixed', n }, active), n)
    }),
  )
})

test('the number comes with its reason and the names behind it', () => {
  const { sentence } = quorumOf(defaultRules, { active: names(7), available: ['r8'], operator: true }, { accepting: 1, rejecting: 1 })
  assert.equal(
    sentence,
    '1 of 2 accepting reviews; quorum 2 because 7 reviewers were active in the last 30 days (r1, r2, r3, r4, r5, r6, r7): max(1, min(5, ⌈0.25 × 7⌉)) = 2. 1 of 2 that would turn it away.',
  )
  const fixed: ReviewRules = { ...defaultRules, quorum: { kind: 'fixed', n: 2 } }
  assert.equal(
    quorumOf(fixed, { active: ['a'], available: ['b'], operator: true }, none).sentence,
    '0 of 2 accepting reviews; quorum 2, which the community has fixed.',
  )
})

test('where a quorum cannot be reached, the sentence says who can help', () => {
  const sentence = (rule: QuorumRule, available: string[], operator: boolean) =>
    quorumOf({ ...defaultRules, quorum: rule }, { active: [], available, operator }, none).sentence
  assert.match(sentence(defaultRules.quorum, [], true), /the operator can, or a maintainer adds a reviewer/)
  assert.match(sentence(defaultRules.quorum, [], false), /operator's own and nobody else is here to review it: add somebody/)
  assert.match(
    sentence({ kind: 'fixed', n: 3 }, ['a'], true),
    /Only 2 could give one here: a maintainer can add a reviewer .* or lower the quorum/,
  )
  assert.doesNotMatch(sentence({ kind: 'fixed', n: 2 }, ['a'], true), /Only/)
})

test('rejecting has a number of its own, by its own rule', () => {
  const rules: ReviewRules = { ...defaultRules, rejection: { kind: 'adaptive', share: 0.5, cap: 3, days: 60 } }
  const { needed, rejection } = quorumOf(rules, { active: names(4), available: [], operator: true }, { accepting: 0, rejecting: 1 }, 5)
  assert.deepEqual([needed, rejection.needed, rejection.rejecting], [1, 3, 1])
})
