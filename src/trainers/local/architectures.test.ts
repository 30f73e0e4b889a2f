/** The trainer on every architecture, and on bases in each type of weights: what it writes depends on the numbers, not on how they are stored. */

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { bytesSource } from '../../formats/byte-source.ts'
import { projectionsOf } from '../../formats/llama-tensors.ts'
import { readAdapter } from '../../formats/peft.ts'
import { openSafetensors } from '../../formats/safetensors.ts'
import { writeSafetensors } from '../../formats/safetensors-write.ts'
import { architectureGoldens, readArchitectureGolden, type ArchitectureGolden } from '../../ml/testing/architecture-goldens.ts'
import { letterExamples, temporaryFolder, tinyRecipe, writeExamples, writeTinyBase } from '../testing.ts'
import type { TrainingEvent } from '../trainer.ts'
import { trainHere } from './train-here.ts'

const types = ['F32', 'F16', 'BF16'] as const

/** The golden checkpoint as a folder, config.json as transformers wrote it, with the tokenizer of the trainers' tiny base. */
function writeGoldenBase(folder: string, golden: ArchitectureGolden, type: (typeof types)[number]): string {
  writeTinyBase(folder, { weights: false })
  writeFileSync(join(folder, 'config.json'), JSON.stringify(golden.configJson))
  const tensors = golden.baseTensors(type)
  writeFileSync(join(folder, 'model.safetensors'), writeSafetensors(tensors))
  return folder
}

for (const name of architectureGoldens)
  test(`${name}: a LoRA run on the base in F32, F16 and BF16 ends with the same adapter, byte for byte`, async (t) => {
    const golden = await readArchitectureGolden(name)
    const folder = temporaryFolder(t)
    const examples = writeExamples(join(folder, 'examples.jsonl'), letterExamples.slice(0, 8))
    const method = { kind: 'lora', rank: 2, alpha: 4, targetModules: projectionsOf(golden.config) } as const
    const recipe = { ...tinyRecipe, method, maxSteps: 3, checkpointEvery: 100 }
    const written: Buffer[] = []
    for (const type of types) {
      const base = writeGoldenBase(join(folder, type), golden, type)
      const events: TrainingEvent[] = await Array.fromAsync(
        trainHere({ base, examples, recipe, output: join(folder, `run-${type}`) }, { threads: 1 }),
      )
      const last = events.at(-1)
      assert.ok(last?.kind === 'finished')
      written.push(readFileSync(join(last.folder, 'adapter_model.safetensors')))
      const json: unknown = JSON.parse(readFileSync(join(last.folder, 'adapter_config.json'), 'utf8'))
      const adapter = await readAdapter(json, await openSafetensors(bytesSource(written[0]!)), golden.config)
      assert.equal(adapter.modules.length, golden.config.layers * method.targetModules.length)
      assert.ok(adapter.modules.every(({ b }) => b.some((value) => value !== 0)), 'every module moved') // prettier-ignore
    }
    assert.deepEqual(written[1], written[0])
    assert.deepEqual(written[2], written[0])
  })
