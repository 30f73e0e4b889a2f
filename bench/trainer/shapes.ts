/** Bases of random weights in the shapes of well-known models: speed and memory do not depend on what the weights are. */

import { createWriteStream } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { writeHfConfig, type HfConfig } from '../../src/formats/hf-config.ts'
import { safetensorsPieces } from '../../src/formats/safetensors-write.ts'
import { randomFrom } from '../../src/ml/lora/random.ts'
import { baseTensors } from '../../src/ml/lora/training-graph.ts'

const llama = (shape: Partial<HfConfig>): HfConfig => ({
  architecture: 'LlamaForCausalLM',
  vocabSize: 4096,
  hiddenSize: 256,
  intermediateSize: 640,
  layers: 5,
  heads: 8,
  kvHeads: 4,
  headSize: 32,
  contextLength: 2048,
  ropeTheta: 10_000,
  ropeScaling: null,
  normEpsilon: 1e-5,
  tiedEmbeddings: true,
  bosTokenId: 1,
  eosTokenIds: [2],
  padTokenId: 0,
  ...shape,
})

export const shapes: Readonly<Record<string, HfConfig>> = {
  '1m': llama({ hiddenSize: 128, intermediateSize: 320, layers: 3, heads: 4, kvHeads: 2 }),
  bundled: llama({}),
  '7m': llama({ hiddenSize: 288, intermediateSize: 768, layers: 6, heads: 6, kvHeads: 6, headSize: 48 }),
  '30m': llama({ vocabSize: 16_384, hiddenSize: 384, intermediateSize: 1024, layers: 14, heads: 6, kvHeads: 2, headSize: 64 }),
  // SmolLM2's three and TinyLlama's.
  '135m': llama({ vocabSize: 49_152, hiddenSize: 576, intermediateSize: 1536, layers: 30, heads: 9, kvHeads: 3, headSize: 64 }),
  '360m': llama({ vocabSize: 49_152, hiddenSize: 960, intermediateSize: 2560, layers: 32, heads: 15, kvHeads: 5, headSize: 64 }),
  '1.1b': llama({
    vocabSize: 32_000,
    hiddenSize: 2048,
    intermediateSize: 5632,
    layers: 22,
    heads: 32,
    kvHeads: 4,
    headSize: 64,
    tiedEmbeddings: false,
  }),
}

export function shapeOf(name: string): HfConfig {
  const config = shapes[name]
  if (!config) throw new Error(`${name} is not a shape; choose ${Object.keys(shapes).join(', ')}`)
  return config
}

export const parametersOf = (config: HfConfig): number =>
  baseTensors(config).reduce((sum, { dims }) => sum + dims.reduce((a, b) => a * b, 1), 0)

/** Writes a base folder with seeded weights in F32 and the bundled base's tokenizer, tensor by tensor. */
export async function writeBase(config: HfConfig, folder: string): Promise<void> {
  const bundled = new URL('../../examples/base/model/', import.meta.url)
  await mkdir(folder, { recursive: true })
  // One megabyte of normal numbers, over and over: they take longer to draw than to write.
  const random = randomFrom(1, 'weights')
  const pattern = Float32Array.from({ length: 1 << 18 }, () => 0.02 * random.normal())
  const tensors = baseTensors(config).map(({ name, dims }) => ({
    name,
    type: 'F32' as const,
    shape: dims,
    values: dims.reduce((a, b) => a * b, 1),
  }))
  const bytesOf = function* ({ values, shape }: (typeof tensors)[number]): Generator<Uint8Array> {
    for (let left = values; left > 0; left -= pattern.length) {
      const part =
        shape.length === 1 ? new Float32Array(Math.min(left, pattern.length)).fill(1) : pattern.subarray(0, Math.min(left, pattern.length))
      yield new Uint8Array(part.buffer, part.byteOffset, part.byteLength)
    }
  }
  await pipeline(safetensorsPieces(tensors, bytesOf), createWriteStream(join(folder, 'model.safetensors')))
  await writeFile(join(folder, 'config.json'), JSON.stringify(writeHfConfig(config, 'F32')))
  for (const name of ['tokenizer.json', 'tokenizer_config.json'])
    await writeFile(join(folder, name), await readFile(new URL(name, bundled)))
}
