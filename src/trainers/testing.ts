/** What tests of trainers use: a base too small to wait for, made on the spot. Not for the program itself. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FloatType } from '../formats/half.ts'
import { writeHfConfig, type HfConfig } from '../formats/hf-config.ts'
import { writeSafetensors } from '../formats/safetensors-write.ts'
import { initialTrainables, trainableTensors } from '../ml/lora/training-graph.ts'
import { printableBytes } from '../ml/tokenizer/train-bpe.ts'
import type { Recipe, TrainingExample } from './trainer.ts'

const specialTokens = ['<|pad|>', '<|begin|>', '<|end|>', '<|system|>', '<|user|>', '<|assistant|>']

export const tinyConfig: HfConfig = {
  architecture: 'LlamaForCausalLM',
  vocabSize: specialTokens.length + 256,
  hiddenSize: 32,
  intermediateSize: 48,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headSize: 8,
  contextLength: 64,
  ropeTheta: 10_000,
  ropeScaling: null,
  normEpsilon: 1e-5,
  tiedEmbeddings: true,
  bosTokenId: 1,
  eosTokenIds: [2],
  padTokenId: 0,
}

/** A base folder: bytes as tokens, a chat template that ends turns with <|end|>, and seeded random weights unless told not to. */
export function writeTinyBase(
  folder: string,
  options: { weights?: boolean; type?: FloatType; addBos?: boolean; config?: Partial<HfConfig> } = {},
): string {
  const config = { ...tinyConfig, ...options.config }
  const { weights = true, type = 'F32', addBos = false } = options
  mkdirSync(folder, { recursive: true })
  const write = (name: string, json: unknown) => writeFileSync(join(folder, name), JSON.stringify(json))
  write('config.json', writeHfConfig(config, type))
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false }
  write('tokenizer.json', {
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
    pre_tokenizer: bytes,
    post_processor: null,
    decoder: bytes,
    model: { type: 'BPE', vocab: Object.fromEntries([...specialTokens, ...printableBytes].map((token, id) => [token, id])), merges: [] },
  })
  write('tokenizer_config.json', {
    bos_token: '<|begin|>',
    eos_token: '<|end|>',
    pad_token: '<|pad|>',
    add_bos_token: addBos,
    chat_template:
      "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>{{ '\\n' }}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}",
  })
  if (weights) {
    const values = initialTrainables(config, { kind: 'full' }, 7)
    // Ten times the usual spread: an adapter can only turn what is there, and from weights near nothing it learns nothing.
    for (const [name, matrix] of values) if (!name.endsWith('norm.weight')) for (let i = 0; i < matrix.length; i += 1) matrix[i]! *= 10
    const tensors = trainableTensors(config, { kind: 'full' }).map(({ name, dims }) => ({
      name,
      type,
      shape: dims,
      values: values.get(name)!,
    }))
    writeFileSync(join(folder, 'model.safetensors'), writeSafetensors(tensors))
  }
  return folder
}

/** Something to learn by heart: what follows each letter. */
export const letterExamples: readonly TrainingExample[] = [...'abcdefghijklmnopqrstuvwx'].map((letter, i) => ({
  prompt: `${letter}:`,
  completion: String.fromCharCode(65 + ((i * 7) % 24)).repeat(1 + (i % 3) * 4),
}))

/** Which of two letters should follow each letter. */
export const letterPreferences: readonly TrainingExample[] = [...'abcdefghijklmnopqrstuvwx'].map((letter, i) => ({
  prompt: `${letter}:`,
  chosen: String.fromCharCode(65 + ((i * 7) % 24)).repeat(1 + (i % 3)),
  rejected: String.fromCharCode(65 + ((i * 5 + 3) % 24)).repeat(1 + (i % 2) * 3),
}))

export function writeExamples(file: string, examples: readonly unknown[] = letterExamples): string {
  writeFileSync(file, examples.map((example) => JSON.stringify(example) + '\n').join(''))
  return file
}

export const tinyRecipe: Recipe = {
  method: { kind: 'lora', rank: 4, alpha: 8, targetModules: ['q_proj', 'v_proj', 'o_proj', 'up_proj', 'down_proj'] },
  epochs: 4,
  maxSteps: null,
  maxLength: 32,
  batchSize: 4,
  accumulation: 1,
  learningRate: 0.01,
  schedule: 'cosine',
  warmup: 0.1,
  weightDecay: 0.01,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  clip: 1,
  seed: 11,
  checkpointEvery: 5,
  preferenceBeta: 0.1,
  recompute: false,
  precision: 'float32',
  validation: 0,
  patience: null,
  average: 0,
  mix: {},
}

/** An empty folder that goes away with the test. */
export function temporaryFolder(lifetime: { after(cleanUp: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'commonweights-trainer-'))
  lifetime.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}
