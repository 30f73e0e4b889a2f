import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder, tinyRecipe, writeExamples, writeTinyBase } from '../testing.ts'
import { findLearningRate, suggestion } from './find-learning-rate.ts'
import { trainHere } from './train-here.ts'

test('the rate found trains better than rates ten times smaller and thirty times larger', async (t) => {
  const folder = temporaryFolder(t)
  const recipe = { ...tinyRecipe, epochs: 10 }
  const request = { base: writeTinyBase(join(folder, 'base')), examples: writeExamples(join(folder, 'examples.jsonl')), recipe }
  const { steps, suggested } = await findLearningRate(request, { threads: 1 })
  assert.ok(steps.length > 20 && steps[0]!.rate === 1e-6)
  assert.ok(suggested !== null)
  const lossWith = async (learningRate: number): Promise<number> => {
    const losses: number[] = []
    try {
      for await (const event of trainHere({ ...request, recipe: { ...recipe, learningRate }, output: folder }, { threads: 1 }))
        if (event.kind === 'step') losses.push(event.loss)
    } catch {
      return Infinity
    }
    return losses.slice(-6).reduce((sum, loss) => sum + loss, 0) / 6
  }
  const found = await lossWith(suggested)
  for (const other of [suggested / 10, suggested * 30]) assert.ok(found < (await lossWith(other)), `${suggested} against ${other}`)
})

test('where no rate lowers the loss, none is suggested', () => {
  const flat = [1e-6, 1e-4, 1e-2].map((rate) => ({ rate, loss: 5, smooth: 5 }))
  assert.equal(suggestion(flat), null)
  assert.equal(suggestion([]), null)
})
