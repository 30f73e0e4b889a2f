import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hfConfigText, parseHfConfig, writeHfConfig } from '../hf-config.ts'
import { expectedTensors, projectionsOf } from '../llama-tensors.ts'
import { brokenJson, survives } from '../testing/fuzz.ts'
import { windowPeriod } from './architecture.ts'
import { architectures } from './index.ts'
import { traitsOf, windowOf } from './traits.ts'

/** config.json in the form in which each family's models are published, as far as it is read. */
const published = {
  SmolLM2: {
    ...{ architectures: ['LlamaForCausalLM'], model_type: 'llama', hidden_act: 'silu', attention_bias: false, mlp_bias: false },
    ...{ hidden_size: 576, intermediate_size: 1536, num_hidden_layers: 30, num_attention_heads: 9, num_key_value_heads: 3 },
    ...{ max_position_embeddings: 8192, rms_norm_eps: 1e-5, rope_scaling: null, rope_theta: 100000, rope_interleaved: false },
    ...{ tie_word_embeddings: true, vocab_size: 49152, bos_token_id: 0, eos_token_id: 0, torch_dtype: 'bfloat16' },
  },
  'Llama 3.2': {
    ...{ architectures: ['LlamaForCausalLM'], model_type: 'llama', hidden_act: 'silu', attention_bias: false, mlp_bias: false },
    ...{ hidden_size: 2048, intermediate_size: 8192, num_hidden_layers: 16, num_attention_heads: 32, num_key_value_heads: 8, head_dim: 64 },
    ...{ max_position_embeddings: 131072, rms_norm_eps: 1e-5, rope_theta: 500000, tie_word_embeddings: true, vocab_size: 128256 },
    rope_scaling: {
      ...{ factor: 32, high_freq_factor: 4, low_freq_factor: 1, original_max_position_embeddings: 8192, rope_type: 'llama3' },
    },
    ...{ bos_token_id: 128000, eos_token_id: [128001, 128008, 128009] },
  },
  'Mistral 0.1': {
    ...{ architectures: ['MistralForCausalLM'], model_type: 'mistral', hidden_act: 'silu', sliding_window: 4096, rope_theta: 10000 },
    ...{ hidden_size: 4096, intermediate_size: 14336, num_hidden_layers: 32, num_attention_heads: 32, num_key_value_heads: 8 },
    ...{
      max_position_embeddings: 32768,
      rms_norm_eps: 1e-5,
      tie_word_embeddings: false,
      vocab_size: 32000,
      bos_token_id: 1,
      eos_token_id: 2,
    },
  },
  'Qwen2.5': {
    ...{ architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2', hidden_act: 'silu', use_sliding_window: false, sliding_window: 32768 },
    ...{ hidden_size: 896, intermediate_size: 4864, num_hidden_layers: 24, num_attention_heads: 14, num_key_value_heads: 2 },
    ...{ max_position_embeddings: 32768, max_window_layers: 21, rms_norm_eps: 1e-6, rope_theta: 1000000, tie_word_embeddings: true },
    ...{ vocab_size: 151936, bos_token_id: 151643, eos_token_id: 151645 },
  },
  Qwen3: {
    ...{ architectures: ['Qwen3ForCausalLM'], model_type: 'qwen3', hidden_act: 'silu', use_sliding_window: false, sliding_window: null },
    ...{ attention_bias: false, head_dim: 128, hidden_size: 1024, intermediate_size: 3072, num_hidden_layers: 28, num_attention_heads: 16 },
    ...{ num_key_value_heads: 8, max_position_embeddings: 40960, max_window_layers: 28, rms_norm_eps: 1e-6, rope_scaling: null },
    ...{ rope_theta: 1000000, tie_word_embeddings: true, vocab_size: 151936, bos_token_id: 151643, eos_token_id: 151645 },
  },
  'Gemma 2 27B': {
    ...{
      architectures: ['Gemma2ForCausalLM'],
      model_type: 'gemma2',
      hidden_act: 'gelu_pytorch_tanh',
      hidden_activation: 'gelu_pytorch_tanh',
    },
    ...{ attn_logit_softcapping: 50, final_logit_softcapping: 30, query_pre_attn_scalar: 144, sliding_window: 4096, head_dim: 128 },
    ...{ hidden_size: 4608, intermediate_size: 36864, num_hidden_layers: 46, num_attention_heads: 32, num_key_value_heads: 16 },
    ...{ max_position_embeddings: 8192, rms_norm_eps: 1e-6, rope_theta: 10000, vocab_size: 256000, attention_bias: false },
    ...{ bos_token_id: 2, eos_token_id: 1, pad_token_id: 0 },
  },
  'Gemma 3 1B': {
    ...{ architectures: ['Gemma3ForCausalLM'], model_type: 'gemma3_text', hidden_activation: 'gelu_pytorch_tanh', attention_bias: false },
    ...{ attn_logit_softcapping: null, final_logit_softcapping: null, query_pre_attn_scalar: 256, sliding_window: 512, head_dim: 256 },
    ...{ sliding_window_pattern: 6, rope_local_base_freq: 10000, rope_theta: 1000000, rope_scaling: null, rms_norm_eps: 1e-6 },
    ...{ hidden_size: 1152, intermediate_size: 6912, num_hidden_layers: 26, num_attention_heads: 4, num_key_value_heads: 1 },
    ...{ max_position_embeddings: 32768, vocab_size: 262144, bos_token_id: 2, eos_token_id: [1, 106], pad_token_id: 0 },
  },
  'Phi-3 mini 4k': {
    ...{ architectures: ['Phi3ForCausalLM'], model_type: 'phi3', hidden_act: 'silu', sliding_window: 2047, attention_bias: false },
    ...{ hidden_size: 3072, intermediate_size: 8192, num_hidden_layers: 32, num_attention_heads: 32, num_key_value_heads: 32 },
    ...{ max_position_embeddings: 4096, original_max_position_embeddings: 4096, rms_norm_eps: 1e-5, rope_scaling: null, rope_theta: 10000 },
    ...{ tie_word_embeddings: false, vocab_size: 32064, bos_token_id: 1, eos_token_id: 32000, pad_token_id: 32000 },
  },
}

const parameters = (config: ReturnType<typeof parseHfConfig>): number =>
  [...expectedTensors(config).values()].reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0)

