/** Weights held in 16 bits: less memory, the same bytes. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Held } from '../../ml/lora/training-graph.ts'
import { letterExamples, temporaryFolder, tinyRecipe, writeExamples, writeTinyBase } from '../testing.ts'
import type { TrainingRequest } from '../trainer.ts'
import { openSession, startingPoint } from './open-session.ts'
import { planRun } from './plan.ts'
import { trainHere } from './train-here.ts'

/** Most of it is weights, so that holding them in fewer bits is worth while. */
const wide = { hiddenSize: 384, intermediateSize: 1024, heads: 6, kvHeads: 2, headSize: 64, layers: 2 }
const options = { threads: 2 }

for (const type of ['F16', 'BF16'] as const)
  test(`a run that only fits with its ${type} base held in 16 bits ends with the same bytes`, async (t) => {
    const folder = temporaryFolder(t)
    const request: TrainingRequest = {
      base: writeTinyBase(join(folder, 'base'), { config: wide, type }),
      examples: writeExamples(join(folder, 'examples.jsonl'), letterExamples.slice(0, 8)),
      recipe: { ...tinyRecipe, batchSize: 2, maxSteps: 3, validation: 0.2 },
      output: join(folder, 'whole'),
    }
    const planned = async (change: Partial<TrainingRequest>) => {
      const plan = await planRun({ ...request, ...change }, options)
      await plan.base.weights?.close()
      return plan
    }
    const whole = await planned({})
    assert.equal(whole.held.size, 0)
    const tight = { memoryBudget: whole.estimate.bytes - 1 }
    const half = await planned(tight)
    const bytes = (parts: typeof whole.estimate.parts) => parts.find(([part]) => part === 'base weights')![1]
    assert.ok(half.held.size > 10)
    assert.ok(bytes(half.estimate.parts) < 0.51 * bytes(whole.estimate.parts))

    const weights = async (change: Partial<TrainingRequest>) => {
      const last = (await Array.fromAsync(trainHere({ ...request, ...change }, options))).at(-1)
      assert.ok(last?.kind === 'finished')
      return readFileSync(join(last.folder, 'adapter_model.safetensors'))
    }
    assert.ok((await weights(tight)).equals(await weights({ output: join(folder, 'half') })))
  })

test('a matrix with a value that 16 bits would round is held in 32, so that no loss changes', async (t) => {
  const folder = temporaryFolder(t)
  const request: TrainingRequest = {
    // Values of 32 bits, of which the plan is told that 16 would do.
    base: writeTinyBase(join(folder, 'base'), { config: wide, type: 'F32' }),
    examples: writeExamples(join(folder, 'examples.jsonl'), letterExamples.slice(0, 8)),
    recipe: { ...tinyRecipe, batchSize: 2, maxSteps: 1 },
    output: folder,
  }
  const plan = await planRun(request, options)
  const losses = async (halved: readonly string[]) => {
    const held: Held = new Map(halved.map((name) => [name, { kind: 'float16', scale: 1 }]))
    const session = await openSession({ ...plan, held }, 2, await startingPoint(request, plan))
    const found = await session.rowLosses(batchOf(plan.rows))
    await session.close()
    return [...found]
  }
  const whole = await losses([])
  assert.ok(whole.every((loss) => loss > 0))
  assert.deepEqual(await losses(['model.layers.0.self_attn.q_proj.weight', 'model.embed_tokens.weight']), whole)
  await plan.base.weights?.close()
})

function batchOf(rows: number) {
  const tokens = new BigInt64Array(rows * 4).fill(5n)
  return {
    kind: 'follow' as const,
    rows,
    length: 4,
    examples: rows,
    tokens,
    targets: tokens,
    weights: new Float32Array(rows * 4).fill(1),
    pairs: new Float32Array(),
    weightSum: rows * 4,
    realTokens: rows * 4,
  }
}
