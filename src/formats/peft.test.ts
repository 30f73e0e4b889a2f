import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { bytesSource } from './byte-source.ts'
import { openGguf } from './gguf.ts'
import { adapterToGguf } from './hf-to-gguf.ts'
import { adapterScale, parseAdapterConfig, readAdapter, writeAdapter } from './peft.ts'
import { openSafetensors } from './safetensors.ts'
import { brokenJson, survives } from './testing/fuzz.ts'
import { gathered, goldenAdapter, goldenAdapterFolder, goldenFolder, readJson, readModel } from './testing/model-files.ts'

const json = readJson(goldenAdapterFolder, 'adapter_config.json') as Record<string, unknown>
const weights = await openSafetensors(bytesSource(readFileSync(join(goldenAdapterFolder, 'adapter_model.safetensors'))))
const { config: base } = await readModel(goldenFolder)

test('an adapter that PEFT saved is read whole: every layer, every projection', async () => {
  const adapter = await goldenAdapter()
  assert.equal(adapter.modules.length, 2 * 7)
  assert.deepEqual(adapter.config, {
    rank: 4,
    alpha: 8,
    rankStabilised: false,
    targetModules: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'],
    baseModel: 'commonweights/golden',
  })
})

test('an adapter written and read again is the same', async () => {
  const adapter = await goldenAdapter()
  const files = writeAdapter(adapter, base)
  const again = await openSafetensors(bytesSource(files['adapter_model.safetensors']))
  assert.deepEqual(await readAdapter(JSON.parse(files['adapter_config.json']), again, base), adapter)
  assert.deepEqual([...again.tensors.keys()].sort(), [...weights.tensors.keys()].sort(), 'the names are PEFT’s own')
})

test('a rank-stabilised adapter is scaled by the root of its rank, in GGUF through its alpha', async () => {
  assert.equal(adapterScale({ rank: 16, alpha: 8, rankStabilised: true }), 2)
  assert.equal(adapterScale({ rank: 16, alpha: 8, rankStabilised: false }), 0.5)
  const adapter = await goldenAdapter()
  const stabilised = { ...adapter, config: { ...adapter.config, rankStabilised: true } }
  const file = await openGguf(bytesSource(await gathered(adapterToGguf(stabilised, base, { name: 'a' }))))
  assert.deepEqual(file.metadata.get('adapter.lora.alpha'), { type: 'float32', value: 16 })
})

test('settings that change what an adapter computes are refused by name', () => {
  const refused: [object, RegExp][] = [
    [{ peft_type: 'IA3' }, /peft_type is "IA3"; only LORA works/],
    [{ task_type: 'SEQ_CLS' }, /task_type is "SEQ_CLS"/],
    [{ bias: 'lora_only' }, /bias is "lora_only"; only none works/],
    [{ use_dora: true }, /use_dora is true/],
    [{ rank_pattern: { q_proj: 8 } }, /rank_pattern is \{"q_proj":8\}/],
    [{ modules_to_save: ['lm_head'] }, /modules_to_save is \["lm_head"\]/],
    [{ init_lora_weights: 'pissa' }, /init_lora_weights is "pissa", which changes the base model/],
    [{ target_modules: ['q_proj', 'lm_head'] }, /target_modules names "lm_head"; those that work are q_proj/],
    [{ target_modules: '.*proj' }, /target_modules is "\.\*proj"; a list of modules is needed/],
    [{ r: 0 }, /r must be a whole number from 1/],
    [{ lora_alpha: null }, /lora_alpha must be a number above 0, not absent/],
  ]
  for (const [change, message] of refused) assert.throws(() => parseAdapterConfig({ ...json, ...change }), { name: 'FormatError', message })
})

test('an adapter for another base is refused with the tensor that does not fit', async () => {
  await assert.rejects(readAdapter(json, weights, { ...base, layers: 1 }), /is for layer 1, but the base has 1 layers/)
  await assert.rejects(
    readAdapter(json, weights, { ...base, hiddenSize: 64 }),
    /lora_A\.weight has shape \[4, 32\], but rank and base ask for \[4, 64\]/,
  )
  await assert.rejects(readAdapter({ ...json, r: 8 }, weights, base), /has shape \[4, 32\], but rank and base ask for \[8, 32\]/)
  await assert.rejects(
    readAdapter({ ...json, target_modules: ['q_proj'] }, weights, base),
    /is for \w+, which target_modules does not name/,
  )
  const name = 'base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight'
  const lacking = { ...weights, tensors: new Map([...weights.tensors].filter(([it]) => it !== name)) }
  await assert.rejects(readAdapter(json, lacking, base), new RegExp(`tensor ${name} is missing`))
  const odd = { ...weights, tensors: new Map([['base_model.model.lm_head.lora_A.weight', weights.tensors.get(name)!]]) }
  await assert.rejects(readAdapter(json, odd, base), /lm_head\.lora_A\.weight is no LoRA matrix of a linear layer/)
})

test('broken adapter configs end in a sentence, never in another error', async () => {
  const ends = await survives(brokenJson(json), parseAdapterConfig, 1_000)
  assert.ok(ends.refused > 20 && ends.accepted > 0)
})
