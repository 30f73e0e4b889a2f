/** llama.cpp in process: the conformance suite, the real checkpoint, and what only this engine has to get right. */

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openFiles } from '../storage/files.ts'
import type { Digest } from '../storage/blobs.ts'
import { engineConformance, greedy, sum, whole } from './engine.conformance.ts'
import { llamaCppEngine } from './llama-cpp.ts'
import { randomAdapter, randomChatModel, storeAdapter, storeModel, storiesMissing, storiesModel } from './test-models.ts'

const folder = mkdtempSync(join(tmpdir(), 'engine-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const blobs = await openFiles(folder)
const chatModel = await randomChatModel(1)
const base = await storeModel(blobs, chatModel)
const adapters = await Promise.all([11, 12, 13].map((seed) => storeAdapter(blobs, randomAdapter(chatModel.config, seed), chatModel.config)))
const alone = { base, adapter: null }

engineConformance('llama.cpp in process', () =>
  Promise.resolve({
    engine: llamaCppEngine({ blobs, parallel: 8 }),
    models: [alone, { base, adapter: adapters[0]! }, { base, adapter: adapters[1]! }],
    tolerance: 0.01,
  }),
)

test('stories260K says greedily what its author’s own program says', { skip: storiesMissing }, async () => {
  const stories = await storiesModel()
  const engine = llamaCppEngine({ blobs })
  const model = { base: await storeModel(blobs, stories, 'F32'), adapter: null }
  const { text, end } = await whole(engine.complete(model, '', { ...greedy, maxTokens: stories.greedyTokens.length - 1 }))
  assert.equal(text, stories.greedyText)
  assert.equal(end.promptTokens, 1)
  // A space in front belongs to the text when words go before.
  const { text: further } = await whole(engine.complete(model, 'Once upon', { ...greedy, maxTokens: 6 }))
  assert.equal(further, ' a time, there was a')
  const scored = await engine.score(model, { context: 'Once upon', continuation: further })
  assert.ok(sum(scored) > -1, `a story begins so: ${sum(scored)}`)
  await assert.rejects(whole(engine.chat(model, [{ role: 'user', content: 'hi' }], greedy)), {
    code: 'invalid',
    message: /no chat template/,
  })
  await engine.close()
})

test('bases are let go, longest unused first, when the memory budget asks for it, and come back', async () => {
  const others = await Promise.all([2, 3].map(async (seed) => storeModel(blobs, await randomChatModel(seed))))
  const roomy = llamaCppEngine({ blobs, parallel: 2 })
  const expected: string[] = []
  for (const digest of [base, ...others]) expected.push((await whole(roomy.complete({ base: digest, adapter: null }, 'the', greedy))).text)
  const bytes = roomy.loaded().map((entry) => entry.bytes)
  assert.equal(bytes.length, 3)
  await roomy.close()

  const one = llamaCppEngine({ blobs, parallel: 2, memoryBudget: bytes[0]! + 100_000 })
  for (const digest of [base, ...others]) {
    await whole(one.complete({ base: digest, adapter: null }, 'the', greedy))
    assert.deepEqual(
      one.loaded().map((entry) => entry.base),
      [digest],
    )
  }
  await one.close()

  // More asked for at once than there is room for: the busy stay, the others wait.
  const budget = bytes[0]! * 2.5
  const tight = llamaCppEngine({ blobs, parallel: 2, memoryBudget: budget })
  const all = await Promise.all(
    [0, 1, 2, 0, 1, 2].map(async (i) => {
      const answer = await whole(tight.complete({ base: [base, ...others][i]!, adapter: null }, 'the', greedy))
      assert.ok(tight.loaded().reduce((total, entry) => total + entry.bytes, 0) <= budget)
      return answer
    }),
  )
  assert.deepEqual(
    all.map(({ text }) => text),
    [...expected, ...expected],
  )
  assert.ok(tight.loaded().every(({ busy }) => !busy))
  await tight.close()

  const tiny = llamaCppEngine({ blobs, memoryBudget: 100_000 })
  await assert.rejects(whole(tiny.complete(alone, 'the', greedy)), {
    code: 'unavailable',
    message: /needs about [\d.]+ MiB.*memory budget/s,
  })
  await tiny.close()
})

test('adapters do not gather in memory beyond the budget', async () => {
  const engine = llamaCppEngine({ blobs, parallel: 1, memoryBudget: 8_000_000 })
  const texts = new Map<Digest, string>()
  for (let round = 0; round < 2; round++) {
    for (const adapter of adapters) {
      const { text } = await whole(engine.complete({ base, adapter }, 'the user', greedy))
      assert.equal(texts.get(adapter) ?? text, text)
      texts.set(adapter, text)
      assert.ok(engine.loaded().reduce((total, { bytes }) => total + bytes, 0) <= 8_000_000)
    }
  }
  await engine.close()
})

test('an adapter that does not belong over the base is refused by name', async () => {
  const engine = llamaCppEngine({ blobs })
  const wider = await randomChatModel(4, { hidden_size: 128 })
  const foreign = await storeAdapter(blobs, randomAdapter(wider.config, 5), wider.config)
  const refused = (adapter: Digest) =>
    assert.rejects(whole(engine.complete({ base, adapter }, 'the', greedy)), {
      code: 'invalid',
      message: /does not fit base sha256:[0-9a-f]{12}.*blk\.0/,
    })
  await refused(foreign)
  const deeper = await randomChatModel(4, { num_hidden_layers: 3 })
  await assert.rejects(
    whole(engine.complete({ base, adapter: await storeAdapter(blobs, randomAdapter(deeper.config, 5), deeper.config) }, 'the', greedy)),
    {
      code: 'invalid',
      message: /the base has no blk\.2/,
    },
  )
  await assert.rejects(whole(engine.complete({ base, adapter: base }, 'the', greedy)), {
    code: 'invalid',
    message: /is not a LoRA adapter/,
  })
  await assert.rejects(whole(engine.complete({ base: adapters[0]!, adapter: null }, 'the', greedy)), {
    code: 'invalid',
    message: /is an adapter/,
  })
  // The engine goes on.
  await whole(engine.complete({ base, adapter: adapters[0]! }, 'the', greedy))
  await engine.close()
})

test('broken files are refused in words, and the process lives', async () => {
  const good = await blobs.get(base)
  const at = async (name: string, change: (bytes: Uint8Array) => Uint8Array): Promise<Digest> => {
    const { digest } = await blobs.put(change(good.slice()))
    files.set(digest, name)
    return digest
  }
  const files = new Map<Digest, string>()
  const text =
    (search: string, replacement: string) =>
    (bytes: Uint8Array): Uint8Array => {
      const index = Buffer.from(bytes).indexOf(search)
      assert.notEqual(index, -1)
      bytes.set(Buffer.from(replacement), index)
      return bytes
    }
  const broken = await Promise.all([
    at('cut in the data', (bytes) => bytes.subarray(0, bytes.length - 1000)),
    at('cut in the header', (bytes) => bytes.subarray(0, 500)),
    at('not GGUF', () => Buffer.from('hello there, this is no model')),
    at('empty', () => new Uint8Array()),
    at('an architecture nobody knows', text('llama', 'lxxma')),
    at('a tensor by another name', text('blk.0.attn_q', 'blk.0.attn_x')),
    at('NaN weights', (bytes) => {
      bytes.fill(0xff, bytes.length - 4000)
      return bytes
    }),
  ])
  const engine = llamaCppEngine({ blobs })
  for (const digest of broken)
    await assert.rejects(
      whole(engine.complete({ base: digest, adapter: null }, 'the', greedy)),
      (error: Error & { code?: string }) => error.code === 'invalid' && error.message.includes(digest.slice(7, 19)),
      files.get(digest),
    )
  assert.deepEqual(engine.loaded(), [])
  await whole(engine.complete(alone, 'the', greedy))
  await engine.close()
})

test('a blob that is absent is said to be', async () => {
  const engine = llamaCppEngine({ blobs })
  await assert.rejects(whole(engine.complete({ base: `sha256:${'0'.repeat(64)}`, adapter: null }, 'the', greedy)), { code: 'not-found' })
  await engine.close()
})

test('an abort while the model loads or waits for memory leaves the engine usable', async () => {
  const engine = llamaCppEngine({ blobs })
  const controller = new AbortController()
  const waiting = whole(engine.complete(alone, 'the', greedy, { signal: controller.signal }))
  controller.abort(new Error('changed my mind'))
  await assert.rejects(waiting, /changed my mind/)
  await whole(engine.complete(alone, 'the', greedy))
  await engine.close()
})
