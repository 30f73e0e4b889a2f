import assert from 'node:assert/strict'
import { test } from 'node:test'
import { examplesOfPass } from './mix.ts'

test('a share of two and a half is two of each example and half of them once more, another half in another pass', () => {
  const pool = Uint32Array.from({ length: 40 }, (_, i) => i)
  const shares = new Float64Array(40).fill(2.5, 0, 20).fill(1, 20)
  const passes = [0, 1].map((pass) => [...examplesOfPass(pool, shares, 7, pass)])
  for (const pass of passes) {
    assert.equal(pass.length, 2 * 20 + 10 + 20)
    const times = (example: number) => pass.filter((seen) => seen === example).length
    for (let example = 0; example < 40; example += 1) assert.ok(example < 20 ? [2, 3].includes(times(example)) : times(example) === 1)
  }
  assert.notDeepEqual(passes[0], passes[1])
  assert.deepEqual([...examplesOfPass(pool, shares, 7, 1)], passes[1])
  assert.deepEqual([...examplesOfPass(pool, new Float64Array(40), 7, 0)], [])
})
