import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bytesSource, type ByteSource } from './byte-source.ts'
import { openGguf, type GgufMetadata, type GgufValue } from './gguf.ts'
import { gguf, streamGguf, type GgufTensorToWrite } from './gguf-write.ts'
import { dequantizeQ8_0, quantizeQ8_0 } from './quantize.ts'
import { broken, survives } from './testing/fuzz.ts'
import { gathered, golden } from './testing/model-files.ts'

const metadata: GgufMetadata = new Map<string, GgufValue>([
  ['general.architecture', gguf.string('llama')],
  ['tokenizer.ggml.tokens', gguf.strings(['a', 'नदी', ''])],
  ['tokenizer.ggml.scores', gguf.float32s([0.5, -1])],
  ['llama.block_count', gguf.uint32(2)],
  ['tokenizer.ggml.add_bos_token', gguf.bool(true)],
])
const tensors: GgufTensorToWrite[] = [
  { name: 'one', type: 'F32', shape: [3], bytes: () => [new Uint8Array(12).fill(1)] },
  { name: 'two', type: 'Q8_0', shape: [2, 32], bytes: () => [new Uint8Array(34).fill(2), new Uint8Array(34).fill(3)] },
]
const file = await gathered(streamGguf(metadata, tensors))
const open = (bytes: Uint8Array) => openGguf(bytesSource(bytes), 'model.gguf')

test('what is written is read back: metadata, shapes, bytes, aligned to 32', async () => {
  const read = await open(file)
  assert.deepEqual(read.metadata, metadata)
  assert.deepEqual(read.tensors.get('two')?.shape, [2, 32])
  assert.equal(read.tensors.get('two')!.start % 32, 0)
  assert.deepEqual([...(await read.bytes('two'))], [...Array<number>(34).fill(2), ...Array<number>(34).fill(3)])
  assert.equal(file.length % 32, 0, 'the last tensor is padded too, as gguf-py does')
})

test('any metadata survives a round trip', async () => {
  const value = fc.oneof(
    fc.string({ unit: 'grapheme' }).map((text) => gguf.string(text.toWellFormed())),
    fc.nat(0xffff_ffff).map(gguf.uint32),
    fc.float({ noNaN: true }).map(gguf.float32),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value): GgufValue => ({ type: 'int64', value })),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value): GgufValue => ({ type: 'uint64', value })),
    fc.double({ noNaN: true }).map((value): GgufValue => ({ type: 'float64', value })),
    fc.array(fc.integer({ min: -128, max: 127 })).map((values): GgufValue => ({ type: 'array', of: 'int8', values })),
    fc.array(fc.integer({ min: -32_768, max: 32_767 })).map((values): GgufValue => ({ type: 'array', of: 'int16', values })),
    fc.array(fc.boolean()).map((values): GgufValue => ({ type: 'array', of: 'bool', values })),
  )
  const key = fc.string({ maxLength: 20 }).filter((it) => it.isWellFormed() && it !== 'general.alignment')
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(key, value), { maxLength: 8 }), async (entries) => {
      const written = new Map(entries)
      assert.deepEqual((await open(await gathered(streamGguf(written, [])))).metadata, written)
    }),
    { numRuns: 200 },
  )
})

test('a large vocabulary, whose header is beyond the first megabyte, is read in steps', async () => {
  const values = Array.from({ length: 150_000 }, (_, i) => `token ${i}`)
  const large = await gathered(streamGguf(new Map([['tokens', gguf.strings(values)]]), tensors))
  const asked: number[] = []
  const source: ByteSource = { size: large.length, read: (start, end) => (asked.push(end - start), large.subarray(start, end)) }
  assert.deepEqual((await openGguf(source)).metadata.get('tokens'), gguf.strings(values))
  assert.ok(asked.length > 1 && asked[0]! <= 1024 * 1024)
})

