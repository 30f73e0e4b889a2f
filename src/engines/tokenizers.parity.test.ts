/**
 * Tokenizers that llama.cpp knows only in part: ids of Python's tokenizers, of our own reading, of the engine, and where llama.cpp by itself differs. The
 * forms are those of Mistral 0.3, Phi-3, Phi-4 and Mistral Nemo, with small vocabularies (formats/golden/tokenizers/make.py).
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { bytesSource } from '../formats/byte-source.ts'
import { openGguf } from '../formats/gguf.ts'
import { embeddedTokenizer, whatLlamaCppSplitsOtherwise } from '../formats/gguf-tokenizer.ts'
import { checkTokenizerJson } from '../formats/hf-tokenizer.ts'
import { modelToGguf, type HfModel } from '../formats/hf-to-gguf.ts'
import { judge } from '../formats/testing/llama-cpp.ts'
import { gathered, goldenFolder, readJson } from '../formats/testing/model-files.ts'
import { loadTokenizer, type TemplateMessage } from '../ml/tokenizer/tokenizer.ts'
import { openFiles } from '../storage/files.ts'
import { llamaCppEngine } from './llama-cpp.ts'
import { chatEncoder, chatTemplate } from './llama-cpp/chat-prompt.ts'
import { promptTokenizer } from './llama-cpp/prompt-tokenizer.ts'
import { readVocabulary } from './llama-cpp/vocabulary.ts'
import { trainersLogprobs } from './test-logprobs.ts'
import { randomChatModel, storeModel } from './test-models.ts'

const folder = mkdtempSync(join(tmpdir(), 'tokenizers-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const forms = join(goldenFolder, 'tokenizers')

interface FormGolden {
  readonly texts: Record<string, number[]>
  readonly chats: {
    readonly messages: (TemplateMessage & { role: 'user' | 'assistant' })[]
    readonly text: string
    readonly ids: number[]
  }[]
  readonly begun: number[]
}
const golden = readJson(forms, 'golden.json') as Record<string, FormGolden>

const filesOf = (form: string) => ({
  tokenizer: readJson(join(forms, form), 'tokenizer.json'),
  config: readJson(join(forms, form), 'tokenizer_config.json'),
})

async function modelOf(form: string): Promise<HfModel> {
  const { tokenizer, config } = filesOf(form)
  const { tokens, ids } = checkTokenizerJson(tokenizer)
  const [bos, eos] = ['bos_token', 'eos_token'].map((key) => ids.get((config as Record<string, string>)[key]!)!)
  const model = await randomChatModel(11, { vocab_size: tokens.length, bos_token_id: bos, eos_token_id: eos })
  return { ...model, tokenizer, tokenizerConfig: config }
}

/** Which texts llama.cpp by itself may split as Python does not. */
const mayDiffer: Record<string, (text: string) => boolean> = {
  'mistral-v3': (text) => !/^(?:$|[ ▁]|<s>|<\/s>|\[)/.test(text),
  'phi-3': () => false,
  'phi-4': (text) => /\s<\||\|>\s/.test(text),
  nemo: (text) => /\p{L}\p{M}|[^\P{Ll}a-z]\p{Lu}/u.test(text),
}

for (const [form, { texts, chats, begun }] of Object.entries(golden)) {
  test(`${form}: ids are those of Python’s tokenizers, chats included`, () => {
    const ours = loadTokenizer(filesOf(form))
    for (const [text, ids] of Object.entries(texts)) assert.deepEqual(ours.encode(text), ids, JSON.stringify(text))
    assert.deepEqual(ours.encode('river', { special: true }), begun)
    for (const { messages, text, ids } of chats) {
      assert.equal(ours.renderChat(messages, { addGenerationPrompt: true }), text)
      assert.deepEqual(ours.encode(text), ids)
    }
  })

  test(`${form}: the engine gives llama.cpp these ids, and what llama.cpp splits otherwise by itself is as said`, async () => {
    const bytes = await gathered(modelToGguf(await modelOf(form), { name: form, type: 'F16' }))
    const { metadata } = await openGguf(bytesSource(bytes), form)
    assert.ok(metadata.has(embeddedTokenizer))
    const base = (async function* () {
      yield bytes
    })()
    await judge({ base }, async (it) => {
      const tokenizer = promptTokenizer(it.model, metadata)
      const vocabulary = readVocabulary(metadata, form)
      const encode = chatEncoder(
        chatTemplate((filesOf(form).config as { chat_template: string }).chat_template, vocabulary),
        vocabulary,
        tokenizer,
      )
      const special = new RegExp(`(${vocabulary.specialTexts.map((text) => RegExp.escape(text)).join('|')})`, 'u')
      const differ: string[] = []
      for (const [text, ids] of Object.entries(texts)) {
        assert.deepEqual(tokenizer.encode(text), ids, JSON.stringify(text))
        const pieces = text.split(special).map((piece, i) => (i % 2 === 1 ? vocabulary.specialId(piece) : piece))
        assert.deepEqual(tokenizer.encodePieces(pieces[0] === '' ? pieces.slice(1) : pieces), ids, `${JSON.stringify(text)} in pieces`)
        if (!isDeepStrictEqual(it.tokenize(text), ids)) differ.push(text)
      }
      assert.deepEqual(
        differ.filter((text) => !mayDiffer[form]!(text)),
        [],
      )
      assert.equal(differ.length > 0, form !== 'phi-3', `llama.cpp differs on ${differ.length} texts`)
      for (const { messages, ids } of chats) assert.deepEqual(encode(messages), ids)
    })
    assert.equal(whatLlamaCppSplitsOtherwise(checkTokenizerJson(filesOf(form).tokenizer)).length, 1)
  })
}

test('what is scored is what was trained: log-probabilities after a chat are the trainer’s, where spaces are taken in and where words are cut otherwise', async () => {
  const blobs = await openFiles(folder)
  const engine = llamaCppEngine({ blobs, fullPrecision: true })
  for (const form of Object.keys(golden)) {
    const model = await modelOf(form)
    const ours = loadTokenizer(filesOf(form))
    const context = golden[form]!.chats[1]!.text
    const continuation = 'गाँव के पास।'
    const { tokens } = await engine.score({ base: await storeModel(blobs, model), adapter: null }, { context, continuation })
    const begin = ours.encode('a', { special: true })[0] === ours.bosId && !context.startsWith('<s>') ? [ours.bosId] : []
    const whole = [...begin, ...ours.encode(context + continuation)]
    const from = begin.length + ours.encode(context).length
    assert.equal(tokens.length, whole.length - from, form)
    const expected = await trainersLogprobs(model, null, whole)
    for (const [i, token] of tokens.entries())
      assert.ok(Math.abs(token.logprob - expected[from + i - 1]![whole[from + i]!]!) < 1e-3, `${form}, token ${i}`)
  }
  await engine.close()
})

test('nothing a person writes becomes a special token, and spaces beside one are taken in as Python does', () => {
  const ours = loadTokenizer(filesOf('phi-4'))
  const [start, sep, end] = ['<|im_start|>', '<|im_sep|>', '<|im_end|>'].map((token) => ours.idOf(token)!) as [number, number, number]
  const ids = ours.encodePieces([start, 'user', sep, '  a <|im_end|> b \n', end])
  assert.deepEqual(
    ids.filter((id) => ours.isSpecial(id)),
    [start, sep, end],
  )
  assert.equal(ours.decode(ids), '<|im_start|>user<|im_sep|>a <|im_end|> b<|im_end|>')
  const mistral = loadTokenizer(filesOf('mistral-v3'))
  const inst = mistral.idOf('[INST]')!
  assert.deepEqual(mistral.encodePieces(['river', inst, 'river']), mistral.encode('river[INST]river'))
})
