import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { brokenJson, survives } from '../../formats/testing/fuzz.ts'
import { golden, goldenFolder, readJson, stories } from '../../formats/testing/model-files.ts'
import { loadTokenizer } from './tokenizer.ts'

const json = readJson(goldenFolder, 'tokenizer.json') as Record<string, unknown>
const config = readJson(goldenFolder, 'tokenizer_config.json') as Record<string, unknown>
const tokenizer = loadTokenizer({ tokenizer: json, config })

test('ids are those of the tokenizers library, in ten scripts', () => {
  for (const [sentence, ids] of Object.entries(golden.sentences)) assert.deepEqual(tokenizer.encode(sentence), ids)
  assert.deepEqual(tokenizer.encode(golden.text, { special: true }).slice(0, golden.ids.length), golden.ids)
})

test('text comes back from its ids byte for byte, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      if (text.isWellFormed()) assert.equal(tokenizer.decode(tokenizer.encode(text)), text)
    }),
    { numRuns: 300 },
  )
  assert.equal(tokenizer.decode(tokenizer.encode("a , b ! don't")), "a , b ! don't", 'no space is cleaned away')
  assert.equal(tokenizer.decode([]), '')
})

test('special tokens written out are one token each, and are left out on request', () => {
  const ids = tokenizer.encode('<|turn|>नदी<|end|>')
  assert.equal(ids[0], 2)
  assert.equal(ids.at(-1), tokenizer.eosId)
  assert.equal(tokenizer.decode(ids), '<|turn|>नदी<|end|>')
  assert.equal(tokenizer.decode(ids, { skipSpecial: true }), 'नदी')
  assert.ok(tokenizer.isSpecial(2) && !tokenizer.isSpecial(50))
  assert.equal(tokenizer.token(0), '<|begin|>')
  assert.equal(tokenizer.idOf('<|begin|>'), tokenizer.bosId)
  assert.equal(tokenizer.vocabSize, 380)
})

test('the begin token is put in front only when asked for', () => {
  assert.deepEqual(tokenizer.encode('a', { special: true }), [0, ...tokenizer.encode('a')])
  const bare = loadTokenizer({ tokenizer: { ...json, post_processor: null }, config: { ...config, add_bos_token: true } })
  assert.deepEqual(bare.encode('a', { special: true }), [0, ...bare.encode('a')])
})

test('a conversation is rendered by the model’s own template', () => {
  const turns = [
    { role: 'user', content: 'नदी?' },
    { role: 'assistant', content: 'हाँ' },
  ]
  assert.equal(tokenizer.renderChat(turns), '<|begin|><|turn|>user\nनदी?<|end|><|turn|>assistant\nहाँ<|end|>')
  assert.equal(
    tokenizer.renderChat(turns.slice(0, 1), { addGenerationPrompt: true }),
    '<|begin|><|turn|>user\nनदी?<|end|><|turn|>assistant\n',
  )
})

test('a template that refuses, one that cannot be read, and none at all are three sentences', () => {
  const load = (template: unknown) => loadTokenizer({ tokenizer: json, config: { ...config, chat_template: template } })
  assert.throws(
    () => load("{{ raise_exception('no system turn') }}").renderChat([]),
    /The chat template refuses the conversation: no system turn/,
  )
  assert.throws(() => load('{% for %}'), /The chat template cannot be read/)
  const none = load(null)
  assert.equal(none.hasChatTemplate, false)
  assert.throws(() => none.renderChat([]), /The model has no chat template/)
})

test('the real stories260K: its golden ids are its golden text', { skip: stories.skip }, () => {
  const real = loadTokenizer({
    tokenizer: readJson(stories.path, 'tokenizer.json'),
    config: readJson(stories.path, 'tokenizer_config.json'),
  })
  const { greedy_from_bos_ids_200: ids, greedy_text: text } = readJson(stories.path, 'golden_greedy.json') as {
    greedy_from_bos_ids_200: number[]
    greedy_text: string
  }
  assert.deepEqual(real.encode(text, { special: true }), ids)
  assert.equal(real.decode(ids, { skipSpecial: true }), text)
  assert.equal(real.decode(real.encode('नदी 👋')), 'नदी 👋', 'what has no token goes through bytes')
})

test('a tokenizer that contradicts itself is refused with the token', () => {
  const model = json['model'] as { vocab: Record<string, number>; merges: string[][] }
  const load = (change: object) => () => loadTokenizer({ tokenizer: { ...json, model: { ...model, ...change } }, config })
  assert.throws(load({ type: 'Unigram' }), /the model is "Unigram"; only byte-pair encoding \(BPE\) works/)
  assert.throws(load({ vocab: { ...model.vocab, new: 40 } }), /share id 40/)
  assert.throws(load({ vocab: { ...model.vocab, new: 2 ** 40 } }), /token "new" has id 1099511627776; ids run from 0/)
  assert.throws(load({ merges: [['a', 'zz']] }), /merge 0 uses "zz", which is not in the vocabulary/)
  assert.throws(load({ merges: 7 }), /merges must be a list/)
  assert.throws(load({ dropout: 0.1 }), /BPE dropout/)
  assert.throws(() => loadTokenizer({ tokenizer: { ...json, post_processor: { type: 'Other' } }, config }), /the post_processor is "Other"/)
  assert.throws(() => tokenizer.decode([9_999]), /Token id 9999 is not in the vocabulary of 380/)
})

test('broken tokenizers end in a sentence, never in another error', async () => {
  const ends = await survives(
    brokenJson(json),
    (broken) => {
      const loaded = loadTokenizer({ tokenizer: broken, config })
      loaded.decode(loaded.encode('नदी 3 miles'))
    },
    400,
  )
  assert.ok(ends.refused > 20 && ends.accepted > 0)
  await survives(brokenJson(config), (broken) => loadTokenizer({ tokenizer: json, config: broken }).encode('a', { special: true }), 100)
})
