import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ort } from './onnx-runtime.ts'
import { refuseOverflow } from './overflow.ts'
import { portableRuntime } from './portable-runtime.ts'
import type { InferenceSession, Runtime } from './runtime.ts'

test('WebAssembly has whole sums of 8-bit products', async () => {
  await refuseOverflow(await portableRuntime())
})

test('a runtime that cuts large sums off is refused with what to choose instead', async () => {
  // As AVX2 without VNNI has them: each pair of products ends at what 16 bits hold. This machine may have no such processor.
  const pairs = (64 / 2) * ((2 ** 15 - 1) / 255)
  const session = {
    run: async () => ({ y: new ort.Tensor('float32', new Float32Array(16 * 64).fill(pairs), [16, 64]) }),
    release: async () => {},
  } as unknown as InferenceSession
  const runtime: Runtime = {
    Tensor: ort.Tensor,
    writesInPlace: true,
    floats: (count) => new Float32Array(count),
    open: async () => session,
  }
  await assert.rejects(refuseOverflow(runtime), {
    code: 'invalid',
    message: /cuts off large sums.*choose float32, or the portable trainer/,
  })
})
