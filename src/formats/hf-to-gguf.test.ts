import assert from 'node:assert/strict'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder, writeTinyBase } from '../trainers/testing.ts'
import { bytesSource } from './byte-source.ts'
import { openGguf } from './gguf.ts'
import { parseHfConfig } from './hf-config.ts'
import { adapterToGguf, modelToGguf, permuteRotary } from './hf-to-gguf.ts'
import { openSafetensors } from './safetensors.ts'
import { judge } from './testing/llama-cpp.ts'
import { gathered, golden, goldenAdapter, goldenFolder, readJson, readModel, stories, type TopTokens } from './testing/model-files.ts'
import { mergedModel } from './weight-rows.ts'

/** F16 weights are exact on both sides; what is left is the order of sums and llama.cpp's F16 attention cache. */
const tolerance = 0.01

test('llama.cpp computes with our GGUF what PyTorch computes with the folder', async () => {
  const model = await readModel(goldenFolder)
  const found = await judge({ base: modelToGguf(model, { name: 'golden', type: 'F32' }) }, (it) => it.nextTokens(golden.ids, 384))
  assertAgrees(found, golden.base)
})

test('llama.cpp computes with our GGUF adapter what PEFT computes with the adapter folder', async () => {
  const model = await readModel(goldenFolder)
  const adapter = await goldenAdapter()
  const found = await judge(
    {
      base: modelToGguf(model, { name: 'golden', type: 'F16' }),
      adapter: adapterToGguf(adapter, model.config, { name: 'golden adapter' }),
    },
    (it) => it.nextTokens(golden.ids, 384),
  )
  assertAgrees(found, golden.adapted)
  assert.notDeepEqual(golden.adapted.ids, golden.base.ids, 'the adapter must matter, or this test shows nothing')
})

test('a merged GGUF answers as the base with the adapter', async () => {
  const model = await readModel(goldenFolder)
  const merged = modelToGguf(model, { name: 'merged', type: 'F32', adapter: await goldenAdapter() })
  assertAgrees(await judge({ base: merged }, (it) => it.nextTokens(golden.ids, 384)), golden.adapted)
})

test('merged safetensors, converted again, answer as the base with the adapter', async () => {
  const model = await readModel(goldenFolder)
  const files = mergedModel(model.config, model.weights, await goldenAdapter(), 'F32')
  const weights = await openSafetensors(bytesSource(await gathered(files['model.safetensors'])))
  const config = parseHfConfig(JSON.parse(files['config.json']))
  assert.deepEqual(config, model.config)
  const base = modelToGguf({ ...model, config, weights }, { name: 'merged', type: 'F32' })
  assertAgrees(await judge({ base }, (it) => it.nextTokens(golden.ids, 384)), golden.adapted)
})

test('a Q8_0 file stays close, few tokens at once or many: no log-probability is half a nat off', async (t) => {
  const folder = writeTinyBase(temporaryFolder(t), { config: { hiddenSize: 64, headSize: 16, intermediateSize: 96, vocabSize: 384 } })
  for (const file of ['tokenizer.json', 'tokenizer_config.json']) copyFileSync(join(goldenFolder, file), join(folder, file))
  const model = await readModel(folder)
  const file = await gathered(modelToGguf(model, { name: 'two blocks', type: 'Q8_0' }))
  assert.equal((await openGguf(bytesSource(file))).tensors.get('blk.0.ffn_up.weight')?.type, 'Q8_0')
  for (const count of [8, 60]) {
    const ids = Array.from({ length: count }, (_, i) => 10 + ((37 * i) % 370))
    const [exact, small] = [
      await judge({ base: modelToGguf(model, { name: 'two blocks', type: 'F32' }) }, (it) => it.allNextTokens(ids)),
      await judge({ base: modelToGguf(model, { name: 'two blocks', type: 'Q8_0' }) }, (it) => it.allNextTokens(ids)),
    ]
    for (const [place, logprobs] of exact.entries())
      for (const [id, logprob] of logprobs) {
        const here = small[place]!.get(id) ?? -Infinity
        if (logprob > Math.log(1e-3))
          assert.ok(Math.abs(here - logprob) < 0.5, `${count} tokens, token ${id} at ${place}: ${here}, exactly ${logprob}`)
      }
  }
})