test('configs as published have the number of parameters that their model cards give', () => {
  const millions = Object.fromEntries(
    Object.entries(published).map(([name, json]) => [name, Number((parameters(parseHfConfig(json)) / 1e6).toPrecision(3))]),
  )
  assert.deepEqual(millions, {
    SmolLM2: 135,
    'Llama 3.2': 1240,
    'Mistral 0.1': 7240,
    'Qwen2.5': 494,
    Qwen3: 596,
    'Gemma 2 27B': 27200,
    'Gemma 3 1B': 1000,
    'Phi-3 mini 4k': 3820,
  })
})

test('configs as published, written and read again, are the same', () => {
  for (const json of Object.values(published)) {
    const config = parseHfConfig(json)
    assert.deepEqual(parseHfConfig(JSON.parse(JSON.stringify(writeHfConfig(config, 'BF16')))), config)
  }
})

test('whole numbers are written as floats where transformers wants floats', () => {
  const text = hfConfigText(parseHfConfig(published['Gemma 2 27B']), 'BF16')
  for (const line of [
    '"attn_logit_softcapping": 50.0',
    '"final_logit_softcapping": 30.0',
    '"rope_theta": 10000.0',
    '"query_pre_attn_scalar": 144,',
  ])
    assert.ok(text.includes(line), line)
  assert.deepEqual(parseHfConfig(JSON.parse(text)), parseHfConfig(published['Gemma 2 27B']))
})

