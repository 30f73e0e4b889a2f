import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { temporaryFolder, writeExamples, writeTinyBase } from '../testing.ts'
import type { TrainingExample } from '../trainer.ts'
import { openBaseFolder } from './base-folder.ts'
import { tokenizeExamples } from './tokenize-examples.ts'

/** Each example as text, with what the loss counts in ⟦brackets⟧. */
async function seen(base: string, file: string, maxLength = 64) {
  const { tokenizer, config, weights } = await openBaseFolder(base)
  await weights?.close()
  const found = await tokenizeExamples(file, tokenizer, { maxLength, endIds: config.eosTokenIds, vocabSize: config.vocabSize })
  return Array.from({ length: found.count }, (_, i) => {
    let text = ''
    for (let at = found.starts[i]!, end = found.starts[i + 1]!; at < end;) {
      const learned = found.learned[at]
      const from = at
      while (at < end && found.learned[at] === learned) at += 1
      const part = tokenizer.decode([...found.tokens.subarray(from, at)])
      text += learned ? `⟦${part}⟧` : part
    }
    return text
  })
}

async function seenOf(t: TestContext, examples: readonly TrainingExample[], options: { addBos?: boolean; maxLength?: number } = {}) {
  const folder = temporaryFolder(t)
  const base = writeTinyBase(join(folder, 'base'), { weights: false, addBos: options.addBos ?? false })
  return seen(base, writeExamples(join(folder, 'examples.jsonl'), examples), options.maxLength)
}

test('a completion is learned with the token that ends it, its prompt is not', async (t) => {
  const example = { prompt: 'कितने? ', completion: '७ दिन' }
  assert.deepEqual(await seenOf(t, [example]), ['कितने? ⟦७ दिन<|end|>⟧'])
  assert.deepEqual(await seenOf(t, [example], { addBos: true }), ['<|begin|>कितने? ⟦७ दिन<|end|>⟧'])
})

test('a text is learned whole but for its first token, which nothing predicts', async (t) => {
  assert.deepEqual(await seenOf(t, [{ text: 'abc' }]), ['a⟦bc<|end|>⟧'])
  assert.deepEqual(await seenOf(t, [{ text: 'abc' }], { addBos: true }), ['<|begin|>⟦abc<|end|>⟧'])
})

test('in a conversation every turn of the assistant is learned up to the end of the turn, and nothing else', async (t) => {
  const messages = [
    { role: 'system', content: 'S' },
    { role: 'user', content: 'U' },
    { role: 'assistant', content: 'one' },
    { role: 'user', content: 'V' },
    { role: 'assistant', content: 'two' },
    { role: 'user', content: 'thanks' },
  ] as const
  assert.deepEqual(await seenOf(t, [{ messages }]), [
    '<|system|>S<|end|>\n<|user|>U<|end|>\n<|assistant|>⟦one<|end|>⟧\n<|user|>V<|end|>\n<|assistant|>⟦two<|end|>⟧\n<|user|>thanks<|end|>\n',
  ])
})

test('an empty completion teaches to say nothing', async (t) => {
  assert.deepEqual(await seenOf(t, [{ prompt: 'p', completion: '' }]), ['p⟦<|end|>⟧'])
})

test('an example is cut at maxLength tokens', async (t) => {
  assert.deepEqual(await seenOf(t, [{ prompt: 'ab', completion: 'cdefgh' }], { maxLength: 5 }), ['ab⟦cde⟧'])
})

test('a template that rewrites earlier turns is refused, as it hides where the assistant speaks', async (t) => {
  const folder = temporaryFolder(t)
  const base = writeTinyBase(join(folder, 'base'), { weights: false })
  const path = join(base, 'tokenizer_config.json')
  const config = JSON.parse(readFileSync(path, 'utf8')) as object
  writeFileSync(
    path,
    JSON.stringify({ ...config, chat_template: '{{ messages | length }}{% for message in messages %}{{ message.content }}{% endfor %}' }),
  )
  const messages = ['user', 'assistant', 'user', 'assistant'].map((role) => ({ role, content: role[0] }))
  await assert.rejects(seen(base, writeExamples(join(folder, 'chat.jsonl'), [{ messages }])), {
    code: 'invalid',
    message: /earlier turns differently/,
  })
})

test('bad files are refused with the line and what to do', async (t) => {
  const folder = temporaryFolder(t)
  const base = writeTinyBase(join(folder, 'base'), { weights: false })
  const cases: [string | Buffer, RegExp][] = [
    ['', /bad\.jsonl is empty/],
    ['\n  \n', /bad\.jsonl is empty/],
    ['{"text": "a"}\n{"text": ', /Line 2 of bad\.jsonl cannot be read/],
    [Buffer.concat([Buffer.from('{"text": "'), Buffer.of(0xff, 0xfe), Buffer.from('"}\n')]), /Line 1 of bad\.jsonl cannot be read/],
    ['["a"]\n', /Line 1 of bad\.jsonl is no training example/],
    ['{"messages": [{"role": "tool", "content": "x"}]}\n', /no training example.*roles system, user and assistant/],

    [`{"text": "${'x'.repeat(5 * 2 ** 20)}"}\n`, /Line 1 of bad\.jsonl cannot be read: The line has 5242\d+ bytes/],
    [
      '{"text": "good"}\n\n{"messages": [{"role": "user", "content": "Hello?"}]}\n',
      /on line 3 of bad\.jsonl has nothing to learn from: the assistant says nothing in it/,
    ],
    [
      `{"prompt": "${'x'.repeat(80)}", "completion": "y"}\n`.repeat(2),
      /on line 1 .*\(and 1 more like it\).*cut at 64 of its 82 tokens.*raise maxLength/,
    ],
  ]
  for (const [text, words] of cases) {
    const file = join(folder, 'bad.jsonl')
    writeFileSync(file, text)
    await assert.rejects(seen(base, file), { name: 'AppError', code: 'invalid', message: words })
  }
  await assert.rejects(seen(base, join(folder, 'absent.jsonl')), { code: 'invalid', message: /absent\.jsonl cannot be read/ })
})

const shared = process.env['COMMONWEIGHTS_SHARED_DATA'] ?? join(import.meta.dirname, '../../../../shared/data')
const stories = join(shared, '06-weights/stories260K/hf')

test(
  'a SentencePiece tokenizer splits at the border as it reads the whole',
  { skip: existsSync(stories) ? false : `${stories} is absent` },
  async (t) => {
    const file = writeExamples(join(temporaryFolder(t), 'examples.jsonl'), [
      { prompt: 'Once upon a time', completion: ', there was a girl.' },
    ])
    const [text] = await seen(stories, file)
    assert.match(text!, /^(<s>)? ?Once upon a time⟦, there was a girl\.<\/s>⟧$/)
  },
)
