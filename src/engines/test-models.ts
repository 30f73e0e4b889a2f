/** Models small enough to make in a test: a random chat model with its own tokenizer, adapters over it, and the real stories260K where it is at hand. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseHfConfig, type HfConfig } from '../formats/hf-config.ts'
import { adapterToGguf, modelToGguf, type HfModel } from '../formats/hf-to-gguf.ts'
import { bytesSource } from '../formats/byte-source.ts'
import type { GgufWriteType } from '../formats/gguf-write.ts'
import { expectedTensors, projectionShape, projectionsOf } from '../formats/llama-tensors.ts'
import type { Adapter } from '../formats/peft.ts'
import { openSafetensors } from '../formats/safetensors.ts'
import { writeSafetensors } from '../formats/safetensors-write.ts'
import { randomFrom } from '../ml/lora/random.ts'
import { trainBpe } from '../ml/tokenizer/train-bpe.ts'
import type { Blobs, Digest } from '../storage/blobs.ts'

/** The template of the chat model: each turn between its role's token and an end token. */
export const testTemplate =
  '{% for message in messages %}<|{{ message.role }}|>\n{{ message.content | trim }}<|end|>\n{% endfor %}' +
  '{% if add_generation_prompt %}<|assistant|>\n{% endif %}'

const specialTokens = ['<|begin|>', '<|end|>', '<|system|>', '<|user|>', '<|assistant|>']

/**
 * A Llama with random weights, tied embeddings, grouped-query attention and a byte-level tokenizer that knows some Latin and Devanagari.
 * `sharpness` is the spread of the embedding: at 1 its distributions are as narrow as a trained model's.
 */
export async function randomChatModel(seed: number, changes: Record<string, unknown> = {}, sharpness = 1): Promise<HfModel> {
  const pattern = /\p{N}| ?\p{L}+| ?[^\s\p{L}\p{N}]+|\s+/gu
  const texts = Array.from(
    { length: 40 },
    (_, i) => `the user asked for ${i} words in मराठी भाषा and the end of the story was told in 5 days`,
  )
  const { tokens, merges } = trainBpe(texts, { vocabularySize: 320, pattern, specialTokens, wholeCharacters: [] })
  const config = parseHfConfig({
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: 64,
    intermediate_size: 96,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    vocab_size: tokens.length,
    max_position_embeddings: 256,
    rms_norm_eps: 1e-5,
    rope_theta: 10000,
    tie_word_embeddings: true,
    bos_token_id: 0,
    eos_token_id: 1,
    ...changes,
  })
  return {
    config,
    weights: await openSafetensors(bytesSource(randomWeights(config, seed, sharpness))),
    tokenizer: {
      version: '1.0',
      added_tokens: specialTokens.map((content, id) => ({
        id,
        content,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      })),
      normalizer: null,
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          { type: 'Digits', individual_digits: true },
          { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
        ],
      },
      post_processor: null,
      decoder: { type: 'ByteLevel' },
      model: { type: 'BPE', vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges },
    },
    tokenizerConfig: { bos_token: '<|begin|>', eos_token: '<|end|>', add_bos_token: false, chat_template: testTemplate },
  }
}

function randomWeights(config: HfConfig, seed: number, sharpness: number): Uint8Array {
  const tensors = [...expectedTensors(config)].map(([name, shape]) => {
    const random = randomFrom(seed, name)
    const count = shape.reduce((product, length) => product * length, 1)
    // Large enough that answers differ from prompt to prompt, and attention is not flat.
    const spread = name.includes('embed') ? sharpness : 2 / Math.sqrt(shape.at(-1)!)
    const values = Float32Array.from({ length: count }, () => (shape.length === 1 ? 1 + 0.1 * random.normal() : spread * random.normal()))
    return { name, type: 'F32' as const, shape, values }
  })
  return writeSafetensors(tensors)
}

/** A LoRA adapter over every projection, with both halves random. */
export function randomAdapter(config: HfConfig, seed: number, options: { rank?: number; strength?: number } = {}): Adapter {
  const { rank = 4, strength = 1 } = options
  const targetModules = projectionsOf(config)
  const modules = Array.from({ length: config.layers }, (_, layer) =>
    targetModules.map((projection) => {
      const [rows, columns] = projectionShape(config, projection)
      const random = randomFrom(seed, `${layer}.${projection}`)
      const draw = (count: number, spread: number): Float32Array => Float32Array.from({ length: count }, () => spread * random.normal())
      return { layer, projection, a: draw(rank * columns, 1 / Math.sqrt(columns)), b: draw(rows * rank, strength / Math.sqrt(rank)) }
    }),
  ).flat()
  return { config: { rank, alpha: 2 * rank, rankStabilised: false, targetModules, baseModel: null }, modules }
}

/** The base as a stored GGUF. */
export async function storeModel(blobs: Blobs, model: HfModel, type: GgufWriteType = 'F32'): Promise<Digest> {
  return (await blobs.put(modelToGguf(model, { name: 'test', type }))).digest
}

/** The adapter as a stored GGUF. */
export async function storeAdapter(blobs: Blobs, adapter: Adapter, config: HfConfig): Promise<Digest> {
  return (await blobs.put(adapterToGguf(adapter, config, { name: 'test adapter' }))).digest
}

const storiesFolder = join(process.env['COMMONWEIGHTS_SHARED_DATA'] ?? '../shared/data', '06-weights/stories260K/hf')

/** Why a test of the real checkpoint is skipped, or false. */
export const storiesMissing: string | false = existsSync(join(storiesFolder, 'model.safetensors'))
  ? false
  : `the checkpoint stories260K is not at ${storiesFolder}; set COMMONWEIGHTS_SHARED_DATA`

/** A real Llama of 260,000 parameters that somebody else trained, and what it says from nothing, greedily. */
export async function storiesModel(): Promise<HfModel & { readonly greedyText: string; readonly greedyTokens: readonly number[] }> {
  const json = (file: string): unknown => JSON.parse(readFileSync(join(storiesFolder, file), 'utf8'))
  const golden = json('golden_greedy.json') as { greedy_text: string; greedy_from_bos_ids_200: number[] }
  return {
    config: parseHfConfig(json('config.json')),
    weights: await openSafetensors(bytesSource(readFileSync(join(storiesFolder, 'model.safetensors')))),
    tokenizer: json('tokenizer.json'),
    tokenizerConfig: json('tokenizer_config.json'),
    greedyText: golden.greedy_text,
    greedyTokens: golden.greedy_from_bos_ids_200,
  }
}
