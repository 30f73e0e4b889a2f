/** llama.cpp against the trainer's own forward pass: what is trained is what is served, adapters included. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { HfModel } from '../formats/hf-to-gguf.ts'
import type { Adapter } from '../formats/peft.ts'
import type { GgufWriteType } from '../formats/gguf-write.ts'
import { loadTokenizer } from '../ml/tokenizer/tokenizer.ts'
import { openFiles } from '../storage/files.ts'
import { llamaCppEngine } from './llama-cpp.ts'
import { trainersLogprobs } from './test-logprobs.ts'
import { randomAdapter, randomChatModel, storeAdapter, storeModel, storiesMissing, storiesModel } from './test-models.ts'

const folder = mkdtempSync(join(tmpdir(), 'engine-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const blobs = await openFiles(folder)

/** Differences in log-probability, the largest and the mean, over all positions and all tokens likelier than 1e-6. Both sides tokenise by themselves. */
async function compare(
  model: HfModel,
  adapter: Adapter | null,
  text: string,
  options: { type: GgufWriteType; fullPrecision: boolean },
): Promise<{ largest: number; mean: number }> {
  const tokenizer = loadTokenizer({ tokenizer: model.tokenizer, config: model.tokenizerConfig })
  const engine = llamaCppEngine({ blobs, fullPrecision: options.fullPrecision })
  const served = {
    base: await storeModel(blobs, model, options.type),
    adapter: adapter && (await storeAdapter(blobs, adapter, model.config)),
  }
  const { tokens } = await engine.score(served, { context: '', continuation: text, top: model.config.vocabSize })
  await engine.close()
  const ids = tokenizer.encode(text, { special: true })
  // An empty context is the begin token, whether or not the tokenizer puts one in front of a text.
  const read = ids[0] === tokenizer.bosId ? ids : [tokenizer.bosId!, ...ids]
  assert.equal(tokens.length, read.length - 1, 'both split the text into the same number of tokens')
  const expected = await trainersLogprobs(model, adapter, read)
  let largest = 0
  let total = 0
  let count = 0
  for (const [i, token] of tokens.entries()) {
    const row = expected[i]!
    const own = row[read[i + 1]!]!
    const sorted = [...row].sort((a, b) => b - a)
    const pairs = [[token.logprob, own] as const, ...token.top.map((entry, k) => [entry.logprob, sorted[k]!] as const)]
    for (const [ours, theirs] of pairs) {
      if (theirs < Math.log(1e-6)) continue
      largest = Math.max(largest, Math.abs(ours - theirs))
      total += Math.abs(ours - theirs)
      count += 1
    }
  }
  assert.ok(count > tokens.length)
  return { largest, mean: total / count }
}

const text = 'the story of 5 days was told in मराठी भाषा and the user asked for 42 words at the end'

test('in full precision log-probabilities are the trainer’s within 1e-3, with and without an adapter', async () => {
  const model = await randomChatModel(21)
  for (const adapter of [null, randomAdapter(model.config, 22)]) {
    const { largest } = await compare(model, adapter, text, { type: 'F32', fullPrecision: true })
    assert.ok(largest < 1e-3, `largest ${largest}`)
  }
})

test('each target module alone has the effect it had in training, whatever the number of key-value heads', async () => {
  for (const heads of [1, 2, 4]) {
    const model = await randomChatModel(23, { tie_word_embeddings: heads === 2, num_key_value_heads: heads })
    const adapter = randomAdapter(model.config, 24, { rank: 2, strength: 2 })
    const plain = await trainersLogprobs(model, null, [0, 5, 6, 7])
    for (const projection of adapter.config.targetModules) {
      const single: Adapter = {
        config: { ...adapter.config, targetModules: [projection] },
        modules: adapter.modules.filter((module) => module.projection === projection),
      }
      const changed = await trainersLogprobs(model, single, [0, 5, 6, 7])
      assert.ok(Math.abs(changed[3]![9]! - plain[3]![9]!) > 0.01, `${projection} matters`)
      const { largest } = await compare(model, single, text, { type: 'F32', fullPrecision: true })
      assert.ok(largest < 1e-3, `${projection} with ${heads} key-value heads: ${largest}`)
    }
  }
})

// As served: keys, values and activations in 16 bits, weights as stored. Seen: 0.025, 0.038 and 0.66 at most.
const served = { F32: { largest: 0.05, mean: 0.01 }, F16: { largest: 0.1, mean: 0.01 }, Q8_0: { largest: 1, mean: 0.2 } } as const

for (const type of ['F32', 'F16', 'Q8_0'] as const) {
  test(`as served with ${type} weights they differ by ${served[type].largest} at most, ${served[type].mean} on average`, async () => {
    const model = await randomChatModel(21, {}, 0.25)
    for (const adapter of [null, randomAdapter(model.config, 22, { strength: 0.5 })]) {
      const { largest, mean } = await compare(model, adapter, text, { type, fullPrecision: false })
      assert.ok(largest < served[type].largest && mean < served[type].mean, `largest ${largest}, mean ${mean}`)
    }
  })
}

test('a window far shorter than the text is served as it was trained, to many requests side by side', async () => {
  const gemma = {
    ...{ architectures: ['Gemma3ForCausalLM'], head_dim: 16, query_pre_attn_scalar: 16, rope_theta: null, tie_word_embeddings: true },
    ...{ num_hidden_layers: 3, sliding_window: 6, layer_types: ['sliding_attention', 'sliding_attention', 'full_attention'] },
  }
  const model = await randomChatModel(31, gemma, 0.25)
  const adapter = randomAdapter(model.config, 32, { strength: 0.3 })
  // llama.cpp's GELU is a table of 16-bit numbers: as near as the halves of other architectures, not as their full precision.
  for (const piece of await Promise.all(
    [text, text.slice(10), text.slice(20)].map((part) => compare(model, adapter, part, { type: 'F32', fullPrecision: true })),
  ))
    assert.ok(piece.largest < 0.05, `largest ${piece.largest}`)
  const served = { base: await storeModel(blobs, model, 'F32'), adapter: await storeAdapter(blobs, adapter, model.config) }
  const engine = llamaCppEngine({ blobs, fullPrecision: true })
  const alone = await engine.score(served, { context: '', continuation: text, top: 1 })
  const together = await Promise.all(Array.from({ length: 6 }, () => engine.score(served, { context: '', continuation: text, top: 1 })))
  for (const { tokens } of together)
    tokens.forEach(({ logprob }, i) =>
      assert.ok(Math.abs(logprob - alone.tokens[i]!.logprob) < 0.02, `token ${i}: ${logprob}, alone ${alone.tokens[i]!.logprob}`),
    )
  await engine.close()
})

test('on the real stories260K too', { skip: storiesMissing }, async () => {
  const model = await storiesModel()
  const story = 'Once upon a time, there was a little girl named Lily. She loved to play.'
  for (const adapter of [null, randomAdapter(model.config, 25, { strength: 0.3 })]) {
    const { largest } = await compare(model, adapter, story, { type: 'F32', fullPrecision: true })
    assert.ok(largest < 1e-3, `largest ${largest}`)
  }
  const { largest, mean } = await compare(model, null, story, { type: 'F16', fullPrecision: false })
  assert.ok(largest < 0.05 && mean < 0.01, `largest ${largest}, mean ${mean}`)
})
