/** Writes GGUF version 3, tensor by tensor, so that a model never has to be in memory as a whole. */

import { FormatError } from './format-error.ts'
import { ggufLimits, tensorTypes, valueTypes, type GgufMetadata, type GgufScalar, type GgufScalarType, type GgufValue } from './gguf.ts'

export type GgufWriteType = 'F32' | 'F16' | 'Q8_0'

export interface GgufTensorToWrite {
  readonly name: string
  readonly type: GgufWriteType
  /** Row-major, outermost first. */
  readonly shape: readonly number[]
  /** The tensor's bytes in order, in pieces of any size. */
  bytes(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>
}

const alignment = 32

/** Metadata values by their GGUF type. */
export const gguf = {
  uint32: (value: number): GgufValue => ({ type: 'uint32', value }),
  float32: (value: number): GgufValue => ({ type: 'float32', value }),
  bool: (value: boolean): GgufValue => ({ type: 'bool', value }),
  string: (value: string): GgufValue => ({ type: 'string', value }),
  strings: (values: readonly string[]): GgufValue => ({ type: 'array', of: 'string', values }),
  int32s: (values: readonly number[]): GgufValue => ({ type: 'array', of: 'int32', values }),
  float32s: (values: readonly number[]): GgufValue => ({ type: 'array', of: 'float32', values }),
}

/** Bytes of a tensor's data, without padding. */
export function tensorBytes(tensor: Pick<GgufTensorToWrite, 'type' | 'shape'>): number {
  const [, elements, bytes] = blockOf(tensor.type)
  return (tensor.shape.reduce((product, length) => product * length, 1) / elements) * bytes
}

function blockOf(type: GgufWriteType): readonly [number: number, elements: number, bytes: number] {
  for (const [number, [name, elements, bytes]] of tensorTypes) if (name === type) return [number, elements, bytes]
  throw new TypeError(`No tensor type ${type}.`)
}

/** The file as a stream. Metadata is written in the order of the map, tensors in the order of the list: the same input gives the same bytes. */
export async function* streamGguf(metadata: GgufMetadata, tensors: readonly GgufTensorToWrite[]): AsyncIterable<Uint8Array> {
  yield header(metadata, tensors)
  for (const tensor of tensors) {
    const size = tensorBytes(tensor)
    let written = 0
    for await (const piece of tensor.bytes()) {
      written += piece.length
      yield piece
    }
    if (written !== size) throw new FormatError(`Tensor ${tensor.name} takes ${size} bytes, but ${written} were given.`)
    const padding = pad(size) - size
    if (padding > 0) yield new Uint8Array(padding)
  }
}

function header(metadata: GgufMetadata, tensors: readonly GgufTensorToWrite[]): Uint8Array {
  const out = new Output()
  out.uint32(0x46554747)
  out.uint32(3)
  out.uint64(tensors.length)
  out.uint64(metadata.size)
  for (const [key, value] of metadata) {
    out.string(key)
    out.value(value)
  }
  const names = new Set<string>()
  let offset = 0
  for (const { name, type, shape } of tensors) {
    if (names.has(name)) throw new FormatError(`Two tensors are called ${name}; a GGUF file holds each name once.`)
    names.add(name)
    if (new TextEncoder().encode(name).length > ggufLimits.tensorNameBytes)
      throw new FormatError(`The tensor name ${name} is longer than the ${ggufLimits.tensorNameBytes} bytes that llama.cpp keeps.`)
    const [number, elements] = blockOf(type)
    if ((shape.at(-1) ?? 1) % elements !== 0)
      throw new FormatError(`Tensor ${name} cannot be ${type}: its rows of ${shape.at(-1)} are not whole blocks of ${elements}.`)
    out.string(name)
    out.uint32(shape.length)
    for (const length of shape.toReversed()) out.uint64(length)
    out.uint32(number)
    out.uint64(offset)
    offset += pad(tensorBytes({ type, shape }))
  }
  return out.finish()
}

function pad(length: number): number {
  return Math.ceil(length / alignment) * alignment
}

/** Bytes that grow. */
class Output {
  #bytes = new Uint8Array(65_536)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  /** Makes room for `length` more bytes and says where they begin. Call it before naming #bytes or #view: it may replace them. */
  #grow(length: number): number {
    const start = this.#length
    this.#length += length
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2))
      larger.set(this.#bytes)
      this.#bytes = larger
      this.#view = new DataView(larger.buffer)
    }
    return start
  }

  uint32(value: number): void {
    const at = this.#grow(4)
    this.#view.setUint32(at, value, true)
  }

  uint64(value: number | bigint): void {
    const at = this.#grow(8)
    this.#view.setBigUint64(at, BigInt(value), true)
  }

  string(text: string): void {
    const bytes = new TextEncoder().encode(text)
    this.uint64(bytes.length)
    const at = this.#grow(bytes.length)
    this.#bytes.set(bytes, at)
  }

  value(value: GgufValue): void {
    this.uint32(valueTypes.indexOf(value.type))
    if (value.type !== 'array') {
      this.#scalar(value.type, (value as { value: GgufScalar }).value)
      return
    }
    const { of, values } = value as { of: GgufScalarType; values: readonly GgufScalar[] }
    this.uint32(valueTypes.indexOf(of))
    this.uint64(values.length)
    for (const element of values) this.#scalar(of, element)
  }

  #scalar(type: GgufScalarType, value: GgufScalar): void {
    if (type === 'string') return this.string(value as string)
    const width = { uint8: 1, int8: 1, bool: 1, uint16: 2, int16: 2, uint32: 4, int32: 4, float32: 4, uint64: 8, int64: 8, float64: 8 }[
      type
    ]
    const at = this.#grow(width)
    const view = this.#view
    switch (type) {
      case 'uint8':
      case 'int8':
      case 'bool':
        return view.setUint8(at, Number(value))
      case 'uint16':
      case 'int16':
        return view.setUint16(at, Number(value), true)
      case 'uint32':
      case 'int32':
        return view.setUint32(at, Number(value), true)
      case 'float32':
        return view.setFloat32(at, Number(value), true)
      case 'float64':
        return view.setFloat64(at, Number(value), true)
      case 'uint64':
      case 'int64':
        return view.setBigUint64(at, BigInt.asUintN(64, value as bigint), true)
    }
  }

  /** The bytes, padded to the alignment at which tensor data begins. */
  finish(): Uint8Array {
    this.#grow(pad(this.#length) - this.#length)
    return this.#bytes.subarray(0, this.#length)
  }
}
