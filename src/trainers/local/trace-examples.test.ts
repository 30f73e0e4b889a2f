import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { letterExamples, letterPreferences, temporaryFolder, tinyRecipe, writeExamples, writeTinyBase } from '../testing.ts'
import type { TraceRequest } from '../trainer.ts'
import { traceExamples } from './trace-examples.ts'
import { trainHere } from './train-here.ts'

test('an example pulls most where it is itself asked about, and every example is there once', async (t) => {
  const folder = temporaryFolder(t)
  const request: TraceRequest = {
    base: writeTinyBase(join(folder, 'base')),
    examples: writeExamples(join(folder, 'examples.jsonl')),
    queries: writeExamples(join(folder, 'queries.jsonl'), [letterExamples[3], letterExamples[8]]),
    // An adapter whose B is zero has no gradient in its A: one pass of training first.
    recipe: { ...tinyRecipe, epochs: 1 },
  }
  const events = await Array.fromAsync(trainHere({ ...request, output: folder }, { threads: 1 }))
  const last = events.at(-1)!
  assert.ok(last.kind === 'finished')
  const traced = await Array.fromAsync(traceExamples({ ...request, adapter: last.folder }, { threads: 1 }))
  assert.deepEqual(
    traced.map(({ example }) => example).sort((a, b) => a - b),
    [...letterExamples.keys()],
  )
  for (const [query, example] of [3, 8].entries()) {
    const [first, second] = [...traced].sort((a, b) => b.products[query]! - a.products[query]!)
    assert.equal(first!.example, example)
    assert.ok(first!.products[query]! > 1.2 * second!.products[query]!)
  }
  for (const { loss } of traced) assert.ok(loss > 2 && loss < 10, `${loss}`)
  const preferences = writeExamples(join(folder, 'preferences.jsonl'), letterPreferences)
  await assert.rejects(Array.fromAsync(traceExamples({ ...request, queries: preferences }, { threads: 1 })), /queries hold preferences/)
})
