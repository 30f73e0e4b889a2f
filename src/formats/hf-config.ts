/** Hugging Face `config.json` of a causal language model, as far as we train and serve it. Source: transformers' configuration classes. */

import { architectureNamed, architectures } from './architectures/index.ts'
import type { Architecture } from './architectures/architecture.ts'
import { traitsOf, type DecoderTraits } from './architectures/traits.ts'
import { FormatError } from './format-error.ts'
import type { FloatType } from './half.ts'
import { describe, fieldsOf, isRecord } from './strict-json.ts'

/** Shapes and constants of a decoder. Sizes are element counts. */
export interface HfConfig {
  /** As in `architectures[0]`, e.g. `LlamaForCausalLM`. */
  readonly architecture: string
  readonly vocabSize: number
  readonly hiddenSize: number
  readonly intermediateSize: number
  readonly layers: number
  readonly heads: number
  readonly kvHeads: number
  readonly headSize: number
  /** Longest sequence the base was made for, tokens. */
  readonly contextLength: number
  readonly ropeTheta: number
  readonly ropeScaling: Llama3RopeScaling | null
  readonly normEpsilon: number
  readonly tiedEmbeddings: boolean
  readonly bosTokenId: number | null
  readonly eosTokenIds: readonly number[]
  readonly padTokenId: number | null
  /** How it computes where that is not as Llama does (`traitsOf` adds the rest); absent for Llama. */
  readonly traits?: Partial<DecoderTraits>
}

export interface Llama3RopeScaling {
  readonly factor: number
  readonly lowFrequencyFactor: number
  readonly highFrequencyFactor: number
  readonly originalContextLength: number
}

/** Names of the architectures that work, as config.json has them. */
export const supportedArchitectures: readonly string[] = architectures.map(({ name }) => name)

/** Sizes far above any published model, low enough that no product of two of them leaves the exact integers. */
export const configLimits = { vocabSize: 4_194_304, width: 1_048_576, layers: 1_024, heads: 4_096, contextLength: 268_435_456 } as const

/** Reads `config.json`. Refuses, in words, whatever would make this model compute something else than transformers does. */
export function parseHfConfig(json: unknown): HfConfig {
  const config = fieldsOf(json, 'config.json')
  const named = config.value('architectures')
  const architecture = architectureNamed(Array.isArray(named) ? (named[0] as unknown) : undefined)
  const { defaults } = architecture
  const { key, value: wanted } = architecture.activation ?? { key: 'hidden_act', value: 'silu' }
  const activation = config.text(key) ?? wanted
  if (activation !== wanted)
    throw new FormatError(`config.json: the activation ${key} is ${describe(activation)}; only ${wanted} works for ${architecture.name}.`)
  for (const bias of ['attention_bias', 'mlp_bias'])
    if (config.boolean(bias, false)) throw new FormatError(`config.json: ${bias} is true; only models without biases work.`)
  if (config.value('quantization_config') !== undefined)
    throw new FormatError('config.json: the weights are quantized (quantization_config); import the unquantized F32, F16 or BF16 model.')

  const hiddenSize = config.integer('hidden_size', { min: 1, max: configLimits.width })
  const heads = config.integer('num_attention_heads', { min: 1, max: configLimits.heads })
  const kvHeads = config.integer('num_key_value_heads', { min: 1, max: configLimits.heads, default: heads })
  if (heads % kvHeads !== 0) throw new FormatError(`config.json: ${heads} attention heads cannot share ${kvHeads} key-value heads evenly.`)
  if (config.value('head_dim') === undefined && defaults?.headSize === undefined && hiddenSize % heads !== 0)
    throw new FormatError(
      `config.json: hidden_size ${hiddenSize} does not divide among ${heads} attention heads, and there is no head_dim.`,
    )
  const headSize = config.integer('head_dim', { min: 2, max: configLimits.width, default: defaults?.headSize ?? hiddenSize / heads })
  if (headSize % 2 !== 0) throw new FormatError(`config.json: head size ${headSize} is odd; rotary positions need an even one.`)

  const vocabSize = config.integer('vocab_size', { min: 1, max: configLimits.vocabSize })
  const sizes = {
    architecture: architecture.name,
    vocabSize,
    hiddenSize,
    intermediateSize: config.integer('intermediate_size', { min: 1, max: configLimits.width }),
    layers: config.integer('num_hidden_layers', { min: 1, max: configLimits.layers }),
    heads,
    kvHeads,
    headSize,
    contextLength: config.integer('max_position_embeddings', {
      min: 1,
      max: configLimits.contextLength,
      default: defaults?.contextLength ?? 2048,
    }),
    ...parseRope(config, architecture),
    normEpsilon: config.positive('rms_norm_eps', defaults?.normEpsilon ?? 1e-6),
    tiedEmbeddings: config.boolean('tie_word_embeddings', defaults?.tiedEmbeddings ?? false),
    bosTokenId: tokenIds(config.value('bos_token_id'), 'config.json: bos_token_id', vocabSize)[0] ?? null,
    eosTokenIds: tokenIds(config.value('eos_token_id'), 'config.json: eos_token_id', vocabSize),
    padTokenId: parsePadding(config.value('pad_token_id'), vocabSize),
  }
  return architecture.differences ? { ...sizes, traits: architecture.differences(config, sizes) } : sizes
}

type Fields = ReturnType<typeof fieldsOf>