test('rows of one block alone stay F16 in a Q8_0 file: llama.cpp multiplies them wrongly on some processors', async () => {
  const model = await readModel(goldenFolder)
  const { tensors } = await openGguf(bytesSource(await gathered(modelToGguf(model, { name: 'golden', type: 'Q8_0' }))))
  assert.equal(tensors.get('blk.0.attn_q.weight')?.type, 'F16')
  const found = await judge({ base: modelToGguf(model, { name: 'golden', type: 'Q8_0' }) }, (it) => it.nextTokens(golden.ids, 384))
  assertAgrees(found, golden.base, 0.5)
})

for (const type of ['F32', 'F16'] as const)
  test(`the real stories260K tells its documented story from a ${type} GGUF`, { skip: stories.skip }, async () => {
    const expected = readJson(stories.path, 'golden_greedy.json') as { greedy_from_bos_ids_200: number[]; greedy_text: string }
    const base = modelToGguf(await readModel(stories.path), { name: 'stories260K', type, licence: 'MIT', languages: ['en'] })
    await judge({ base }, async (it) => {
      assert.deepEqual(await it.greedy([1], 200), expected.greedy_from_bos_ids_200)
      assert.deepEqual(it.tokenize(expected.greedy_text), expected.greedy_from_bos_ids_200.slice(1))
    })
  })

test('rows that are not whole blocks of 32 stay F16 in a Q8_0 file, norms F32', { skip: stories.skip }, async () => {
  const file = await gathered(modelToGguf(await readModel(stories.path), { name: 'stories260K', type: 'Q8_0' }))
  const { tensors } = await openGguf(bytesSource(file))
  assert.equal(tensors.get('blk.0.ffn_down.weight')?.type, 'F16')
  assert.equal(tensors.get('blk.0.ffn_up.weight')?.type, 'Q8_0')
  assert.equal(tensors.get('output_norm.weight')?.type, 'F32')
  assert.equal(tensors.has('output.weight'), false, 'tied embeddings have no output of their own')
})

test('the same folder gives the same bytes', async () => {
  const write = async () => gathered(modelToGguf(await readModel(goldenFolder), { name: 'golden', type: 'Q8_0' }))
  assert.deepEqual(await write(), await write())
})

test('rows of one head are interleaved, head by head', () => {
  // Two heads of four rows, one column; the value says where the row stood.
  const permuted = permuteRotary(Float32Array.from([0, 1, 2, 3, 10, 11, 12, 13]), 2, 1)
  assert.deepEqual([...permuted], [0, 2, 1, 3, 10, 12, 11, 13])
})

test('weights beyond F16 are refused by name, not written as infinity', async () => {
  const model = await readModel(goldenFolder)
  const huge: typeof model.weights = {
    ...model.weights,
    tensors: new Map([...model.weights.tensors].map(([name, tensor]) => [name, { ...tensor, type: 'F32' }])),
    async bytes(name, range) {
      const size = model.weights.tensors.get(name)!.shape.reduce((a, b) => a * b, 4)
      const values = new Float32Array(((range?.end ?? size) - (range?.start ?? 0)) / 4).fill(name.includes('up_proj') ? 70_000 : 1)
      return new Uint8Array(values.buffer)
    },
  }
  await assert.rejects(
    gathered(modelToGguf({ ...model, weights: huge }, { name: 'huge', type: 'F16' })),
    /Tensor model\.layers\.0\.mlp\.up_proj\.weight holds 70000 at index 0, which is beyond F16/,
  )
})

function assertAgrees(found: TopTokens, expected: TopTokens, within = tolerance): void {
  const logprobs = new Map(found.ids.map((id, i) => [id, found.logprobs[i]]))
  expected.ids.forEach((id, i) => {
    const difference = Math.abs((logprobs.get(id) ?? -Infinity) - expected.logprobs[i]!)
    assert.ok(difference < within, `token ${id}: ${logprobs.get(id)} here, ${expected.logprobs[i]} in PyTorch`)
  })
}
