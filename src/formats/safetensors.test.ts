import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { bytesSource } from './byte-source.ts'
import { assertFinite, fromFloat32, toFloat32, type FloatType } from './half.ts'
import { checkTensors } from './llama-tensors.ts'
import { openSafetensors, openSafetensorsShards, parseSafetensorsHeader } from './safetensors.ts'
import { safetensorsPieces, writeSafetensors } from './safetensors-write.ts'
import { broken, survives } from './testing/fuzz.ts'
import { gathered, golden, readModel, sharedFile, stories } from './testing/model-files.ts'

const small = writeSafetensors([
  { name: 'b', type: 'F32', shape: [2, 2], values: Float32Array.from([1, 2, 3, 4]) },
  { name: 'a', type: 'F16', shape: [3], values: Float32Array.from([0.5, -0.25, 65504]) },
])

/** A file with this header and so many bytes of data. */
function fileOf(header: unknown, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const file = new Uint8Array(8 + json.length + dataBytes)
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true)
  file.set(json, 8)
  return file
}

const parse = (file: Uint8Array) => parseSafetensorsHeader(file, file.length, 'model.safetensors')

test('what is written is read back: names, shapes, values, metadata', async () => {
  const file = await openSafetensors(bytesSource(small))
  assert.deepEqual(file.metadata, { format: 'pt' })
  assert.deepEqual(file.tensors.get('b')?.shape, [2, 2])
  assert.deepEqual([...(await file.floats('b'))], [1, 2, 3, 4])
  assert.deepEqual([...(await file.floats('a'))], [0.5, -0.25, 65504])
  assert.deepEqual(await file.bytes('b', { start: 4, end: 8 }), fromFloat32(Float32Array.from([2]), 'F32'))
})

test('any tensors of any type survive a round trip, in memory and as a stream, whatever their order', async () => {
  const tensor = fc.record({
    name: fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }),
    type: fc.constantFrom<FloatType>('F32', 'F16', 'BF16'),
    values: fc.float32Array({ maxLength: 20, noNaN: true }),
  })
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(tensor, { selector: (it) => it.name, maxLength: 6 }), async (found) => {
      const tensors = found
        .filter((it) => it.name.isWellFormed() && it.name !== '__metadata__')
        .map((it) => ({ ...it, shape: [it.values.length], values: toFloat32(fromFloat32(it.values, it.type), it.type) }))
      const bytes = writeSafetensors(tensors)
      assert.deepEqual(writeSafetensors(tensors.toReversed()), bytes)
      assert.deepEqual(new Uint8Array(await gathered(safetensorsPieces(tensors, (it) => [fromFloat32(it.values, it.type)]))), bytes)
      const file = await openSafetensors(bytesSource(bytes))
      assert.equal(file.tensors.size, tensors.length)
      for (const { name, values } of tensors) assert.deepEqual(await file.floats(name), values)
    }),
    { numRuns: 100 },
  )
})

test('halves are rounded as PyTorch and numpy round them', () => {
  for (const [type, { values, hex }] of [['BF16', golden.bf16] as const, ['F16', golden.f16] as const])
    assert.equal(Buffer.from(fromFloat32(Float32Array.from(values), type)).toString('hex'), hex)
})

test('values are read from any place in memory, a Node buffer’s included', () => {
  const memory = Buffer.alloc(13)
  memory.writeFloatLE(1.5, 5)
  assert.deepEqual([...toFloat32(memory.subarray(5, 9), 'F32')], [1.5])
})

test('every half value, as a float and back, is itself', () => {
  const all = Uint16Array.from({ length: 65_536 }, (_, i) => i)
  for (const type of ['F16', 'BF16'] as const) {
    const values = toFloat32(new Uint8Array(all.buffer), type)
    const back = new Uint16Array(fromFloat32(values, type).buffer)
    all.forEach((bits, i) => assert.ok(back[i] === bits || Number.isNaN(values[i]), `${type} ${bits}`))
  }
})

test('the first weight that is not finite is named with its index', () => {
  assert.throws(() => assertFinite('model.norm.weight', Float32Array.from([1, 2, NaN]), 10), /model\.norm\.weight holds NaN at index 12/)
  assert.throws(() => assertFinite('w', Float32Array.from([1, -Infinity])), /w holds -Infinity at index 1/)
  assertFinite('w', Float32Array.from([1, -3e38]))
})