/** `rope_theta` and `rope_scaling` as up to transformers 4, or `rope_parameters` as from 5 on, there by kind of layer where the kinds differ. */
function parseRope(config: Fields, architecture: Architecture): { ropeTheta: number; ropeScaling: Llama3RopeScaling | null } {
  const otherwise = architecture.defaults?.ropeTheta ?? 10_000
  const parameters = config.value('rope_parameters')
  const ofKinds = isRecord(parameters) && isRecord(parameters['full_attention']) ? parameters['full_attention'] : undefined
  const value = ofKinds ?? parameters ?? config.value('rope_scaling')
  const name = parameters === undefined ? 'rope_scaling' : ofKinds ? 'rope_parameters.full_attention' : 'rope_parameters'
  for (const place of [config, ...(isRecord(value) ? [fieldsOf(value, name)] : [])])
    if (place.value('partial_rotary_factor') !== undefined && place.value('partial_rotary_factor') !== 1)
      throw new FormatError('config.json: partial_rotary_factor turns a part of each head only; only whole heads work.')
  if (value === undefined) return { ropeTheta: config.positive('rope_theta', otherwise), ropeScaling: null }
  const rope = fieldsOf(value, `config.json: ${name}`)
  const ropeTheta = rope.value('rope_theta') === undefined ? config.positive('rope_theta', otherwise) : rope.positive('rope_theta')
  const type = rope.text('rope_type') ?? rope.text('type') ?? 'default'
  if (type === 'default') return { ropeTheta, ropeScaling: null }
  // llama.cpp takes the factors of this scaling for its own llama only.
  const working =
    architecture.gguf.name === 'llama' ? 'those that work are default and llama3' : `only default works for ${architecture.name}`
  if (type !== 'llama3' || architecture.gguf.name !== 'llama')
    throw new FormatError(`config.json: ${name} is of type ${describe(type)}; ${working}.`)
  const ropeScaling = {
    factor: rope.positive('factor'),
    lowFrequencyFactor: rope.positive('low_freq_factor'),
    highFrequencyFactor: rope.positive('high_freq_factor'),
    originalContextLength: rope.integer('original_max_position_embeddings', { min: 1, max: configLimits.contextLength }),
  }
  if (ropeScaling.highFrequencyFactor <= ropeScaling.lowFrequencyFactor)
    throw new FormatError(`config.json: ${name} needs a high_freq_factor above its low_freq_factor.`)
  return { ropeTheta, ropeScaling }
}

/** One id or a list; absent and null are none. */
function tokenIds(value: unknown, what: string, vocabSize: number): number[] {
  const ids: unknown[] = value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]
  for (const id of ids)
    if (!Number.isSafeInteger(id) || (id as number) < 0 || (id as number) >= vocabSize)
      throw new FormatError(`${what} names ${describe(id)}; a token id from 0 to ${vocabSize - 1} is needed.`)
  return [...new Set(ids as number[])]
}

/** Some published models say -1 for none. */
function parsePadding(value: unknown, vocabSize: number): number | null {
  return value === -1 ? null : (tokenIds(value, 'config.json: pad_token_id', vocabSize)[0] ?? null)
}

const torchTypes = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const satisfies Record<FloatType, string>

/** `config.json` for weights of the given type, in the form that both transformers 4 and 5 read. */
export function writeHfConfig(config: HfConfig, type: FloatType): Record<string, unknown> {
  const scaling = config.ropeScaling
  const architecture = architectureNamed(config.architecture)
  return {
    architectures: [config.architecture],
    model_type: architecture.modelType,
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headSize,
    ...(architecture.activation ? {} : { hidden_act: 'silu' }),
    max_position_embeddings: config.contextLength,
    rope_theta: config.ropeTheta,
    rope_scaling: scaling && {
      rope_type: 'llama3',
      factor: scaling.factor,
      low_freq_factor: scaling.lowFrequencyFactor,
      high_freq_factor: scaling.highFrequencyFactor,
      original_max_position_embeddings: scaling.originalContextLength,
    },
    rms_norm_eps: config.normEpsilon,
    attention_bias: false,
    mlp_bias: false,
    attention_dropout: 0,
    initializer_range: 0.02,
    tie_word_embeddings: config.tiedEmbeddings,
    bos_token_id: config.bosTokenId,
    eos_token_id: config.eosTokenIds.length > 1 ? [...config.eosTokenIds] : (config.eosTokenIds[0] ?? null),
    pad_token_id: config.padTokenId,
    torch_dtype: torchTypes[type],
    use_cache: true,
    ...architecture.written?.(config, traitsOf(config)),
  }
}

/** Keys that transformers declares as float; from version 5 on it refuses a whole number there, and JSON knows no other way to write 30. */
const floats = 'rope_theta|rope_local_base_freq|factor|low_freq_factor|high_freq_factor|attn_logit_softcapping|final_logit_softcapping'

/** The text of config.json. */
export function hfConfigText(config: HfConfig, type: FloatType): string {
  const text = JSON.stringify(writeHfConfig(config, type), null, 2)
  return `${text.replaceAll(new RegExp(`("(?:${floats})": \\d+)(?=[,\\n])`, 'g'), '$1.0')}\n`
}

/** The config with the end tokens of `generation_config.json` added: chat models often name their end of turn only there. */
export function withGenerationConfig(config: HfConfig, json: unknown): HfConfig {
  if (!isRecord(json)) throw new FormatError(`generation_config.json must be a JSON object, not ${describe(json)}.`)
  const ends = tokenIds(json['eos_token_id'], 'generation_config.json: eos_token_id', config.vocabSize)
  return { ...config, eosTokenIds: [...new Set([...ends, ...config.eosTokenIds])] }
}
