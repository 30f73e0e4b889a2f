/** The formula that refuses runs, against what runs take. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { defaultSettings, type Recipe } from '../trainer.ts'
import { temporaryFolder, writeExamples } from '../testing.ts'
import { localTrainer } from './local-trainer.ts'

const base = join(import.meta.dirname, '../../../examples/base/model')
const lora: Recipe['method'] = {
  kind: 'lora',
  rank: 8,
  alpha: 16,
  targetModules: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
}
const measured = process.platform === 'linux' && process.arch === 'x64' ? false : 'the formula was fitted on Linux x64'

for (const [title, { portable = false, ...change }] of Object.entries<Partial<Recipe> & { readonly portable?: boolean }>({
  'small batches': { batchSize: 4, maxLength: 64 },
  'large batches': { batchSize: 8, maxLength: 256 },
  'long sequences': { batchSize: 2, maxLength: 512 },
  'long sequences that compute twice': { batchSize: 2, maxLength: 512, recompute: true },
  'products in 8 bits': { batchSize: 8, maxLength: 256, precision: 'int8' },
  'a run in WebAssembly': { batchSize: 4, maxLength: 128, portable: true },
  'training all weights': { batchSize: 8, maxLength: 256, method: { kind: 'full' } },
})) {
  test(`the peak of ${title} is predicted within a tenth`, { skip: measured }, async (t) => {
    const output = temporaryFolder(t)
    const recipe: Recipe = { ...defaultSettings, method: lora, learningRate: 1e-4, maxLength: 256, maxSteps: 2, ...change }
    const text = { text: '7 3 '.repeat(recipe.maxLength) }
    const examples = writeExamples(join(output, 'examples.jsonl'), Array<typeof text>(2 * recipe.batchSize).fill(text))
    const events = await Array.fromAsync(localTrainer({ portable }).train({ base, examples, recipe, output }))
    const [planned, finished] = [events[0], events.at(-1)]
    assert.ok(planned?.kind === 'planned' && finished?.kind === 'finished')
    const ratio = planned.estimatedBytes / finished.peakBytes
    assert.ok(ratio > 0.9 && ratio < 1.1, `${planned.estimatedBytes} for ${finished.peakBytes}`)
  })
}
