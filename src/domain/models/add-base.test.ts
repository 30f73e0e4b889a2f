import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { bytesSource } from '../../formats/byte-source.ts'
import { openSafetensors } from '../../formats/safetensors.ts'
import { writeSafetensors } from '../../formats/safetensors-write.ts'
import { temporaryFolder } from '../../storage/testing.ts'
import { operator } from '../people/actor.ts'
import { openStores, personNamed, tinyConfig, tinyWeights, writeTinyBase, type Stores } from '../testing.ts'
import { addBase } from './add-base.ts'
import type { BaseSource } from './fetch-base-files.ts'
import { findBase, findBaseById, listBases } from './model-queries.ts'
import { hubCommit, startHub } from './test-hub.ts'
import { writeBaseFolder } from './write-base-folder.ts'

const add = (app: Parameters<typeof addBase>[0], from: BaseSource, name = 'tiny', licence = 'Apache-2.0') =>
  addBase(app, operator, { from, name, licence })

/** A tiny base with something changed about it. */
function broken(stores: Stores, change: (folder: string) => void): { folder: string } {
  const folder = writeTinyBase(join(stores.folder, 'tiny'))
  change(folder)
  return { folder }
}

describe('a base from a folder', () => {
  test('is stored with its files, its GGUF forms and its config', async (t) => {
    const stores = await openStores(t)
    const folder = writeTinyBase(join(stores.folder, 'tiny'))
    writeFileSync(join(folder, 'training_args.bin'), 'not read')
    const base = await add(stores, { folder })
    assert.deepEqual(base.config, tinyConfig)
    assert.deepEqual(
      base.files.map(({ path }) => path),
      ['config.json', 'README.md', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'],
    )
    assert.deepEqual(
      base.served.map(({ quantization }) => quantization),
      ['F16', 'Q8_0'],
    )
    for (const { digest, size } of base.served) {
      assert.equal(await stores.blobs.size(digest), size)
      assert.equal(Buffer.from((await stores.blobs.get(digest)).subarray(0, 4)).toString(), 'GGUF')
    }
    assert.deepEqual(await findBase(stores.db, 'tiny'), base)
    assert.deepEqual(await findBaseById(stores.db, base.id), base)
    assert.deepEqual(await listBases(stores.db), [base])
    assert.equal(base.source, 'tiny')
    assert.equal(base.hasChatTemplate, false)
  })

  test('whose small weights are F32 is served in F32, so that nothing is lost', async (t) => {
    const stores = await openStores(t)
    const base = await add(stores, { folder: writeTinyBase(join(stores.folder, 'tiny'), { type: 'F32' }) })
    assert.deepEqual(
      base.served.map(({ quantization }) => quantization),
      ['F32', 'F16', 'Q8_0'],
    )
  })

  test('in several weight files comes in whole', async (t) => {
    const stores = await openStores(t)
    const { folder } = broken(stores, (folder) => {
      const weights = tinyWeights(tinyConfig, 'F16')
      const halves = [weights.slice(0, 4), weights.slice(4)]
      rmSync(join(folder, 'model.safetensors'))
      const names = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors']
      for (const [i, half] of halves.entries()) writeFileSync(join(folder, names[i] as string), writeSafetensors(half))
      const map = Object.fromEntries(halves.flatMap((half, i) => half.map(({ name }) => [name, names[i]])))
      writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map: map }))
    })
    const sharded = await add(stores, { folder })
    const whole = await add(stores, { folder: writeTinyBase(join(stores.folder, 'whole')) }, 'whole')
    assert.equal(sharded.parameters, whole.parameters)
    const tensorsOf = async (name: string) => (await findBase(stores.db, name)).served[1]?.size
    assert.equal(await tensorsOf('tiny'), await tensorsOf('whole'))
  })

  test('lies in a folder again, byte for byte, for the trainer', async (t) => {
    const stores = await openStores(t)
    const from = writeTinyBase(join(stores.folder, 'tiny'))
    const base = await add(stores, { folder: from })
    const to = join(temporaryFolder(t), 'laid-out')
    await writeBaseFolder(stores, base, to)
    await writeBaseFolder(stores, base, to)
    assert.deepEqual(readdirSync(to).sort(), readdirSync(from).sort())
    for (const path of readdirSync(to)) assert.deepEqual(readFileSync(join(to, path)), readFileSync(join(from, path)))
  })
})

