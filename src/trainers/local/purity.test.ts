/** The promise that a rebuild rests on: what a run ends with depends on its request and the trainer alone. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { letterExamples, letterPreferences, temporaryFolder, tinyRecipe, writeExamples, writeTinyBase } from '../testing.ts'
import type { TrainingEvent, TrainingRequest } from '../trainer.ts'
import { localTrainer } from './local-trainer.ts'
import { planRun } from './plan.ts'
import { trainHere } from './train-here.ts'

/** Attention takes these in parts, and their length is not a multiple of them (passes.ts). */
const long = { text: 'A '.repeat(301) }

/** Wide enough that threads share an operator where there are many positions (threads.ts). */
const wide = { hiddenSize: 256, intermediateSize: 256, heads: 4, kvHeads: 4, headSize: 64 }

for (const [what, own, maxLength, config, precision] of [
  ['short examples', [], tinyRecipe.maxLength, wide, 'float32'],
  ['a long one', [long, long], 602, wide, 'float32'],
  ['a narrow base', [long, long], 602, {}, 'float32'],
  ['products in 8 bits', [long, long], 602, wide, 'int8'],
] as const)
  test(`in this process or another, with any number of threads, in little memory, and after a resume, a run with ${what} ends with the same digest`, async (t) => {
    const folder = temporaryFolder(t)
    const mixed = [...own, ...letterExamples, ...letterPreferences].map((example, i) => (i % 3 ? example : { ...example, source: 'often' }))
    const request: Omit<TrainingRequest, 'output'> = {
      base: writeTinyBase(join(folder, 'base'), { config: { layers: 1, contextLength: 1024, ...config } }),
      examples: writeExamples(join(folder, 'examples.jsonl'), mixed),
      recipe: {
        ...tinyRecipe,
        maxLength,
        precision,
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
    for (const threads of [1, 2, 3, 4])
      assert.equal(await digestOf(localTrainer({ threads }).train({ ...request, output: outputOf(`process-${threads}`) })), here)
    const planned = await planRun({ ...request, output: folder }, { threads: 2 })
    await planned.base.weights?.close()
    assert.ok(planned.sideBySide)
    const little = { ...request, memoryBudget: planned.estimate.bytes - 1, output: outputOf('little') }
    const lean = await planRun(little, { threads: 2 })
    await lean.base.weights?.close()
    assert.ok(!lean.sideBySide)
    assert.equal(await digestOf(trainHere(little, { threads: 2 })), here)
    const resume = join(folder, 'process-1', 'checkpoints', 'step-000000002.safetensors')
    assert.equal(await digestOf(localTrainer({ threads: 1 }).train({ ...request, resume, output: outputOf('resumed') })), here)
  })
