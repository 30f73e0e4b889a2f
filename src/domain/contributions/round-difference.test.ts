import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { pairUp } from './round-difference.ts'

const line = (position: number, whole: string, about: string) => ({ position, whole, about })

test('a changed answer is paired with the answer before it, wherever it stands now; what is new and what is gone stand alone', () => {
  const old = [line(1, 'a1', 'a'), line(2, 'b1', 'b'), line(3, 'c1', 'c')]
  const fresh = [line(1, 'x1', 'x'), line(2, 'a1', 'a'), line(3, 'b2', 'b')]
  assert.deepEqual(pairUp(old, fresh), {
    same: 1,
    pairs: [
      { before: null, after: 1 },
      { before: 2, after: 3 },
      { before: 3, after: null },
    ],
  })
})

test('a question put differently at the same place is shown as a change, not as one that came and one that went', () => {
  assert.deepEqual(pairUp([line(1, 'a1', 'a')], [line(1, 'b1', 'b')]), { same: 0, pairs: [{ before: 1, after: 1 }] })
})

test('every line of both rounds is counted exactly once', () => {
  const round = fc
    .array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('1', '2', '3')), { maxLength: 12 })
    .map((all) => all.map(([about, answer], i) => line(i + 1, about + answer, about)))
  fc.assert(
    fc.property(round, round, (old, fresh) => {
      const { same, pairs } = pairUp(old, fresh)
      const sides = (side: 'before' | 'after') => pairs.flatMap((pair) => pair[side] ?? [])
      assert.equal(new Set(sides('before')).size + same, old.length)
      assert.equal(new Set(sides('after')).size + same, fresh.length)
      assert.equal(sides('before').length, new Set(sides('before')).size)
    }),
  )
})
