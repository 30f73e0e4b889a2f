/** Gemma 3, text only: Gemma 2 without the caps, with norms over heads, five windowed layers to one, and a rotary base of their own in these. */

import { FormatError } from '../format-error.ts'
import { describe, fieldsOf, isRecord } from '../strict-json.ts'
import type { Architecture, ConfigFields } from './architecture.ts'
import { gemmaDifferences, writtenGemma } from './gemma2.ts'

export const gemma3: Architecture = {
  name: 'Gemma3ForCausalLM',
  modelType: 'gemma3_text',
  title: 'Gemma 3 (text)',
  defaults: { contextLength: 131_072, headSize: 256, ropeTheta: 1_000_000, tiedEmbeddings: true },
  activation: { key: 'hidden_activation', value: 'gelu_pytorch_tanh' },
  differences: (config, sizes) => {
    const shared = gemmaDifferences(config, sizes, { layersOf27B: 62, period: 6, attentionSoftCap: null, logitSoftCap: null })
    // transformers reads the key and its attention then ignores it; llama.cpp does not know it.
    if (shared.attentionSoftCap !== null)
      throw new FormatError('config.json: attn_logit_softcapping is set; Gemma 3 has no cap on its scores.')
    return { ...shared, queryKeyNorms: true, windowedRopeTheta: windowedRopeTheta(config) }
  },
  written: (config, traits) => ({
    ...writtenGemma(config, traits),
    rope_local_base_freq: traits.windowedRopeTheta,
    // For transformers 5; older ones read rope_theta and rope_local_base_freq.
    rope_parameters: {
      full_attention: { rope_type: 'default', rope_theta: config.ropeTheta },
      sliding_attention: { rope_type: 'default', rope_theta: traits.windowedRopeTheta },
    },
  }),
  gguf: { name: 'gemma3', turnsNeighbours: false, knowsWindows: true },
}

function windowedRopeTheta(config: ConfigFields): number {
  const parameters = config.value('rope_parameters')
  const own = isRecord(parameters) ? parameters['sliding_attention'] : undefined
  if (own === undefined || own === null) return config.positive('rope_local_base_freq', 10_000)
  const rope = fieldsOf(own, 'config.json: rope_parameters.sliding_attention')
  const type = rope.text('rope_type') ?? 'default'
  if (type !== 'default')
    throw new FormatError(`config.json: rope_parameters.sliding_attention is of type ${describe(type)}; only default works.`)
  return rope.positive('rope_theta', 10_000)
}
