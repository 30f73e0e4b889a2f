import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deal, inLanes } from './deal.ts'

const dealt = (costs: readonly number[]) => {
  const items = costs.map((cost, i) => ({ i, cost }))
  const found = deal(items, ({ cost }) => cost)
  const of = (some: readonly { cost: number }[]): number[] => some.map(({ cost }) => cost)
  return { lanes: found.lanes.map(of), together: of(found.together), cost: found.cost, all: [...found.lanes.flat(), ...found.together] }
}

test('one batch has all threads to itself, two run side by side', () => {
  assert.deepEqual(dealt([10]).together, [10])
  const two = dealt([10, 10])
  assert.deepEqual([two.lanes, two.together, two.cost], [[[10], [10]], [], 10])
  assert.deepEqual(dealt([]).cost, 0)
})

test('the odd one of three is done together at the end, unless one is as long as the other two', () => {
  const three = dealt([10, 10, 10])
  assert.deepEqual([three.lanes, three.together, three.cost], [[[10], [10]], [10], 16])
  const uneven = dealt([4, 6, 10])
  assert.deepEqual([uneven.lanes, uneven.together, uneven.cost], [[[10], [6, 4]], [], 10])
})

test('every batch is dealt once, and no way is slower than lanes alone', () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const costs = Array.from({ length: seed % 17 }, (_, i) => 1 + ((i * 7919 * seed) % 97))
    const found = dealt(costs)
    assert.deepEqual(found.all.map(({ i }) => i).sort((a, b) => a - b), [...costs.keys()]) // prettier-ignore
    const sums = inLanes(costs, (cost) => cost).map((lane) => lane.reduce((a, b) => a + b, 0))
    assert.ok(found.cost <= Math.max(...sums))
    // No more than half the work and the largest piece, which no dealing can do without.
    const total = costs.reduce((a, b) => a + b, 0)
    assert.ok(Math.max(...sums) <= total / 2 + Math.max(0, ...costs) / 2, costs.join())
  }
})

test('how batches are dealt depends on their costs and order alone', () => {
  const costs = [3, 3, 8, 1, 3, 8]
  assert.deepEqual(dealt(costs), dealt([...costs]))
  assert.deepEqual(dealt(costs).lanes, dealt([...costs].reverse()).lanes)
})
