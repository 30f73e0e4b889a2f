/**
 * Trains an adapter on each architecture's tiny golden checkpoint with the local trainer and writes base (its config.json as we write it), adapter and our logits to a folder, for
 * scripts/check-architecture-adapters.py, which loads them with transformers and PEFT.
 *
 *     node scripts/export-architecture-adapters.ts /tmp/adapters && python scripts/check-architecture-adapters.py /tmp/adapters
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { trainersLogprobs } from '../src/engines/test-logprobs.ts'
import { bytesSource } from '../src/formats/byte-source.ts'
import { hfConfigText } from '../src/formats/hf-config.ts'
import { projectionsOf } from '../src/formats/llama-tensors.ts'
import { readAdapter } from '../src/formats/peft.ts'
import { openSafetensors } from '../src/formats/safetensors.ts'
import { writeSafetensors } from '../src/formats/safetensors-write.ts'
import { architectureGoldens, readArchitectureGolden } from '../src/ml/testing/architecture-goldens.ts'
import { trainHere } from '../src/trainers/local/train-here.ts'
import { letterExamples, tinyRecipe, writeExamples, writeTinyBase } from '../src/trainers/testing.ts'

const [folder] = process.argv.slice(2)
if (!folder) throw new Error('Name a folder to write to.')

for (const name of architectureGoldens) {
  const golden = await readArchitectureGolden(name)
  const base = writeTinyBase(join(folder, name, 'base'), { weights: false })
  writeFileSync(join(base, 'config.json'), hfConfigText(golden.config, 'F32'))
  writeFileSync(join(base, 'model.safetensors'), writeSafetensors(golden.baseTensors('F32'), { format: 'pt' }))
  const method = { kind: 'lora', rank: 2, alpha: 4, targetModules: projectionsOf(golden.config) } as const
  const request = {
    base,
    examples: writeExamples(join(folder, name, 'examples.jsonl'), letterExamples),
    recipe: { ...tinyRecipe, method, checkpointEvery: 1000 },
    output: join(folder, name, 'run'),
  }
  for await (const event of trainHere(request, { threads: 1 })) if (event.kind === 'finished') console.log(name, event.folder)
  const file = (path: string) => readFileSync(join(folder, name, 'run/adapter', path))
  const weights = await openSafetensors(bytesSource(file('adapter_model.safetensors')))
  const adapter = await readAdapter(JSON.parse(file('adapter_config.json').toString()), weights, golden.config)
  const ids = Array.from((golden.tensor('tokens') as BigInt64Array).subarray(0, golden.shape.length), Number)
  const logprobs = await trainersLogprobs({ config: golden.config, weights: await golden.base('F32') }, adapter, ids)
  writeFileSync(join(folder, name, 'ours.json'), JSON.stringify({ ids, logprobs }))
}
