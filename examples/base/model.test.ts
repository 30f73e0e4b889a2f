/** The bundled base as it lies in the tree: what its card says is so. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { bytesSource } from '../../src/formats/byte-source.ts'
import { parseHfConfig } from '../../src/formats/hf-config.ts'
import { openSafetensors } from '../../src/formats/safetensors.ts'
import { loadTokenizer } from '../../src/ml/tokenizer/tokenizer.ts'
import { communityFor } from '../community/community.ts'
import { digitsOf, numberingSystems, scheduledTags } from '../languages.ts'
import { modelCard, type BuildRecord } from './model-card.ts'

const folder = join(import.meta.dirname, 'model')
const read = (name: string) => readFileSync(join(folder, name))
const json = (name: string): unknown => JSON.parse(read(name).toString())
const digest = (name: string) => `sha256:${createHash('sha256').update(read(name)).digest('hex')}`
const record = json('build.json') as BuildRecord
const config = parseHfConfig(json('config.json'))
const tokenizer = loadTokenizer({ tokenizer: json('tokenizer.json'), config: json('tokenizer_config.json') })

test('the weights are F16, of 12 MB at most, and those the build recorded', async () => {
  assert.ok(statSync(join(folder, 'model.safetensors')).size <= 12e6)
  assert.equal(digest('model.safetensors'), record.weights)
  assert.equal(digest('tokenizer.json'), record.tokenizer.digest)
  const { tensors } = await openSafetensors(bytesSource(read('model.safetensors')))
  assert.equal(tensors.size, 2 + 9 * config.layers)
  for (const [name, { type }] of tensors) assert.equal(type, 'F16', name)
})

test('the card is written from the build’s record', () => {
  assert.equal(read('README.md').toString(), modelCard(record, config))
})

test('nothing but the model, its card and the record is in the folder', () => {
  assert.deepEqual(readdirSync(folder).sort(), [
    'README.md',
    'build.json',
    'config.json',
    'generation_config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ])
})

test('the loss fell below a tenth of where it began', () => {
  const [first, last] = [record.curve[0]?.[1] ?? 0, record.curve.at(-1)?.[1] ?? Infinity]
  assert.ok(first > 6 && last < 0.6, `${first} → ${last}`)
  assert.equal(record.curve.at(-1)?.[0], record.steps)
})

test('each digit of every numbering system is one token, and digits never join', () => {
  for (const system of numberingSystems.keys()) {
    const digits = digitsOf(system)
    assert.equal(tokenizer.encode(digits.join('')).length, 10, system)
    for (const digit of digits) assert.equal(tokenizer.encode(digit).length, 1, `${system} ${digit}`)
  }
})

test('no answer in any of the 22 is cut into single bytes, and each survives the tokenizer', () => {
  for (const tag of scheduledTags) {
    for (const { expected } of communityFor(tag).suite.samples) {
      const ids = tokenizer.encode(expected)
      assert.equal(tokenizer.decode(ids), expected)
      assert.ok(ids.length <= [...expected].length + 4, `${tag}: ${expected} takes ${ids.length} tokens`)
    }
  }
})

test('a conversation is rendered as the base was taught it, with special tokens as single ids', () => {
  const text = tokenizer.renderChat([{ role: 'user', content: 'Write 5 March in Welsh.' }], { addGenerationPrompt: true })
  assert.equal(text, '<|user|>Write 5 March in Welsh.<|end|><|assistant|>')
  const ids = tokenizer.encode(text)
  assert.deepEqual([ids[0], ids.at(-2), ids.at(-1)], [tokenizer.idOf('<|user|>'), tokenizer.eosId, tokenizer.idOf('<|assistant|>')])
  assert.deepEqual(config.eosTokenIds, [tokenizer.eosId])
})
