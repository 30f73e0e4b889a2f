/** What a run leaves behind: a PEFT adapter folder, or a whole base folder. It appears complete or not at all. */

import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError } from '../../errors.ts'
import { assertFinite, type FloatType } from '../../formats/half.ts'
import { openSafetensors } from '../../formats/safetensors.ts'
import { writeSafetensors } from '../../formats/safetensors-write.ts'
import type { HfConfig } from '../../formats/hf-config.ts'
import { isProjection } from '../../formats/llama-tensors.ts'
import { parseAdapterConfig, readAdapter, writeAdapterConfig } from '../../formats/peft.ts'
import type { TensorSpec } from '../../ml/lora/training-graph.ts'
import type { LoraMethod } from '../trainer.ts'
import { readJson, tokenizerFiles, type BaseFolder } from './base-folder.ts'
import { fileSource, syncFolder, writeWhole } from './files.ts'
import type { Values } from './runtime.ts'

const adapterWeights = 'adapter_model.safetensors'
const adapterConfig = 'adapter_config.json'

/** Writes the adapter as PEFT lays it out, in F32. Returns the folder. */
export function writeAdapter(folder: string, method: LoraMethod, specs: readonly TensorSpec[], values: Values): string {
  return replaceFolder(folder, (temporary) => {
    writeWhole(join(temporary, adapterWeights), [weightsFile(specs, values, () => 'F32')])
    // No base name: a path of this machine says nothing elsewhere, and the same run must give the same bytes everywhere.
    const config = {
      rank: method.rank,
      alpha: method.alpha,
      rankStabilised: false,
      targetModules: method.targetModules.filter(isProjection),
      baseModel: null,
    }
    writeWhole(join(temporary, adapterConfig), [new TextEncoder().encode(JSON.stringify(writeAdapterConfig(config), null, 2) + '\n')])
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

/** The method that an adapter folder was trained with. */
export async function readAdapterMethod(folder: string): Promise<LoraMethod> {
  const { rank, alpha, targetModules } = parseAdapterConfig(await readJson(folder, adapterConfig))
  return { kind: 'lora', rank, alpha, targetModules }
}

/** The trainables of an adapter of the same base, rank, alpha and target modules. Throws `invalid` on any other. */
export async function startFromAdapter(
  folder: string,
  method: LoraMethod,
  base: HfConfig,
  specs: readonly TensorSpec[],
): Promise<Map<string, Float32Array>> {
  const source = await fileSource(join(folder, adapterWeights))
  try {
    const file = await openSafetensors(source, adapterWeights)
    const { config } = await readAdapter(await readJson(folder, adapterConfig), file, base)
    const wanted = [...method.targetModules].sort().join(', ')
    const differs: [string, unknown, unknown][] = [
      ['rank', config.rank, method.rank],
      ['alpha', config.alpha, method.alpha],
      ['target modules', [...config.targetModules].sort().join(', '), wanted],
      ['a rank-stabilised scale', config.rankStabilised, false],
    ]
    for (const [what, there, here] of differs) {
      if (there !== here)
        throw new AppError(
          'invalid',
          `The adapter to start from has ${what} ${String(there)}, but the recipe asks for ${String(here)}; use the same, or start without an adapter.`,
        )
    }
    const values = new Map<string, Float32Array>()
    for (const { name } of specs) values.set(name, await file.floats(name))
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
