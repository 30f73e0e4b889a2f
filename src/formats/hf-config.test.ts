import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseHfConfig, withGenerationConfig, writeHfConfig } from './hf-config.ts'
import { tensorMismatches } from './llama-tensors.ts'
import { brokenJson, survives } from './testing/fuzz.ts'
import { goldenFolder, readJson, readModel } from './testing/model-files.ts'
import { parseTokenizerConfig } from './tokenizer-config.ts'

const llama = {
  architectures: ['LlamaForCausalLM'],
  ...{ hidden_size: 64, intermediate_size: 172, num_hidden_layers: 5, num_attention_heads: 8, vocab_size: 512 },
}
const scaling = { factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192 }
const read = { factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContextLength: 8192 }

test('what a config leaves out is what transformers takes', () => {
  const config = parseHfConfig({ ...llama, num_key_value_heads: null, head_dim: null, rope_scaling: null })
  assert.equal(config.kvHeads, 8)
  assert.equal(config.headSize, 8)
  assert.equal(config.ropeTheta, 10_000)
  assert.equal(config.normEpsilon, 1e-6)
  assert.equal(config.tiedEmbeddings, false)
  assert.equal(config.ropeScaling, null)
})

test('Llama 3 scaling is read in the form of transformers 4 and in that of 5', () => {
  const old = parseHfConfig({ ...llama, rope_theta: 500_000, rope_scaling: { rope_type: 'llama3', ...scaling } })
  const older = parseHfConfig({ ...llama, rope_theta: 500_000, rope_scaling: { type: 'llama3', ...scaling } })
  const recent = parseHfConfig({ ...llama, rope_parameters: { rope_type: 'llama3', rope_theta: 500_000, ...scaling } })
  assert.deepEqual(old.ropeScaling, read)
  assert.equal(old.ropeTheta, 500_000)
  assert.deepEqual(recent, old)
  assert.deepEqual(older, old)
  assert.equal(parseHfConfig({ ...llama, rope_parameters: { rope_type: 'default', rope_theta: 7 } }).ropeTheta, 7)
})

test('end tokens may be one, several, or only in generation_config.json', () => {
  assert.deepEqual(parseHfConfig({ ...llama, eos_token_id: 2 }).eosTokenIds, [2])
  const config = parseHfConfig({ ...llama, eos_token_id: [2, 3] })
  assert.deepEqual(config.eosTokenIds, [2, 3])
  assert.deepEqual(withGenerationConfig(config, { eos_token_id: [5, 2] }).eosTokenIds, [5, 2, 3])
  assert.throws(() => withGenerationConfig(config, { eos_token_id: 512 }), /generation_config\.json: eos_token_id names 512/)
})

test('what would compute something else than transformers does is refused by name', () => {
  const refused: [object, RegExp][] = [
    [
      { architectures: ['MambaForCausalLM'] },
      /the architecture is "MambaForCausalLM"; those that work are LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM, Gemma2/,
    ],
    [{ architectures: undefined }, /the architecture is absent/],
    [{ hidden_act: 'gelu' }, /hidden_act is "gelu"; only silu works/],
    [{ attention_bias: true }, /attention_bias is true/],
    [{ mlp_bias: true }, /mlp_bias is true/],
    [{ quantization_config: { quant_method: 'gptq' } }, /the weights are quantized/],
    [{ rope_scaling: { rope_type: 'yarn', factor: 4 } }, /rope_scaling is of type "yarn"; those that work are default and llama3/],
    [{ rope_scaling: { rope_type: 'llama3', ...scaling, high_freq_factor: 1 } }, /high_freq_factor above its low_freq_factor/],
    [{ num_key_value_heads: 3 }, /8 attention heads cannot share 3 key-value heads/],
    [{ hidden_size: 65 }, /hidden_size 65 does not divide among 8 attention heads/],
    [{ head_dim: 7 }, /head size 7 is odd/],
    [{ vocab_size: 1e9 }, /vocab_size must be a whole number from 1 to 4194304, not 1000000000/],
    [{ num_hidden_layers: '5' }, /num_hidden_layers must be a whole number from 1 to 1024, not "5"/],
    [{ rms_norm_eps: -1 }, /rms_norm_eps must be a number above 0/],
    [{ eos_token_id: [2, 600] }, /eos_token_id names 600; a token id from 0 to 511/],
  ]
  for (const [change, message] of refused) assert.throws(() => parseHfConfig({ ...llama, ...change }), { name: 'FormatError', message })
})

test('a config written and read again is the same', () => {
  const config = parseHfConfig(readJson(goldenFolder, 'config.json'))
  assert.deepEqual(parseHfConfig(JSON.parse(JSON.stringify(writeHfConfig(config, 'BF16')))), config)
})

test('each tensor that does not fit the config has a sentence', async () => {
  const { config, weights } = await readModel(goldenFolder)
  assert.deepEqual(tensorMismatches(config, weights.tensors), [])
  assert.deepEqual(tensorMismatches({ ...config, layers: 1, intermediateSize: 65 }, weights.tensors).slice(0, 4), [
    'Tensor model.layers.0.mlp.gate_proj.weight has shape [64, 32], but config.json says [65, 32].',
    'Tensor model.layers.0.mlp.up_proj.weight has shape [64, 32], but config.json says [65, 32].',
    'Tensor model.layers.0.mlp.down_proj.weight has shape [32, 64], but config.json says [32, 65].',
    'Tensor model.layers.1.input_layernorm.weight has no place in LlamaForCausalLM.',
  ])
  assert.match(
    tensorMismatches({ ...config, layers: 3 }, weights.tensors)[0]!,
    /^Tensor model\.layers\.2\.input_layernorm\.weight of shape \[32\] is missing/,
  )
})

test('the chat template is found as a text, in a list, and in its own file', () => {
  assert.equal(parseTokenizerConfig({ chat_template: 'x' }).chatTemplate, 'x')
  const named = [
    { name: 'tool_use', template: 't' },
    { name: 'default', template: 'd' },
  ]
  assert.equal(parseTokenizerConfig({ chat_template: named }).chatTemplate, 'd')
  assert.equal(parseTokenizerConfig({ chat_template: 'x' }, 'file').chatTemplate, 'file')
  assert.equal(parseTokenizerConfig(null).chatTemplate, null)
  assert.equal(parseTokenizerConfig({ bos_token: { content: '<s>', lstrip: false } }).bosToken, '<s>')
})

test('broken configs end in a sentence, never in another error', async () => {
  const ends = await survives(brokenJson(readJson(goldenFolder, 'config.json')), parseHfConfig, 1_000)
  assert.ok(ends.refused > 50 && ends.accepted > 0)
  await survives(brokenJson(readJson(goldenFolder, 'tokenizer_config.json')), (json) => parseTokenizerConfig(json))
})
