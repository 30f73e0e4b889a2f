/** Training in WebAssembly: the same bytes on every processor. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { letterExamples, letterPreferences, temporaryFolder, tinyRecipe, writeExamples, writeTinyBase } from '../testing.ts'
import { trainerConformance } from '../trainer.conformance.ts'
import type { Recipe, TrainingRequest } from '../trainer.ts'
import { refuseWhatWasmCannotHold } from './estimate-memory.ts'
import { localTrainer } from './local-trainer.ts'

trainerConformance('portable', localTrainer({ portable: true }))

/** Raised generations (version.ts) have others. Seen on x64 with AVX-512, with AVX2 alone, and on ARM64 (docs/log.md). */
const digests: Record<Recipe['precision'], string> = { float32: '990785ed9e947c31', int8: '3057b0c224bbc4fa' }

for (const [precision, digest] of Object.entries(digests) as [Recipe['precision'], string][])
  test(`a run in WebAssembly with ${precision} ends with the digest that it has on every processor, after a resume too`, async (t) => {
    const folder = temporaryFolder(t)
    const request: Omit<TrainingRequest, 'output'> = {
      base: writeTinyBase(join(folder, 'base'), { config: { hiddenSize: 64, headSize: 16 } }),
      examples: writeExamples(join(folder, 'examples.jsonl'), [...letterExamples.slice(0, 24), ...letterPreferences]),
      recipe: { ...tinyRecipe, precision, maxSteps: 6, checkpointEvery: 3, validation: 0.1, average: 0.5, schedule: 'cosine', warmup: 0.2 },
    }
    const digestOf = async (name: string, change: Partial<TrainingRequest> = {}): Promise<string> => {
      const output = join(folder, name)
      mkdirSync(output)
      const last = (await Array.fromAsync(localTrainer({ portable: true }).train({ ...request, output, ...change }))).at(-1)
      assert.ok(last?.kind === 'finished')
      return createHash('sha256')
        .update(readFileSync(join(last.folder, 'adapter_model.safetensors')))
        .digest('hex')
        .slice(0, 16)
    }
    assert.equal(await digestOf('whole'), digest)
    const resume = join(folder, 'whole', 'checkpoints', 'step-000000003.safetensors')
    assert.equal(await digestOf('resumed', { resume }), digest)
  })

test('what WebAssembly cannot address is refused, however much memory is free', () => {
  refuseWhatWasmCannotHold({ bytes: 5e9, parts: [], graphBytes: 4.2e9 })
  assert.throws(
    () => refuseWhatWasmCannotHold({ bytes: 5e9, parts: [], graphBytes: 4.3e9 }),
    /would need 4\.3 GB for its graphs, and WebAssembly has 4\.3 GB at most; lower batchSize or maxLength, or train with the native trainer/,
  )
})
