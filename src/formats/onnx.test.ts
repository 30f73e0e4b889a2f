import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ort } from '../trainers/local/onnx-runtime.ts'
import { FormatError } from './format-error.ts'
import { writeOnnx, type OnnxModel } from './onnx.ts'

const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer)

const smallest: OnnxModel = {
  name: 'g',
  opsets: { '': 18 },
  inputs: [{ name: 'x', dtype: 'float32', dims: [2, 'n'] }],
  outputs: [],
  initializers: [{ name: 'c', dtype: 'float32', dims: [], data: floats(1) }],
  nodes: [{ type: 'Op', domain: 'd', inputs: ['x', ''], outputs: ['y'], attributes: { axis: { kind: 'int', value: -1 } } }],
}

test('a model is the bytes that onnx.proto prescribes', () => {
  const node = [
    ...[0x0a, 1, 0x78], // input "x"
    ...[0x0a, 0], // input absent
    ...[0x12, 1, 0x79], // output "y"
    ...[0x1a, 1, 0x79], // name "y"
    ...[0x22, 2, 0x4f, 0x70], // op_type "Op"
    ...[0x2a, 20, 0x0a, 4, 0x61, 0x78, 0x69, 0x73], // attribute "axis"
    ...[0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0xa0, 0x01, 2], // i = −1, type INT
    ...[0x3a, 1, 0x64], // domain "d"
  ]
  const tensor = [...[0x10, 1], ...[0x42, 1, 0x63], ...[0x4a, 4, 0, 0, 0x80, 0x3f]] // FLOAT "c" raw_data 1.0
  const shape = [...[0x0a, 2, 0x08, 2], ...[0x0a, 3, 0x12, 1, 0x6e]] // 2, "n"
  const input = [...[0x0a, 1, 0x78], ...[0x12, 15], ...[0x0a, 13, 0x08, 1, 0x12, 9], ...shape]
  const graph = [
    ...[0x0a, node.length, ...node],
    ...[0x12, 1, 0x67],
    ...[0x2a, tensor.length, ...tensor],
    ...[0x5a, input.length, ...input],
  ]
  const expected = [
    ...[0x08, 8], // ir_version
    ...[0x12, 13, ...new TextEncoder().encode('commonweights')],
    ...[0x3a, graph.length, ...graph],
    ...[0x42, 4, 0x0a, 0, 0x10, 18],
  ]
  assert.equal(Buffer.from(writeOnnx(smallest)).toString('hex'), Buffer.from(expected).toString('hex'))
})

test('ONNX Runtime loads and runs a model with every kind of attribute and constant', async () => {
  const model: OnnxModel = {
    name: 'every kind',
    opsets: { '': 18, 'com.microsoft': 1 },
    inputs: [{ name: 'x', dtype: 'float32', dims: ['n', 2] }],
    outputs: [{ name: 'y', dtype: 'float32', dims: [2, 'n'] }],
    initializers: [
      { name: 'half', dtype: 'float16', dims: [1], data: Uint8Array.of(0x00, 0x38) },
      { name: 'place', dtype: 'int64', dims: [1, 1], data: new Uint8Array(BigInt64Array.of(0n).buffer) },
      { name: 'eye', dtype: 'float32', dims: [2, 2], data: floats(1, 0, 0, 1) },
      { name: 'hundred', dtype: 'float32', dims: [1, 1], data: floats(100) },
    ],
    nodes: [
      {
        type: 'FusedMatMul',
        domain: 'com.microsoft',
        inputs: ['x', 'eye'],
        outputs: ['scaled'],
        attributes: { alpha: { kind: 'float', value: 3 } },
      },
      { type: 'Cast', domain: '', inputs: ['half'], outputs: ['half32'], attributes: { to: { kind: 'int', value: 1 } } },
      { type: 'Mul', domain: '', inputs: ['scaled', 'half32'], outputs: ['product'], attributes: {} },
      {
        type: 'ScatterElements',
        domain: '',
        inputs: ['product', 'place', 'hundred'],
        outputs: ['more'],
        attributes: { axis: { kind: 'int', value: 0 }, reduction: { kind: 'string', value: 'add' } },
      },
      { type: 'Transpose', domain: '', inputs: ['more'], outputs: ['y'], attributes: { perm: { kind: 'ints', value: [1, 0] } } },
    ],
  }
  const session = await ort.InferenceSession.create(writeOnnx(model), { logSeverityLevel: 3 })
  const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.of(2, 4, 6, 8), [2, 2]) })
  assert.deepEqual([...(y?.data as Float32Array)], [103, 9, 6, 12])
})

test('long texts and large constants keep their lengths', async () => {
  const width = 70_000
  const name = 'n'.repeat(300)
  const data = new Uint8Array(Float32Array.from({ length: width }, (_, i) => i).buffer)
  const model: OnnxModel = {
    name,
    opsets: { '': 18 },
    inputs: [{ name: 'x', dtype: 'float32', dims: [1] }],
    outputs: [{ name: 'y', dtype: 'float32', dims: [width] }],
    initializers: [{ name, dtype: 'float32', dims: [width], data }],
    nodes: [{ type: 'Add', domain: '', inputs: ['x', name], outputs: ['y'], attributes: {} }],
  }
  const session = await ort.InferenceSession.create(writeOnnx(model), { logSeverityLevel: 3 })
  const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.of(1), [1]) })
  assert.equal((y?.data as Float32Array)[width - 1], width)
})

test('a constant whose bytes do not fit its shape is refused by name', () => {
  const model = { ...smallest, initializers: [{ name: 'c', dtype: 'int64' as const, dims: [2], data: new Uint8Array(8) }] }
  assert.throws(() => writeOnnx(model), new FormatError('Constant c has 8 bytes, but int64[2] takes 16.'))
})
