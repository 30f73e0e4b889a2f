import assert from 'node:assert/strict'
import { test } from 'node:test'
import { detectableWith } from './detectable.ts'

test('four times as many samples show about half the change, and more changing answers hide more', () => {
  assert.ok(Math.abs(detectableWith(400) / detectableWith(100) - 0.5) < 0.05)
  assert.ok(detectableWith(200, 0.5) > detectableWith(200, 0.2))
})

test('200 samples of which a fifth change show about nine points, by the formula for paired shares', () => {
  // 2.8016 standard errors of the difference, sqrt(40 + 1) / 200 each.
  assert.ok(Math.abs(detectableWith(200) - (2.801585 * Math.sqrt(41)) / 200) < 1e-6)
})
