/** What goes wrong in the second thread reaches whoever waits for it. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder, tinyRecipe, writeExamples, writeTinyBase } from '../testing.ts'
import { openLaneThread } from './lane-thread.ts'
import { microBatchesOfStep } from './order.ts'
import { packBatch } from './pack-batch.ts'
import { planRun } from './plan.ts'

test('a graph that cannot run in the second thread fails in words, and the thread can be closed', async (t) => {
  const folder = temporaryFolder(t)
  const request = {
    base: writeTinyBase(join(folder, 'base')),
    examples: writeExamples(join(folder, 'examples.jsonl')),
    recipe: tinyRecipe,
    output: folder,
  }
  const plan = await planRun(request, { threads: 2 })
  t.after(() => plan.base.weights?.close())
  const { beta1, beta2, epsilon, weightDecay, clip } = tinyRecipe
  const thread = openLaneThread({
    config: plan.base.config,
    method: tinyRecipe.method,
    recipe: tinyRecipe,
    hyper: { beta1, beta2, epsilon, weightDecay, clip },
    // Not one weight of the base.
    frozen: {},
    trainables: {},
    state: {},
    sums: [{}, {}],
    longest: plan.longest,
    bothLanes: true,
    accumulates: false,
  })
  const batches = microBatchesOfStep(plan)(1).map((batch) => packBatch(plan.examples, batch, plan))
  const gradients = { batches, pairScale: 1, lane: 1, threads: 1 } as const
  for (const again of [false, true])
    await assert.rejects(thread.addGradients({ ...gradients, further: again }), /input '[^']+' is missing in 'feeds'/)
  await thread.close()
  await assert.rejects(thread.addUp(true), /ended in the middle of its work/)
})
