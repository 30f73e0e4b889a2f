/** Gemma 2: four norms a layer that multiply by 1 + w, a scaled embedding, soft caps, and a window in every other layer. */

import { FormatError } from '../format-error.ts'
import { describe } from '../strict-json.ts'
import {
  layerTypes,
  windowedLayers,
  windowPeriod,
  windows,
  windowSize,
  type Architecture,
  type ConfigFields,
  type Sizes,
} from './architecture.ts'
import type { DecoderTraits } from './traits.ts'

export const gemma2: Architecture = {
  name: 'Gemma2ForCausalLM',
  modelType: 'gemma2',
  title: 'Gemma 2',
  defaults: { contextLength: 8_192, headSize: 256, tiedEmbeddings: true },
  activation: { key: 'hidden_activation', value: 'gelu_pytorch_tanh' },
  differences: (config, sizes) => ({
    ...gemmaDifferences(config, sizes, { layersOf27B: 46, period: 2, attentionSoftCap: 50, logitSoftCap: 30 }),
  }),
  written: writtenGemma,
  gguf: { name: 'gemma2', turnsNeighbours: false, knowsWindows: true },
}

/** What Gemma 2 and 3 share. `layersOf27B`: by their number llama.cpp tells the one model whose scores are scaled by hidden size / heads. */
export function gemmaDifferences(
  config: ConfigFields,
  sizes: Sizes,
  defaults: {
    readonly layersOf27B: number
    readonly period: number
    readonly attentionSoftCap: number | null
    readonly logitSoftCap: number | null
  },
): Partial<DecoderTraits> {
  const { hiddenSize, heads, headSize, layers } = sizes
  if (!sizes.tiedEmbeddings)
    throw new FormatError('config.json: tie_word_embeddings is false; llama.cpp knows Gemma with tied embeddings only.')
  if (config.boolean('use_bidirectional_attention', false))
    throw new FormatError('config.json: use_bidirectional_attention is true; only models that read from left to right work.')
  const scalar = config.positive('query_pre_attn_scalar', 256)
  const served = layers === defaults.layersOf27B ? Math.floor(hiddenSize / heads) : headSize
  if (scalar !== served)
    throw new FormatError(
      `config.json: query_pre_attn_scalar is ${describe(scalar)}, but llama.cpp takes ${served} for a model of ${layers} layers; the two would answer differently.`,
    )
  const windowed = windowedLayers(config, layers, (layer) => (layer + 1) % (windowPattern(config) ?? defaults.period) !== 0)
  if (windowPeriod(windowed) === null)
    throw new FormatError('config.json: layer_types follows no period; llama.cpp knows windows in all but every n-th layer only.')
  return {
    normsAfter: true,
    normOffset: 1,
    activation: 'gelu-tanh',
    embeddingScale: Math.sqrt(hiddenSize),
    attentionScale: 1 / Math.sqrt(scalar),
    attentionSoftCap: softCap(config, 'attn_logit_softcapping', defaults.attentionSoftCap),
    logitSoftCap: softCap(config, 'final_logit_softcapping', defaults.logitSoftCap),
    ...windows(windowSize(config, 4_096), windowed),
  }
}

export function writtenGemma(_: unknown, traits: DecoderTraits): Record<string, unknown> {
  const scalar = traits.attentionScale ** -2
  return {
    hidden_activation: 'gelu_pytorch_tanh',
    // The square of a square root is off by a few last bits; the file holds a whole number.
    query_pre_attn_scalar: Math.round(scalar),
    attn_logit_softcapping: traits.attentionSoftCap,
    final_logit_softcapping: traits.logitSoftCap,
    sliding_window: traits.slidingWindow,
    ...(traits.slidingWindow === null ? {} : { layer_types: layerTypes(traits.windowedLayers) }),
  }
}

/** Older Gemma 3 files say every how many layers one sees everything. */
function windowPattern(config: ConfigFields): number | undefined {
  const key = ['sliding_window_pattern', '_sliding_window_pattern'].find((name) => config.value(name) !== undefined)
  return key === undefined ? undefined : config.integer(key, { min: 1, max: 1_024 })
}

/** null and absent differ, as in transformers. */
function softCap(config: ConfigFields, key: string, otherwise: number | null): number | null {
  if (config.record[key] === null) return null
  return config.value(key) === undefined ? otherwise : config.positive(key)
}
