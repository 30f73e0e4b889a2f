/** Weights as the three float types that published models use, to and from 32-bit floats. Hosts are little-endian, as every platform of Node is. */

import { FormatError } from './format-error.ts'

export type FloatType = 'F32' | 'F16' | 'BF16'

export const bytesPerFloat = { F32: 4, F16: 2, BF16: 2 } as const satisfies Record<FloatType, number>

/** Values of little-endian bytes. For F32 on an aligned input the result shares memory with `bytes`; otherwise it is a copy. */
export function toFloat32(bytes: Uint8Array, type: FloatType): Float32Array {
  const width = bytesPerFloat[type]
  if (bytes.length % width !== 0) throw new FormatError(`${bytes.length} bytes are not a whole number of ${type} values of ${width} bytes.`)
  // A copy by constructor: slice of a Node Buffer is a view, as misaligned as before.
  const { buffer, byteOffset } = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes)
  const count = bytes.length / width
  if (type === 'F32') return new Float32Array(buffer, byteOffset, count)
  if (type === 'F16') return new Float32Array(new Float16Array(buffer, byteOffset, count))
  const halves = new Uint16Array(buffer, byteOffset, count)
  const values = new Float32Array(count)
  const bits = new Uint32Array(values.buffer)
  for (let i = 0; i < count; i++) bits[i] = halves[i]! << 16
  return values
}

/** Little-endian bytes of the values, rounded to nearest, ties to even. F32 shares memory with `values`. */
export function fromFloat32(values: Float32Array, type: FloatType): Uint8Array {
  if (type === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  if (type === 'F16') return new Uint8Array(new Float16Array(values).buffer)
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const halves = new Uint16Array(values.length)
  for (let i = 0; i < halves.length; i++) {
    const word = bits[i]!
    // NaN keeps a mantissa bit, so that rounding cannot turn it into infinity.
    const isNan = (word & 0x7fffffff) > 0x7f800000
    halves[i] = isNan ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16
  }
  return new Uint8Array(halves.buffer)
}

/** Index of the first NaN or infinity, or -1. */
export function firstNonFinite(values: Float32Array): number {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  for (let i = 0; i < bits.length; i++) if ((bits[i]! & 0x7f800000) === 0x7f800000) return i
  return -1
}

/** Throws, naming the tensor and the index, where a weight is NaN or infinite. `offset` is the index of the first value given. */
export function assertFinite(tensor: string, values: Float32Array, offset = 0): void {
  const at = firstNonFinite(values)
  if (at >= 0)
    throw new FormatError(
      `Tensor ${tensor} holds ${values[at]} at index ${offset + at}; weights must be finite. Get the file again or repair it.`,
    )
}
