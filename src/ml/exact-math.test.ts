import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { cos, log, sin } from './exact-math.ts'

const angles = Array.from({ length: 20_000 }, (_, i) => (i - 10_000) * (i % 7 ? 0.001 : 97.31))
const positives = Array.from({ length: 20_000 }, (_, i) => (i + 1) * 10 ** (-12 + (i % 20)))

test('sine, cosine and logarithm are those of Math but for the last bits', () => {
  for (const x of angles) {
    assert.ok(Math.abs(sin(x) - Math.sin(x)) < 2.5e-16, `sin ${x}`)
    assert.ok(Math.abs(cos(x) - Math.cos(x)) < 2.5e-16, `cos ${x}`)
  }
  for (const x of positives) assert.ok(Math.abs(log(x) - Math.log(x)) <= 4e-16 * Math.abs(Math.log(x)) + 1e-16, `log ${x}`)
  assert.deepEqual([sin(0), cos(0), log(1)], [0, 1, 0])
})

test('they are the very bits that any other processor has', () => {
  const all = Float64Array.from([...angles.flatMap((x) => [sin(x), cos(x)]), ...positives.map(log)])
  // Seen on x64 and on ARM64.
  assert.equal(createHash('sha256').update(all).digest('hex').slice(0, 16), '6c59f3896b2211e0')
})