test('each family differs from Llama as its report says', () => {
  const traits = (name: keyof typeof published) => traitsOf(parseHfConfig(published[name]))
  assert.equal(parseHfConfig(published.SmolLM2).traits, undefined)
  assert.deepEqual(traits('Mistral 0.1').windowedLayers, Array(32).fill(true))
  assert.deepEqual(traits('Qwen2.5').biases, ['q_proj', 'k_proj', 'v_proj'])
  assert.equal(traits('Qwen2.5').slidingWindow, null, 'a window that is not used is none')
  assert.equal(traits('Qwen3').queryKeyNorms, true)
  const gemma2 = traits('Gemma 2 27B')
  assert.deepEqual([gemma2.normOffset, gemma2.attentionSoftCap, gemma2.logitSoftCap, gemma2.attentionScale], [1, 50, 30, 1 / 12])
  assert.deepEqual([0, 1, 2].map((layer) => windowOf(gemma2, layer)), [4096, null, 4096]) // prettier-ignore
  const gemma3 = traits('Gemma 3 1B')
  assert.deepEqual([4, 5, 6, 11].map((layer) => windowOf(gemma3, layer)), [512, null, 512, null]) // prettier-ignore
  assert.deepEqual([gemma3.windowedRopeTheta, parseHfConfig(published['Gemma 3 1B']).ropeTheta], [10000, 1000000])
  assert.deepEqual(projectionsOf(parseHfConfig(published['Phi-3 mini 4k'])), ['qkv_proj', 'o_proj', 'gate_up_proj', 'down_proj'])
})

test('what transformers or llama.cpp would compute otherwise is refused by name', () => {
  const refused: [keyof typeof published, object, RegExp][] = [
    [
      'Gemma 3 1B',
      { architectures: ['Gemma3ForConditionalGeneration'] },
      /the architecture is "Gemma3ForConditionalGeneration"; those that work/,
    ],
    ['Gemma 3 1B', { hidden_activation: 'gelu' }, /hidden_activation is "gelu"; only gelu_pytorch_tanh works for Gemma3ForCausalLM/],
    ['Gemma 3 1B', { attn_logit_softcapping: 50 }, /Gemma 3 has no cap on its scores/],
    ['Gemma 3 1B', { rope_scaling: { rope_type: 'linear', factor: 8 } }, /of type "linear"; only default works for Gemma3ForCausalLM/],
    ['Gemma 3 1B', { use_bidirectional_attention: true }, /only models that read from left to right work/],
    ['Gemma 2 27B', { query_pre_attn_scalar: 128 }, /query_pre_attn_scalar is 128, but llama\.cpp takes 144 for a model of 46 layers/],
    ['Gemma 2 27B', { tie_word_embeddings: false }, /llama\.cpp knows Gemma with tied embeddings only/],
    ['Gemma 2 27B', { layer_types: ['full_attention'] }, /a type for each of the 46 layers/],
    ['Gemma 2 27B', { layer_types: Array(46).fill('chunked_attention') }, /layer_types names "chunked_attention"/],
    ['Qwen3', { rope_scaling: { rope_type: 'yarn', factor: 4 } }, /of type "yarn"; only default works for Qwen3ForCausalLM/],
    ['Qwen3', { attention_bias: true }, /attention_bias is true/],
    [
      'Phi-3 mini 4k',
      { rope_scaling: { type: 'longrope', short_factor: [1], long_factor: [1] } },
      /of type "longrope"; only default works/,
    ],
    ['Phi-3 mini 4k', { partial_rotary_factor: 0.75 }, /partial_rotary_factor turns a part of each head only/],
  ]
  for (const [name, change, message] of refused)
    assert.throws(() => parseHfConfig({ ...published[name], ...change }), { name: 'FormatError', message })
  const uneven = Array.from({ length: 26 }, (_, layer) => (layer % 5 === 3 || layer === 7 ? 'full_attention' : 'sliding_attention'))
  assert.throws(() => parseHfConfig({ ...published['Gemma 3 1B'], layer_types: uneven }), /layer_types follows no period/)
})

test('windows repeat as llama.cpp repeats them', () => {
  const ofPeriod = (period: number, layers: number) =>
    Array.from({ length: layers }, (_, layer) => period === 0 || layer % period < period - 1)
  for (const period of [0, 1, 2, 3, 6]) assert.equal(windowPeriod(ofPeriod(period, 12)), period)
  assert.equal(windowPeriod([true, false, true, true]), null)
})

test('broken configs of every architecture end in a sentence, never in another error', async () => {
  for (const json of Object.values(published)) {
    const ends = await survives(brokenJson(json), parseHfConfig, 200)
    assert.ok(ends.refused > 0)
  }
  assert.deepEqual(new Set(Object.values(published).map((json) => json.architectures[0])), new Set(architectures.map(({ name }) => name)))
})
