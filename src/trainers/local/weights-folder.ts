/** What a run leaves behind: a PEFT adapter folder, or a whole base folder. It appears complete or not at all. */

import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError } from '../../errors.ts'
import { assertFinite, type FloatType } from '../../formats/half.ts'
import { openSafetensors } from '../../formats/safetensors.ts'
import { writeSafetensors } from '../../formats/safetensors-write.ts'
import type { TensorSpec } from '../../ml/lora/training-graph.ts'
import type { LoraMethod } from '../trainer.ts'
import { readJson, tokenizerFiles, type BaseFolder } from './base-folder.ts'
import { fileSource, syncFolder, writeWhole } from './files.ts'
import type { Values } from './training-session.ts'

const adapterWeights = 'adapter_model.safetensors'
const adapterConfig = 'adapter_config.json'

/** Writes the adapter as PEFT lays it out, in F32. Returns the folder. */
export function writeAdapter(folder: string, method: LoraMethod, specs: readonly TensorSpec[], values: Values): string {
  return replaceFolder(folder, (temporary) => {
    writeWhole(join(temporary, adapterWeights), [weightsFile(specs, values, () => 'F32')])
    writeWhole(join(temporary, adapterConfig), [
      text({
        peft_type: 'LORA',
        task_type: 'CAUSAL_LM',
        base_model_name_or_path: null,
        r: method.rank,
        lora_alpha: method.alpha,
        target_modules: [...method.targetModules],
        lora_dropout: 0,
        bias: 'none',
        fan_in_fan_out: false,
        inference_mode: true,
        use_rslora: false,
        use_dora: false,
      }),
    ])
  })
}

/** Writes trained weights beside copies of the base's other files, each tensor in the type the base has it in. Returns the folder. */
export async function writeModel(folder: string, base: BaseFolder, specs: readonly TensorSpec[], values: Values): Promise<string> {
  const copied: [string, Uint8Array][] = []
  for (const name of ['config.json', ...tokenizerFiles]) {
    const path = join(base.path, name)
    if (existsSync(path)) copied.push([name, await readFile(path)])
  }
  return replaceFolder(folder, (temporary) => {
    for (const [name, bytes] of copied) writeWhole(join(temporary, name), [bytes])
    const typeOf = (name: string): FloatType => base.weights?.typeOf(name) ?? base.declaredType
    writeWhole(join(temporary, 'model.safetensors'), [weightsFile(specs, values, typeOf)])
  })
}

/** The trainables of an adapter of the same rank, alpha and target modules. Throws `invalid` on any other. */
export async function readAdapter(folder: string, method: LoraMethod, specs: readonly TensorSpec[]): Promise<Map<string, Float32Array>> {
  const config = (await readJson(folder, adapterConfig)) as Record<string, unknown>
  const modules = Array.isArray(config['target_modules']) ? config['target_modules'].map(String) : []
  const refuse = (what: string, there: unknown, here: unknown): never => {
    throw new AppError('invalid', `The adapter ${folder} has ${what} ${String(there)}, but the recipe asks for ${String(here)}; use the same, or start without the adapter.`)
  }
  if (config['r'] !== method.rank) refuse('rank', config['r'], method.rank)
  if (config['lora_alpha'] !== method.alpha) refuse('alpha', config['lora_alpha'], method.alpha)
  if (modules.sort().join(', ') !== [...method.targetModules].sort().join(', ')) refuse('target modules', modules.join(', '), method.targetModules.join(', '))
  const source = await fileSource(join(folder, adapterWeights))
  try {
    const file = await openSafetensors(source, join(folder, adapterWeights))
    const values = new Map<string, Float32Array>()
    for (const { name, dims } of specs) {
      const found = file.tensors.get(name)
      if (found?.shape.join() !== dims.join()) {
        throw new AppError('invalid', `The adapter ${folder} has ${name} in shape [${found?.shape.join(', ') ?? 'none'}], but this base needs [${dims.join(', ')}]; it belongs to another base.`)
      }
      const floats = await file.floats(name)
      assertFinite(name, floats)
      values.set(name, floats)
    }
    return values
  } finally {
    await source.close()
  }
}

function weightsFile(specs: readonly TensorSpec[], values: Values, typeOf: (name: string) => FloatType): Uint8Array {
  return writeSafetensors(
    specs.map(({ name, dims }) => {
      const floats = values.get(name)!
      assertFinite(name, floats)
      return { name, type: typeOf(name), shape: dims, values: floats }
    }),
  )
}

function replaceFolder(folder: string, fill: (temporary: string) => void): string {
  const temporary = `${folder}.${process.pid}.tmp`
  rmSync(temporary, { recursive: true, force: true })
  mkdirSync(temporary, { recursive: true })
  try {
    fill(temporary)
    rmSync(folder, { recursive: true, force: true })
    renameSync(temporary, folder)
    syncFolder(dirname(folder))
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    throw error
  }
  return folder
}

function text(json: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(json, null, 2) + '\n')
}