describe('a folder that is no base is refused in words, and nothing is recorded', () => {
  const weightsFile = (folder: string) => join(folder, 'model.safetensors')
  const edit = (folder: string, file: string, change: (json: Record<string, unknown>) => object) =>
    writeFileSync(
      join(folder, file),
      JSON.stringify(change(JSON.parse(readFileSync(join(folder, file), 'utf8')) as Record<string, unknown>)),
    )
  const cases: readonly [string, (folder: string) => void, RegExp][] = [
    ['no weights', (folder) => rmSync(weightsFile(folder)), /has no \*\.safetensors file/],
    [
      'weights only as pickle',
      (folder) => renameSync(weightsFile(folder), join(folder, 'pytorch_model.bin')),
      /has its weights in pytorch_model\.bin, a format that can run code when loaded; convert them to safetensors first/,
    ],
    ['no tokenizer', (folder) => rmSync(join(folder, 'tokenizer.json')), /has no tokenizer\.json/],
    [
      'a config that is no JSON',
      (folder) => writeFileSync(join(folder, 'config.json'), '{"architectures"'),
      /config\.json is not valid JSON/,
    ],
    [
      'an unknown architecture',
      (folder) => edit(folder, 'config.json', (json) => ({ ...json, architectures: ['MambaForCausalLM'] })),
      /the architecture is "MambaForCausalLM"; those that work are LlamaForCausalLM/,
    ],
    [
      'shapes that do not match',
      (folder) => edit(folder, 'config.json', (json) => ({ ...json, intermediate_size: 96 })),
      /The weights do not fit config\.json: Tensor model\.layers\.0\.mlp\.gate_proj\.weight has shape \[64, 32\], but config\.json says \[96, 32\]/,
    ],
    [
      'a cut weights file',
      (folder) => writeFileSync(weightsFile(folder), readFileSync(weightsFile(folder)).subarray(0, 5_000)),
      /It is cut short/,
    ],
    [
      'a weight that is NaN',
      (folder) => {
        const weights = tinyWeights(tinyConfig, 'F16')
        ;(weights[3] as { values: Float32Array }).values[7] = NaN
        writeFileSync(weightsFile(folder), writeSafetensors(weights))
      },
      /Tensor model\.layers\.0\.self_attn\.k_proj\.weight.*NaN/i,
    ],
    [
      'a tokenizer of another model',
      (folder) => edit(folder, 'config.json', (json) => ({ ...json, vocab_size: 200, bos_token_id: 1, eos_token_id: 2 })),
      /the two do not belong together/,
    ],
    [
      'a header that lies',
      (folder) => writeFileSync(weightsFile(folder), Buffer.from('ffffffffffffff7f', 'hex')),
      /says its header has \d+ bytes/,
    ],
  ]
  for (const [what, change, words] of cases)
    test(what, async (t) => {
      const stores = await openStores(t)
      await assert.rejects(add(stores, broken(stores, change)), { name: 'AppError', code: 'invalid', message: words })
      assert.deepEqual(await listBases(stores.db), [])
    })

  test('a link to a place outside of the folder', async (t) => {
    const stores = await openStores(t)
    const secret = join(temporaryFolder(t), 'secret')
    writeFileSync(secret, '{}')
    const from = broken(stores, (folder) => {
      rmSync(join(folder, 'tokenizer_config.json'))
      symlinkSync(secret, join(folder, 'tokenizer_config.json'))
    })
    await assert.rejects(add(stores, from), {
      code: 'invalid',
      message: /tokenizer_config\.json as a link to a place outside of it; copy the file itself/,
    })
  })

  test('a folder that is not there, a file, a name with ../, an unknown licence, a person without the role', async (t) => {
    const stores = await openStores(t)
    const folder = writeTinyBase(join(stores.folder, 'tiny'))
    await assert.rejects(add(stores, { folder: join(stores.folder, 'nowhere') }), { code: 'not-found' })
    await assert.rejects(add(stores, { folder: join(folder, 'config.json') }), { code: 'invalid', message: /is a file; give the folder/ })
    for (const name of ['../tiny', 'Tiny', '', 'a/b', 'main', 'x'.repeat(48)])
      await assert.rejects(add(stores, { folder }, name), { code: 'invalid' }, name)
    await assert.rejects(add(stores, { folder }, 'tiny', 'Apache 2.0'), { code: 'invalid', message: /Did you mean Apache-2\.0\?/ })
    const asha = await personNamed(stores, 'asha', 'reviewer')
    await assert.rejects(addBase(stores, asha, { from: { folder }, name: 'tiny', licence: 'MIT' }), { code: 'forbidden' })
  })

  test('a name that is taken', async (t) => {
    const stores = await openStores(t)
    const folder = writeTinyBase(join(stores.folder, 'tiny'))
    const both = await Promise.allSettled([add(stores, { folder }), add(stores, { folder })])
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    await assert.rejects(add(stores, { folder }), { code: 'conflict', message: /There already is a base model called tiny/ })
    assert.equal((await listBases(stores.db)).length, 1)
  })
})

