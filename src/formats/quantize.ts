/** ggml's Q8_0: blocks of 32 values as one F16 scale and 32 signed bytes. Bit for bit `quantize_row_q8_0_ref` of ggml-quants.c. */

import { FormatError } from './format-error.ts'

const blockValues = 32
const blockBytes = 2 + blockValues

/** @param values whole blocks of 32, finite */
export function quantizeQ8_0(values: Float32Array): Uint8Array {
  if (values.length % blockValues !== 0) throw new FormatError(`${values.length} values are not whole blocks of ${blockValues}.`)
  const blocks = values.length / blockValues
  const bytes = new Uint8Array(blocks * blockBytes)
  const signed = new Int8Array(bytes.buffer)
  const view = new DataView(bytes.buffer)
  for (let block = 0; block < blocks; block++) {
    const first = block * blockValues
    let largest = 0
    for (let i = 0; i < blockValues; i++) largest = Math.max(largest, Math.abs(values[first + i]!))
    const scale = Math.fround(largest / 127)
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale)
    const out = block * blockBytes
    view.setFloat16(out, scale, true)
    for (let i = 0; i < blockValues; i++) {
      // C's roundf goes away from zero at a half; Math.round goes up.
      const scaled = Math.fround(values[first + i]! * inverse)
      signed[out + 2 + i] = scaled < 0 ? -Math.floor(0.5 - scaled) : Math.floor(scaled + 0.5)
    }
  }
  return bytes
}

/** The values that the blocks stand for. */
export function dequantizeQ8_0(bytes: Uint8Array): Float32Array {
  if (bytes.length % blockBytes !== 0) throw new FormatError(`${bytes.length} bytes are not whole Q8_0 blocks of ${blockBytes}.`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const values = new Float32Array((bytes.length / blockBytes) * blockValues)
  for (let block = 0; block < bytes.length / blockBytes; block++) {
    const scale = view.getFloat16(block * blockBytes, true)
    for (let i = 0; i < blockValues; i++) values[block * blockValues + i] = scale * view.getInt8(block * blockBytes + 2 + i)
  }
  return values
}
