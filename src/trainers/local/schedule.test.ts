import assert from 'node:assert/strict'
import { test } from 'node:test'
import { learningRateAt } from './schedule.ts'

const rates = (schedule: 'constant' | 'cosine', warmup: number, steps: number) =>
  Array.from({ length: steps }, (_, i) => Number(learningRateAt({ learningRate: 1, schedule, warmup }, i + 1, steps).toFixed(4)))

test('the rate climbs in a straight line and stays', () => {
  assert.deepEqual(rates('constant', 0.4, 10), [0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1, 1])
})

test('the rate falls along half a cosine after warming up', () => {
  assert.deepEqual(rates('cosine', 0.2, 6), [1, 1, 0.9045, 0.6545, 0.3455, 0.0955])
})

test('no step has rate zero, however short the run', () => {
  for (const schedule of ['constant', 'cosine'] as const)
    for (const warmup of [0, 0.1, 0.5, 1])
      for (const steps of [1, 2, 3]) for (const rate of rates(schedule, warmup, steps)) assert.ok(rate > 0)
})