test('a header that lies is refused with what it says and what is true', () => {
  const tensor = { dtype: 'F32', shape: [2], data_offsets: [0, 8] }
  const refused: [Uint8Array, RegExp][] = [
    [small.subarray(0, 5), /has 5 bytes; a safetensors file has at least 8/],
    [small.subarray(0, 40), /says its header has \d+ bytes, but the file has only 40/],
    [small.subarray(0, -1), /ends at byte \d+, but the file has/],
    [new Uint8Array(16).fill(255), /says its header has 18446744073709551615 bytes; at most 16777216 are read/],
    [fileOf('[]', 0), /must be a JSON object/],
    [fileOf('{"a":', 0), /is not valid JSON/],
    [fileOf('{"a":{},"a":{}}', 0), /names "a" twice/],
    [fileOf({ a: { ...tensor, dtype: 'F4' } }, 8), /Tensor a in model\.safetensors has type "F4"; the types known are/],
    [fileOf({ a: { ...tensor, dtype: 'toString' } }, 8), /has type "toString"/],
    [fileOf({ a: { ...tensor, shape: [2.5] } }, 8), /has shape \[2\.5\]/],
    [fileOf({ a: { ...tensor, shape: [-2] } }, 8), /has shape \[-2\]/],
    [fileOf({ a: { ...tensor, shape: Array(9).fill(1) } }, 8), /has 9 dimensions/],
    [fileOf({ a: { ...tensor, shape: [3] } }, 8), /lies in bytes 0 to 8, but F32 of shape \[3\] takes 12/],
    [fileOf({ a: { ...tensor, shape: [2 ** 40, 2 ** 40] } }, 8), /takes 4\.8\d+e\+24 bytes/],
    [fileOf({ a: { ...tensor, data_offsets: [8, 0] } }, 8), /lies in bytes 8 to 0/],
    [fileOf({ a: tensor, b: { ...tensor, data_offsets: [4, 12] } }, 12), /Tensor b in model\.safetensors overlaps/],
    [fileOf({ a: { ...tensor, data_offsets: [4, 12] } }, 12), /has 4 bytes before tensor a that belong to none/],
    [fileOf({ a: tensor }, 9), /its tensors end at/],
    [fileOf({ a: tensor, __metadata__: { format: 1 } }, 8), /__metadata__ of model\.safetensors must be an object of texts/],
  ]
  for (const [file, message] of refused) assert.throws(() => parse(file), { name: 'FormatError', message })
})

test('an integer tensor can stand in a file but not be read as weights', async () => {
  const file = await openSafetensors(bytesSource(fileOf({ a: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } }, 8)))
  await assert.rejects(file.floats('a'), /Tensor a is I64; weights must be F32, F16 or BF16/)
})

test('shards are read as one, and a shard that lacks its tensor is refused', async () => {
  const shard = (name: string, value: number) =>
    bytesSource(writeSafetensors([{ name, type: 'F32', shape: [1], values: Float32Array.of(value) }]))
  const files: Record<string, ReturnType<typeof shard>> = { '1.safetensors': shard('a', 1), '2.safetensors': shard('b', 2) }
  const open = (weight_map: unknown) => openSafetensorsShards({ weight_map }, (file) => files[file]!)
  const both = await open({ a: '1.safetensors', b: '2.safetensors' })
  assert.deepEqual([...(await both.floats('a')), ...(await both.floats('b'))], [1, 2])
  await assert.rejects(open({ c: '1.safetensors' }), /puts c in 1\.safetensors, which has no such tensor/)
  await assert.rejects(open({ a: '../1.safetensors' }), /a plain \*\.safetensors file name is needed/)
})

test('broken files and random bytes end in a sentence, never in another error', async () => {
  const ends = await survives(broken(small, small.length - 22), parse, 1_500)
  assert.ok(ends.refused > 100, `only ${ends.refused} of the broken files were refused`)
  await survives(fc.uint8Array({ maxLength: 64 }), parse)
})

test('the real stories260K has every tensor its config asks for, all finite', { skip: stories.skip }, async () => {
  const { config, weights } = await readModel(stories.path)
  checkTensors(config, weights.tensors)
  for (const name of weights.tensors.keys()) assertFinite(name, await weights.floats(name))
  const raw = sharedFile('06-weights/stories260K/stories260K.bin')
  // llama2.c's own file: 7 int32, then the embedding in F32. Two conversions of one model must hold the same numbers.
  const floats = toFloat32(readFileSync(join(raw.path)).subarray(28, 28 + 512 * 64 * 4), 'F32')
  assert.deepEqual(await weights.floats('model.embed_tokens.weight'), floats)
})
