/** Reads the stored files of a base model and refuses whatever could not be trained or served. */

import { readFile } from 'node:fs/promises'
import { FormatError } from '../../formats/format-error.ts'
import { parseHfConfig, withGenerationConfig, type HfConfig } from '../../formats/hf-config.ts'
import type { HfModel } from '../../formats/hf-to-gguf.ts'
import { whatLlamaCppSplitsOtherwise } from '../../formats/gguf-tokenizer.ts'
import { checkTokenizerJson } from '../../formats/hf-tokenizer.ts'
import { checkTensors, expectedTensors } from '../../formats/llama-tensors.ts'
import { openSafetensors, openSafetensorsShards, type Safetensors } from '../../formats/safetensors.ts'
import { parseStrictJson } from '../../formats/strict-json.ts'
import { parseTokenizerConfig } from '../../formats/tokenizer-config.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { StoredFile } from '../../storage/schema.ts'
import { weightFiles } from './base-files.ts'
import { openFileSource } from './open-file-source.ts'

export interface OpenBase extends AsyncDisposable {
  readonly model: HfModel
  readonly parameters: number
  readonly hasChatTemplate: boolean
  /** True where every weight is F16 already, so that an F16 artefact loses nothing. */
  readonly isHalf: boolean
}

/** config.json as bytes, with the end tokens of generation_config.json. */
export function readConfig(config: Uint8Array, generation: Uint8Array | null): HfConfig {
  const parsed = parseHfConfig(parseStrictJson(config, 'config.json'))
  return generation === null ? parsed : withGenerationConfig(parsed, parseStrictJson(generation, 'generation_config.json'))
}

/** Opens the base from blob storage; dispose of it when done. Checks config, tokenizer and tensor shapes; weights are checked as they are read. */
export async function openBase(blobs: Blobs, files: readonly StoredFile[]): Promise<OpenBase> {
  const find = (path: string) => files.find((file) => file.path === path)
  const bytes = async (path: string): Promise<Uint8Array | null> => {
    const file = find(path)
    return file ? readFile(await blobs.file(file.digest)) : null
  }
  const json = async (path: string): Promise<unknown> => {
    const found = await bytes(path)
    return found === null ? null : parseStrictJson(found, path)
  }
  const config = readConfig((await bytes('config.json')) as Uint8Array, await bytes('generation_config.json'))
  const template = await bytes('chat_template.jinja')
  const tokenizer = await json('tokenizer.json')
  const tokenizerConfig = await json('tokenizer_config.json')
  const chatTemplate = template === null ? null : decodeText(template, 'chat_template.jinja')
  checkVocabulary(config, tokenizer)
  const stack = new AsyncDisposableStack()
  try {
    const weights = await openWeights(blobs, files, stack)
    checkTensors(config, weights.tensors)
    const used = [...expectedTensors(config)]
    return {
      model: { config, weights, tokenizer, tokenizerConfig, chatTemplate },
      parameters: used.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0),
      hasChatTemplate: parseTokenizerConfig(tokenizerConfig, chatTemplate).chatTemplate !== null,
      isHalf: used.every(([name]) => weights.tensors.get(name)?.type === 'F16'),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

/** What llama.cpp by itself splits otherwise than the base's tokenizer, each as a part of a sentence. The engine here splits as the tokenizer does. */
export async function splitOtherwise(blobs: Blobs, files: readonly StoredFile[]): Promise<readonly string[]> {
  const file = files.find(({ path }) => path === 'tokenizer.json')
  return file ? whatLlamaCppSplitsOtherwise(checkTokenizerJson(parseStrictJson(await blobs.get(file.digest), file.path))) : []
}

async function openWeights(blobs: Blobs, files: readonly StoredFile[], stack: AsyncDisposableStack): Promise<Safetensors> {
  const open = async (path: string) => {
    const file = files.find((stored) => stored.path === path)
    if (!file) throw new FormatError(`model.safetensors.index.json names ${path}, which is not there.`)
    return stack.use(await openFileSource(await blobs.file(file.digest)))
  }
  const names = weightFiles(files.map(({ path }) => path))
  const index = files.find(({ path }) => path === 'model.safetensors.index.json')
  if (index && !(names.length === 1 && names[0] === 'model.safetensors'))
    return openSafetensorsShards(parseStrictJson(await readFile(await blobs.file(index.digest)), index.path), open)
  const only = names.includes('model.safetensors') ? 'model.safetensors' : (names[0] as string)
  return openSafetensors(await open(only), only)
}

function checkVocabulary(config: HfConfig, tokenizer: unknown): void {
  const { ids, added } = checkTokenizerJson(tokenizer)
  let highest = -1
  for (const id of ids.values()) highest = Math.max(highest, id)
  for (const token of added) highest = Math.max(highest, token.id)
  if (highest >= config.vocabSize)
    throw new FormatError(
      `tokenizer.json has a token ${highest}, but config.json says there are ${config.vocabSize}; the two do not belong together.`,
    )
}

function decodeText(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new FormatError(`${file} is not valid UTF-8.`, undefined, { cause })
  }
}
