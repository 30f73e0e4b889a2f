/** A base as the ecosystem lays it out in a folder: what it is, how it reads text, and its weights, tensor by tensor. */

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../errors.ts'
import { assertFinite, type FloatType } from '../../formats/half.ts'
import { parseHfConfig, withGenerationConfig, type HfConfig } from '../../formats/hf-config.ts'
import { openSafetensors, openSafetensorsShards, weightType, type Safetensors } from '../../formats/safetensors.ts'
import { loadTokenizer, type Tokenizer } from '../../ml/tokenizer/tokenizer.ts'
import { fileSource } from './files.ts'

/** Files beside config.json that decide how text becomes tokens and where a turn ends; all but the first may be absent. */
export const tokenizerFiles = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'chat_template.jinja',
  'generation_config.json',
] as const

export interface BaseFolder {
  readonly path: string
  readonly config: HfConfig
  /** The type weights are published in, where config.json says so. */
  readonly declaredType: FloatType
  readonly tokenizer: Tokenizer
  /** Null in a folder without *.safetensors: full training then starts from seeded random weights. */
  readonly weights: BaseWeights | null
}

export interface BaseWeights {
  readonly bytes: number
  typeOf(name: string): FloatType
  /** Finite values, row-major. Throws `invalid` where the tensor is absent or of another shape. */
  floats(name: string, dims: readonly number[]): Promise<Float32Array>
  close(): Promise<void>
}

/** Reads everything but the weights' values. Throws `invalid` on what is missing or broken. */
export async function openBaseFolder(path: string): Promise<BaseFolder> {
  const json = await readJson(path, 'config.json')
  const tokenizerConfig = await readJson(path, 'tokenizer_config.json', { optional: true })
  const chatTemplate = await readFile(join(path, 'chat_template.jinja'), 'utf8').catch(() => null)
  const tokenizer = loadTokenizer({ tokenizer: await readJson(path, 'tokenizer.json'), config: tokenizerConfig, chatTemplate })
  const generation = await readJson(path, 'generation_config.json', { optional: true })
  const config = generation === null ? parseHfConfig(json) : withGenerationConfig(parseHfConfig(json), generation)
  return { path, config, declaredType: declaredType(json), tokenizer, weights: await openWeights(path) }
}

/** sha256, hexadecimal, over the name and bytes of every file that decides what training does with this base. */
export async function baseDigest(path: string): Promise<string> {
  const hash = createHash('sha256')
  const files = [...tokenizerFiles, 'config.json', ...(await weightFiles(path))]
  for (const file of files.sort()) {
    const content = createHash('sha256')
    try {
      for await (const part of createReadStream(join(path, file), { highWaterMark: 1 << 20 })) content.update(part as Buffer)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue
      throw error
    }
    hash.update(`${file} ${content.digest('hex')}\n`)
  }
  return hash.digest('hex')
}

export async function readJson(folder: string, file: string, options: { optional?: boolean } = {}): Promise<unknown> {
  let text: string
  try {
    text = await readFile(join(folder, file), 'utf8')
  } catch (cause) {
    if (options.optional && (cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new AppError('invalid', `${join(folder, file)} cannot be read: ${(cause as Error).message}.`, { cause })
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new AppError('invalid', `${join(folder, file)} is not JSON: ${(cause as Error).message}.`, { cause })
  }
}

async function weightFiles(path: string): Promise<string[]> {
  const files = await readdir(path)
  return files.filter((file) => file.endsWith('.safetensors') || file === 'model.safetensors.index.json').sort()
}

async function openWeights(path: string): Promise<BaseWeights | null> {
  const files = await weightFiles(path)
  if (files.length === 0) return null
  const open: { close(): Promise<void> }[] = []
  let bytes = 0
  const source = async (file: string) => {
    const opened = await fileSource(join(path, file))
    open.push(opened)
    bytes += opened.size
    return opened
  }
  const close = async (): Promise<void> => {
    for (const file of open.splice(0)) await file.close()
  }
  try {
    const weights = files.includes('model.safetensors.index.json')
      ? await openSafetensorsShards(await readJson(path, 'model.safetensors.index.json'), source)
      : await openSafetensors(await source(onlyFile(path, files)), onlyFile(path, files))
    return { bytes, typeOf: (name) => weightType(found(weights, name)), floats: (name, dims) => floats(weights, name, dims), close }
  } catch (error) {
    await close()
    throw error
  }
}

function onlyFile(path: string, files: readonly string[]): string {
  if (files.includes('model.safetensors')) return 'model.safetensors'
  if (files.length > 1)
    throw new AppError(
      'invalid',
      `${path} has ${files.length} *.safetensors files and no model.safetensors.index.json to say what is where; add it.`,
    )
  return files[0]!
}

function found(weights: Safetensors, name: string) {
  const tensor = weights.tensors.get(name)
  if (!tensor)
    throw new AppError('invalid', `The base's weights have no tensor ${name}, which its config.json asks for; get the whole base again.`)
  return tensor
}

async function floats(weights: Safetensors, name: string, dims: readonly number[]): Promise<Float32Array> {
  const tensor = found(weights, name)
  if (tensor.shape.join() !== dims.join()) {
    throw new AppError(
      'invalid',
      `Tensor ${name} of the base has shape [${tensor.shape.join(', ')}], but its config.json asks for [${dims.join(', ')}].`,
    )
  }
  weightType(tensor)
  const values = await weights.floats(name)
  assertFinite(name, values)
  return values
}

function declaredType(json: unknown): FloatType {
  const { dtype, torch_dtype: torchType } = json as { dtype?: unknown; torch_dtype?: unknown }
  switch (dtype ?? torchType) {
    case 'float16':
      return 'F16'
    case 'bfloat16':
      return 'BF16'
    default:
      return 'F32'
  }
}
