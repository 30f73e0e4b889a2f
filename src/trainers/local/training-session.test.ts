import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder, tinyRecipe, writeExamples, writeTinyBase } from '../testing.ts'
import { openSession, startingPoint } from './open-session.ts'
import { packBatch } from './pack-batch.ts'
import { planRun } from './plan.ts'

for (const threads of [1, 2])
  test(`the gradient of batches of any lengths is the sum of theirs, ${threads} threads`, async (t) => {
    const folder = temporaryFolder(t)
    const lengths = [2, 2, 200, 201]
    const request = {
      base: writeTinyBase(join(folder, 'base'), { config: { contextLength: 1024 } }),
      examples: writeExamples(join(folder, 'examples.jsonl'), lengths.map((length) => ({ text: 'A '.repeat(length) }))), // prettier-ignore
      recipe: { ...tinyRecipe, batchSize: 4, maxLength: 512 },
      output: folder,
    }
    const plan = await planRun(request, { threads })
    const run = { ...plan, rows: 2 }
    const session = await openSession(run, threads, await startingPoint(request, plan))
    t.after(() => session.close())
    await plan.base.weights?.close()
    const batchOf = (...examples: number[]) =>
      packBatch(plan.examples, { kind: 'follow', examples: Uint32Array.from(examples), length: plan.examples.lengths[examples[1]!]! }, run)
    const [short, long] = [batchOf(0, 1), batchOf(2, 3)]
    const apart = [await session.gradient([short]), await session.gradient([long])]
    for (const together of [await session.gradient([short, long]), await session.gradient([long, short])])
      for (const [name, values] of together)
        for (const [i, value] of values.entries()) {
          const sum = apart[0]!.get(name)![i]! + apart[1]!.get(name)![i]!
          assert.ok(Math.abs(value - sum) <= 1e-5 * Math.max(1, Math.abs(sum)), `${name} ${i}: ${value}, not ${sum}`)
        }
    assert.ok([...apart[0]!.values()].some((values) => values.some((value) => Math.abs(value) > 1e-3)))
  })
