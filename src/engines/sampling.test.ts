/** Sampling: that draws follow the distribution they should. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleToken, seededDraws, type Candidates } from './sampling.ts'

const candidates: Candidates = [
  [5, Math.log(0.5)],
  [9, Math.log(0.3)],
  [2, Math.log(0.15)],
  [7, Math.log(0.05)],
]

function shares(sampling: { temperature: number; topP: number }, count = 40_000): Map<number, number> {
  const draw = seededDraws(1)
  const found = new Map<number, number>()
  for (let i = 0; i < count; i++) {
    const id = sampleToken(candidates, sampling, draw())
    found.set(id, (found.get(id) ?? 0) + 1 / count)
  }
  return found
}

test('at temperature 1 tokens come as often as their probability says', () => {
  const found = shares({ temperature: 1, topP: 1 })
  for (const [id, logit] of candidates) assert.ok(Math.abs(found.get(id)! - Math.exp(logit)) < 0.01)
})

test('temperature 0 is the likeliest, and a low one nearly so', () => {
  assert.equal(sampleToken(candidates, { temperature: 0, topP: 1 }, 0.999), 5)
  assert.ok(shares({ temperature: 0.2, topP: 1 }).get(5)! > 0.9)
})

test('top_p keeps the fewest likely tokens that reach it, after the temperature', () => {
  assert.deepEqual(new Set(shares({ temperature: 1, topP: 0.6 }).keys()), new Set([5, 9]))
  assert.deepEqual(new Set(shares({ temperature: 1, topP: 0.0001 }).keys()), new Set([5]))
  // At temperature 100 all four are about as likely, so 0.6 takes three.
  assert.equal(shares({ temperature: 100, topP: 0.6 }).size, 3)
})

test('a seed gives the same draws, and near seeds unrelated ones', () => {
  const first = Array.from({ length: 5 }, seededDraws(42))
  assert.deepEqual(Array.from({ length: 5 }, seededDraws(42)), first)
  const starts = new Set([0, 1, 2, 2 ** 32, 2 ** 33, 2 ** 40 + 1, -1].map((seed) => seededDraws(seed)()))
  assert.equal(starts.size, 7)
  for (const draw of Array.from({ length: 1000 }, seededDraws(7))) assert.ok(draw >= 0 && draw < 1)
})
