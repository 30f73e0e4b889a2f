import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { loadTokenizer } from '../ml/tokenizer/tokenizer.ts'
import { modelToGguf } from './hf-to-gguf.ts'
import { judge } from './testing/llama-cpp.ts'
import { golden, goldenFolder, readModel, sharedFile, stories } from './testing/model-files.ts'

type Json = Record<string, unknown>

const split = (regex: string) => ({
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false },
    { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
  ],
})
const words = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }
const llama3 = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`

/** Ways of splitting words as published tokenizers write them, by llama.cpp's name. qwen35 is that of the golden tokenizer. */
const splitters: Record<string, { pre_tokenizer: Json; ignore_merges?: boolean }> = {
  'gpt-2': { pre_tokenizer: words },
  smollm: { pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: true }, words] } },
  'llama-bpe': { pre_tokenizer: split(llama3), ignore_merges: true },
  'smaug-bpe': { pre_tokenizer: split(llama3) },
  qwen2: { pre_tokenizer: split(llama3.replace('{1,3}', '')) },
  qwen35: {
    pre_tokenizer: split(
      llama3
        .replace('{1,3}', '')
        .replace(String.raw`?\p{L}+`, String.raw`?[\p{L}\p{M}]+`)
        .replace(String.raw`[^\s\p{L}\p{N}]`, String.raw`[^\s\p{L}\p{M}\p{N}]`),
    ),
  },
}

/** Our own sentences and every awkward thing; with the shared data, five sentences in each of some 150 languages. */
function texts(): string[] {
  const awkward = [
    '',
    ' ',
    '  a  b ',
    'x\n\n y\t\tz\r\n',
    "I'LL we've 'tis",
    '1234567 ١٢٣ १२३',
    '한국어 日本語ไทย',
    '👩‍👩‍👧 e\u0301 é',
    '<|turn|>hi<|end|>',
    'ക്‍ র‌্য ﷽ …!!?',
  ]
  const sentences = sharedFile('01-language/common-voice-samples/scs-sentences.json')
  const shared = sentences.skip ? [] : gatherTexts(JSON.parse(readFileSync(sentences.path, 'utf8')))
  return [...awkward, ...Object.keys(golden.sentences), ...shared]
}

function gatherTexts(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(gatherTexts) : []
}

for (const [name, { pre_tokenizer, ignore_merges }] of Object.entries(splitters))
  test(`llama.cpp splits text as tokenizer.json does: ${name}`, async () => {
    const model = await readModel(goldenFolder)
    const json = model.tokenizer as Json
    const tokenizer = { ...json, pre_tokenizer, model: { ...(json['model'] as Json), ignore_merges: ignore_merges ?? false } }
    const ours = loadTokenizer({ tokenizer, config: model.tokenizerConfig })
    await judge({ base: modelToGguf({ ...model, tokenizer }, { name, type: 'F16' }) }, async (it) => {
      assert.equal(it.model.fileInfo.metadata.tokenizer.ggml.pre, name)
      for (const text of texts()) assert.deepEqual(it.tokenize(text), ours.encode(text), JSON.stringify(text))
    })
  })

test('llama.cpp splits text as a SentencePiece-like tokenizer.json does', { skip: stories.skip }, async () => {
  const model = await readModel(stories.path)
  const ours = loadTokenizer({ tokenizer: model.tokenizer, config: model.tokenizerConfig })
  await judge({ base: modelToGguf(model, { name: 'stories260K', type: 'F16' }) }, async (it) => {
    for (const text of texts()) assert.deepEqual(it.tokenize(text), ours.encode(text), JSON.stringify(text))
  })
})

test('llama.cpp splits text as a tokenizer.json of Gemma’s form does', { skip: stories.skip }, async () => {
  const model = await readModel(stories.path)
  // No space in front; tokens of several spaces or lines, added to the vocabulary; their merges first, longest first, as transformers converts them.
  const json = model.tokenizer as Json & { added_tokens: Json[]; model: Json & { vocab: Record<string, number>; merges: string[][] } }
  const first = loadTokenizer({ tokenizer: json, config: null }).vocabSize
  const own = ['<start_of_turn>', '<end_of_turn>', '\n\n', '▁▁', '▁▁▁', '▁▁▁▁'].map((content, i) => ({
    ...{ id: first + i, content, special: content.startsWith('<') },
    ...{ normalized: false, single_word: false, lstrip: false, rstrip: false },
  }))
  const merges = [[3, 1], [2, 2], [2, 1], [1, 3], [1, 2], [1, 1]].map((lengths) => lengths.map((length) => '▁'.repeat(length))) // prettier-ignore
  const isPair = typeof (json.model.merges as unknown[])[0] !== 'string'
  const tokenizer = {
    ...json,
    normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false },
    added_tokens: [...json.added_tokens, ...own],
    model: {
      ...json.model,
      vocab: { ...json.model.vocab, ...Object.fromEntries(own.map(({ id, content }) => [content, id])) },
      merges: [...merges.map((pair) => (isPair ? pair : pair.join(' '))), ...json.model.merges],
    },
  }
  const ours = loadTokenizer({ tokenizer, config: model.tokenizerConfig })
  const config = { ...model.config, vocabSize: first + own.length }
  const tensors = new Map(model.weights.tensors)
  const embedding = tensors.get('model.embed_tokens.weight')!
  tensors.set(embedding.name, { ...embedding, shape: [config.vocabSize, config.hiddenSize] })
  const bytes: typeof model.weights.bytes = async (name, range) =>
    name === embedding.name ? new Uint8Array((range?.end ?? 0) - (range?.start ?? 0)) : model.weights.bytes(name, range)
  const base = () => modelToGguf({ ...model, config, tokenizer, weights: { ...model.weights, tensors, bytes } }, { name: 'x', type: 'F32' })
  await judge({ base: base() }, async (it) => {
    for (const text of [...texts(), '<start_of_turn>user\n\nHi   there<end_of_turn>\n', 'a    b     c', '   lead', 'x  <end_of_turn>  y'])
      assert.deepEqual(it.tokenize(text), ours.encode(text), JSON.stringify(text))
  })
  tokenizer.model.merges.push(tokenizer.model.merges.shift()!)
  assert.throws(base, /joins spaces after other tokens were made/)
})

test('what llama.cpp would split otherwise is refused, with the ways that work', async () => {
  const model = await readModel(goldenFolder)
  const json = model.tokenizer as Json
  const convert = (change: Json) => () => modelToGguf({ ...model, tokenizer: { ...json, ...change } }, { name: 'x', type: 'F16' })
  const refused: [Json, RegExp][] = [
    [{ pre_tokenizer: split('.+') }, /no name here for this pre_tokenizer \(\.\+ then byte-level\); those that work are gpt-2, smollm/],
    [{ pre_tokenizer: { type: 'Whitespace' } }, /\(of an unknown kind\)/],
    [{ model: { ...(json['model'] as Json), ignore_merges: true } }, /ignoring merges/],
    [{ normalizer: { type: 'Lowercase' } }, /the normalizer is Lowercase; llama\.cpp works with none or NFC/],
    [{ added_tokens: [{ id: 383, content: '<mask>', single_word: true, special: true }] }, /token <mask> stands only between words/],
    [{ added_tokens: [{ id: 384, content: '<new>' }] }, /has token id 384, but config\.json says the vocabulary has 384 tokens/],
  ]
  for (const [change, message] of refused) assert.throws(convert(change), { name: 'FormatError', message })
})

test('byte-fallback merges that llama.cpp would apply in another order are refused', { skip: stories.skip }, async () => {
  const model = await readModel(stories.path)
  const json = model.tokenizer as { model: { merges: string[][] } }
  const convert = (merges: string[][]) => () =>
    modelToGguf({ ...model, tokenizer: { ...json, model: { ...json.model, merges } } }, { name: 'x', type: 'F16' })
  const { merges } = json.model
  assert.throws(convert(merges.slice(1)), /can be made of ▁ and t, but no merge says so/)
  const again = merges.findIndex((pair, i) => i > 0 && pair.join('') === merges[i - 1]!.join(''))
  const moved = [...merges.slice(0, again), ...merges.slice(again + 1), merges[again]!]
  assert.throws(convert(moved), /makes .+ again after other tokens/)
})
