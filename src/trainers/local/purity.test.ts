/** The promise that a rebuild rests on: what a run ends with depends on its request and the trainer alone. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { letterExamples, letterPreferences, temporaryFolder, tinyRecipe, writeExamples, writeTinyBase } from '../testing.ts'
import type { TrainingEvent, TrainingRequest } from '../trainer.ts'
import { localTrainer } from './local-trainer.ts'
import { trainHere } from './train-here.ts'

/** Attention takes these in parts, and their length is not a multiple of them (passes.ts). */
const long = { text: 'A '.repeat(301) }

for (const [what, own, maxLength] of [
  ['short examples', [], tinyRecipe.maxLength],
  ['a long one', [long, long], 602],
] as const)
  test(`in this process or another, with one thread or two, and after a resume, a run with ${what} ends with the same digest`, async (t) => {
    const folder = temporaryFolder(t)
    // Wide enough that a thread's part of each product is added up as the whole would be (version.ts).
    const wide = { hiddenSize: 256, intermediateSize: 256, heads: 4, kvHeads: 4, headSize: 64, layers: 1, contextLength: 1024 }
    const mixed = [...own, ...letterExamples, ...letterPreferences].map((example, i) => (i % 3 ? example : { ...example, source: 'often' }))
    const request: Omit<TrainingRequest, 'output'> = {
      base: writeTinyBase(join(folder, 'base'), { config: wide }),
      examples: writeExamples(join(folder, 'examples.jsonl'), mixed),
      recipe: {
        ...tinyRecipe,
        maxLength,
        maxSteps: 5,
        accumulation: 2,
        checkpointEvery: 2,
        validation: 0.1,
        average: 0.6,
        mix: { often: 1.5 },
      },
    }
    const outputOf = (name: string): string => {
      mkdirSync(join(folder, name))
      return join(folder, name)
    }
    const digestOf = async (events: AsyncIterable<TrainingEvent>): Promise<string> => {
      const last = (await Array.fromAsync(events)).at(-1)
      assert.ok(last?.kind === 'finished')
      const hash = createHash('sha256')
      for (const file of ['adapter_config.json', 'adapter_model.safetensors']) hash.update(readFileSync(join(last.folder, file)))
      return hash.digest('hex')
    }
    const here = await digestOf(trainHere({ ...request, output: outputOf('here') }, { threads: 2 }))
    for (const threads of [1, 2])
      assert.equal(await digestOf(localTrainer({ threads }).train({ ...request, output: outputOf(`process-${threads}`) })), here)
    const resume = join(folder, 'process-1', 'checkpoints', 'step-000000002.safetensors')
    assert.equal(await digestOf(localTrainer({ threads: 1 }).train({ ...request, resume, output: outputOf('resumed') })), here)
  })
