/** Model folders that tests read: the golden one in the repository, and the real stories260K where the shared data is there. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bytesSource } from '../byte-source.ts'
import { parseHfConfig } from '../hf-config.ts'
import type { HfModel } from '../hf-to-gguf.ts'
import { readAdapter, type Adapter } from '../peft.ts'
import { openSafetensors } from '../safetensors.ts'

export const goldenFolder = join(import.meta.dirname, '../golden')
export const goldenAdapterFolder = join(goldenFolder, 'adapter')

/** What PyTorch, transformers, PEFT and gguf-py computed; see golden/make.py. */
export interface Golden {
  readonly text: string
  readonly ids: readonly number[]
  readonly base: TopTokens
  readonly adapted: TopTokens
  readonly sentences: Readonly<Record<string, readonly number[]>>
  readonly q8_0: { readonly values: readonly number[]; readonly hex: string }
  readonly bf16: { readonly values: readonly number[]; readonly hex: string }
  readonly f16: { readonly values: readonly number[]; readonly hex: string }
}

/** The 20 most likely next tokens after `ids`. */
export interface TopTokens {
  readonly ids: readonly number[]
  readonly logprobs: readonly number[]
}

export const golden = readJson(goldenFolder, 'golden.json') as Golden

/** The folder of data that lives beside the repository, or null. */
const shared = process.env['COMMONWEIGHTS_SHARED_DATA'] ?? join(import.meta.dirname, '../../../../shared/data')

/** Path of a shared file, or null with a skip reason for node:test. */
export function sharedFile(path: string): { readonly path: string; readonly skip: false | string } {
  const file = join(shared, path)
  return { path: file, skip: existsSync(file) ? false : `the shared data is absent: ${file}` }
}

export const stories = sharedFile('06-weights/stories260K/hf')

export function readJson(folder: string, file: string): unknown {
  return JSON.parse(readFileSync(join(folder, file), 'utf8'))
}

export async function readModel(folder: string): Promise<HfModel> {
  return {
    config: parseHfConfig(readJson(folder, 'config.json')),
    weights: await openSafetensors(bytesSource(readFileSync(join(folder, 'model.safetensors')))),
    tokenizer: readJson(folder, 'tokenizer.json'),
    tokenizerConfig: readJson(folder, 'tokenizer_config.json'),
  }
}

export async function goldenAdapter(): Promise<Adapter> {
  const { config } = await readModel(goldenFolder)
  const weights = await openSafetensors(bytesSource(readFileSync(join(goldenAdapterFolder, 'adapter_model.safetensors'))))
  return readAdapter(readJson(goldenAdapterFolder, 'adapter_config.json'), weights, config)
}

export async function gathered(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  return Buffer.concat(await Array.fromAsync(pieces))
}