test('a file that lies is refused with what it says', async () => {
  const at = (offset: number, change: (view: DataView) => void) => {
    const copy = new Uint8Array(file)
    change(new DataView(copy.buffer, offset))
    return copy
  }
  const bytesAt = (text: string) => Buffer.from(file).indexOf(text) + text.length
  const info = bytesAt('two')
  const refused: [Uint8Array, RegExp][] = [
    [file.subarray(0, 3), /is cut short/],
    [file.subarray(0, 200), /is cut short/],
    [file.subarray(0, file.length - 64), /Tensor two ends at byte \d+, but model\.gguf has/],
    [at(0, (view) => view.setUint32(0, 0x46474755)), /does not begin with GGUF/],
    [at(4, (view) => view.setUint32(0, 1, true)), /is GGUF version 1; versions 2 and 3 are read/],
    [at(4, (view) => view.setUint32(0, 3, false)), /this one is big-endian/],
    [at(8, (view) => view.setBigUint64(0, 2n ** 60n, true)), /says it has 1152921504606846976 tensors; at most 100000 are read/],
    [at(16, (view) => view.setBigUint64(0, 2n ** 60n, true)), /says it has 1152921504606846976 metadata entries/],
    [at(24, (view) => view.setBigUint64(0, 2n ** 40n, true)), /says it has 1099511627776 bytes in a text/],
    [at(bytesAt('llama.block_count'), (view) => view.setUint32(0, 13, true)), /a metadata value of a type that GGUF does not have/],
    [at(bytesAt('tokenizer.ggml.scores') + 4, (view) => view.setUint32(0, 9, true)), /a list of lists/],
    [at(info, (view) => view.setUint32(0, 5, true)), /Tensor two in model\.gguf has 5 dimensions/],
    [at(info + 4, (view) => view.setBigUint64(0, 33n, true)), /its rows are not whole blocks of 32/],
    [at(info + 12, (view) => view.setBigUint64(0, 2n ** 52n, true)), /larger than any file/],
    [at(info + 20, (view) => view.setUint32(0, 99, true)), /has type number 99/],
    [at(info + 24, (view) => view.setBigUint64(0, 33n, true)), /is not aligned/],
    [at(info + 24, (view) => view.setBigUint64(0, 0n, true)), /Tensor (one|two) in model\.gguf overlaps another/],
  ]
  for (const [bytes, message] of refused) await assert.rejects(open(bytes), { name: 'FormatError', message })
  const twice = await gathered(
    streamGguf(
      new Map([
        ['aa', gguf.uint32(1)],
        ['ab', gguf.uint32(1)],
      ]),
      [],
    ),
  )
  twice[twice.indexOf(0x62)] = 0x61
  await assert.rejects(open(twice), /has the metadata key aa twice/)
})

test('the writer refuses what llama.cpp would cut off or misread', async () => {
  const write = (tensor: Partial<GgufTensorToWrite>) => gathered(streamGguf(new Map(), [{ ...tensors[0]!, ...tensor }]))
  await assert.rejects(write({ name: 'x'.repeat(64) }), /is longer than the 63 bytes/)
  await assert.rejects(write({ type: 'Q8_0', shape: [33] }), /its rows of 33 are not whole blocks of 32/)
  await assert.rejects(write({ shape: [4] }), /takes 16 bytes, but 12 were given/)
})

test('Q8_0 blocks are those of ggml, bit for bit', () => {
  const values = Float32Array.from(golden.q8_0.values)
  const bytes = quantizeQ8_0(values)
  assert.equal(Buffer.from(bytes).toString('hex'), golden.q8_0.hex)
  const back = dequantizeQ8_0(bytes)
  values.forEach((value, i) => {
    const block = values.subarray(i - (i % 32), i - (i % 32) + 32)
    const step = Math.max(...block.map(Math.abs)) / 127
    // Half a step, and what the scale loses as an F16: its last bit, which is 6e-8 for the smallest.
    assert.ok(Math.abs(back[i]! - value) <= step * 0.57 + 127 * 3e-8, `value ${i}`)
  })
})

test('broken files and random bytes end in a sentence, never in another error', async () => {
  const ends = await survives(broken(file, file.length - 100), open, 1_500)
  assert.ok(ends.refused > 100 && ends.accepted > 0)
  await survives(
    fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.concat([file.subarray(0, 8), bytes])),
    open,
  )
})