describe('a base from a Hub', () => {
  test("comes in by the Hub's own client at one commit, which its source names", async (t) => {
    const stores = await openStores(t)
    const folder = writeTinyBase(join(stores.folder, 'tiny'))
    mkdirSync(join(stores.folder, 'other'))
    const hub = await startHub(t, 'acme/Tiny-1M', folder)
    const base = await add({ ...stores, hub }, { hub: 'hf:acme/Tiny-1M' })
    assert.equal(base.source, `hf:acme/Tiny-1M@${hubCommit}`)
    const same = await add(stores, { folder }, 'same')
    assert.equal(base.digest, same.digest)
    assert.deepEqual(
      base.served.map(({ size }) => size),
      same.served.map(({ size }) => size),
    )
  })

  test('whose bytes are not what the Hub promised is refused', async (t) => {
    const stores = await openStores(t)
    const folder = writeTinyBase(join(stores.folder, 'tiny'))
    const other = writeSafetensors(tinyWeights(tinyConfig, 'F32'))
    const hub = await startHub(t, 'acme/tiny', folder, {
      'model.safetensors': other.subarray(0, readFileSync(join(folder, 'model.safetensors')).length),
    })
    await assert.rejects(add({ ...stores, hub }, { hub: 'hf:acme/tiny' }), { name: 'AppError' })
    assert.deepEqual(await listBases(stores.db), [])
  })

  test('that is not there, cannot be reached or is badly named says so', async (t) => {
    const stores = await openStores(t)
    const hub = await startHub(t, 'acme/tiny', writeTinyBase(join(stores.folder, 'tiny')))
    await assert.rejects(add({ ...stores, hub }, { hub: 'hf:acme/other' }), { code: 'not-found', message: /acme\/other is not on http/ })
    await assert.rejects(add({ ...stores, hub: { endpoint: 'http://127.0.0.1:9' } }, { hub: 'hf:acme/tiny' }), {
      code: 'unavailable',
      message: /cannot be reached/,
    })
    for (const name of ['acme/tiny', 'hf:tiny', 'hf:../../etc', 'hf:a/b/c', 'hf:acme/tiny@../x'])
      await assert.rejects(add({ ...stores, hub }, { hub: name }), { code: 'invalid', message: /is not a model on the Hub/ }, name)
  })
})

const real = join(process.env['COMMONWEIGHTS_SHARED_DATA'] ?? '../shared/data', '06-weights/stories260K/hf')

test('a real Llama checkpoint imports, with every weight', { skip: existsSync(real) ? false : `there is no ${real}` }, async (t) => {
  const stores = await openStores(t)
  const base = await add(stores, { folder: real }, 'stories260k', 'MIT')
  const header = await openSafetensors(bytesSource(readFileSync(join(real, 'model.safetensors'))))
  const values = [...header.tensors.values()].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
  assert.equal(base.parameters, values)
  assert.equal(base.config.hiddenSize, 64)
  assert.equal(base.served[0]?.quantization, 'F32')
})
