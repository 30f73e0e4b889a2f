import assert from 'node:assert/strict'
import { test } from 'node:test'
import { notIncluded } from './not-included.ts'
import { storable } from './storable.ts'
import type { ReleaseFacts, Work, WorkReview } from './release-facts.ts'

const at = new Date('2031-03-10T00:00:00Z')
const day = (n: number) => new Date(Date.UTC(2031, 2, n))

const work = (over: Partial<Work> = {}): Work => ({
  id: 7,
  authorId: 1,
  author: 'asha',
  message: 'Dates',
  round: 1,
  state: 'open',
  reverts: null,
  decidedAt: null,
  revision: null,
  brought: 14,
  targets: [],
  reviews: [],
  rounds: [day(2)],
  ...over,
})

const review = (over: Partial<WorkReview>): WorkReview => ({
  round: 1,
  reviewerId: 2,
  reviewer: 'ravi',
  decision: 'accept',
  message: '',
  createdAt: day(3),
  ...over,
})

/** A release of revision 6, after one of revision 4 on 5 March. */
const facts = (over: Partial<Pick<ReleaseFacts, 'works' | 'leftOut' | 'replacedBy' | 'previousAt'>> = {}) =>
  ({
    release: { createdAt: at },
    number: 6,
    previousNumber: 4,
    previousAt: day(5),
    works: [],
    leftOut: new Map(),
    replacedBy: new Map(),
    ...over,
  }) as unknown as ReleaseFacts

const reasonOf = (its: Work, over: Parameters<typeof facts>[0] = {}) => {
  const said = notIncluded(facts(over), its)
  return said && [said.reason, said.sentence]
}

test('what waits says what it waits for, as things stood at the release', () => {
  assert.deepEqual(reasonOf(work()), ['waiting', 'Nobody had decided on it yet.'])
  assert.deepEqual(reasonOf(work({ reviews: [review({})] })), ['waiting', 'ravi had accepted it; it needed more reviews.'])
  const asked = review({ decision: 'request-changes', message: 'Digits?' })
  assert.equal(notIncluded(facts(), work({ reviews: [asked] }))!.words, 'Digits?')
  assert.deepEqual(reasonOf(work({ reviews: [asked], rounds: [day(2), day(4)] }))![0], 'waiting', 'it was revised since')
  assert.deepEqual(reasonOf(work({ state: 'rejected', decidedAt: day(11) }))![0], 'waiting', 'it was rejected after the release')
})

test('what was decided before the release before is no news', () => {
  const rejected = work({ state: 'rejected', reviews: [review({ decision: 'reject', message: 'Wrong.' })] })
  assert.deepEqual(reasonOf({ ...rejected, decidedAt: day(6) }), ['rejected', 'ravi rejected it.'])
  assert.equal(reasonOf({ ...rejected, decidedAt: day(4) }), null)
  assert.equal(reasonOf({ ...rejected, decidedAt: day(4) }, { previousAt: null })![0], 'rejected', 'for a first release everything is')
  assert.equal(reasonOf(work({ state: 'withdrawn', decidedAt: day(4) })), null)
})

test('what was accepted and is not there came too late, or was replaced, taken back or left out, and by whom is said', () => {
  const accepted = work({ state: 'accepted', decidedAt: day(6), revision: 5 })
  assert.equal(reasonOf({ ...accepted, revision: 7 })![0], 'accepted-later')
  const by = new Map([[7, [{ contribution: 9, author: 'imran', count: 14 }]]])
  assert.deepEqual(reasonOf(accepted, { replacedBy: by }), [
    'replaced',
    '14 of its examples were replaced or taken out by contribution 9 of imran.',
  ])
  const revert = work({ id: 8, author: 'meera', message: 'Wrong months.', state: 'accepted', revision: 6, reverts: 7 })
  assert.deepEqual(reasonOf(accepted, { works: [revert], replacedBy: by }), [
    'taken-back',
    'Contribution 8 by meera took it back: Wrong months.',
  ])
  const said = notIncluded(facts({ works: [revert], leftOut: new Map([[7, { train: 3, letter: 'Hello asha, …' }]]) }), accepted)!
  assert.deepEqual([said.reason, said.by, said.words], ['left-out', 'release train 3', 'Hello asha, …'])
  assert.deepEqual(reasonOf(accepted)![0], 'left-out')
})

test('whatever a model wrote can be stored and has a digest', () => {
  assert.equal(storable('a\u0000b\ud83d'), 'a\ufffdb\ufffd')
  assert.equal(storable('नमस्ते 😀'), 'नमस्ते 😀')
})
