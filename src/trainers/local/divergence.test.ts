import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tinyRecipe } from '../testing.ts'
import { divergedError, watchDivergence } from './divergence.ts'

const result = (loss: number) => ({ loss, gradientNorm: 1, applied: true, openedSession: false })

test('a loss that climbs is noticed, and checkpoints stop being good long before', () => {
  const watch = watchDivergence(100)
  for (let step = 0; step < 40; step += 1) assert.equal(watch.see(result(4 - step / 20)), null)
  assert.ok(watch.isGood())
  const facts: (string | null)[] = []
  const good: boolean[] = []
  for (let step = 0; step < 60 && !facts.at(-1); step += 1) {
    facts.push(watch.see(result(2 + step)))
    good.push(watch.isGood())
  }
  assert.match(facts.at(-1)!, /^loss [\d.]+ after 4\.0 at the start$/)
  assert.ok(good.indexOf(false) < good.length / 2 && !good.at(-1))
})

test('numbers that are not finite end a run at once, with what to change and where the good weights are', () => {
  const fact = watchDivergence(100).see({ ...result(NaN), applied: false })
  assert.equal(fact, 'loss NaN, gradient norm 1')
  const recipe = { ...tinyRecipe, learningRate: 0.03, clip: null, warmup: 0 }
  assert.equal(
    divergedError(fact, 31, 0.03, recipe, { step: 20, folder: 'last-good' }).message,
    'Training diverged at step 31 (loss NaN, gradient norm 1, learning rate 0.030). Lower learningRate from 0.03 to about 0.01, set clip to 1, or warm up longer (warmup 0.05).' +
      " The weights of step 20, the last good ones, are kept in the run's folder last-good.",
  )
})
