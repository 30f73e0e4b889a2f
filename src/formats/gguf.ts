/** GGUF, llama.cpp's model file: types of its metadata and tensors, and the reader. Source: ggml/docs/gguf.md and ggml/src/gguf.cpp. */

import type { ByteSource } from './byte-source.ts'
import { FormatError } from './format-error.ts'

export type GgufScalarType =
  'uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32' | 'bool' | 'string' | 'uint64' | 'int64' | 'float64'

/** A metadata value. 64-bit whole numbers are bigint, other numbers number. */
export type GgufValue =
  | { readonly type: GgufScalarType; readonly value: GgufScalar }
  | { readonly type: 'array'; readonly of: GgufScalarType; readonly values: readonly GgufScalar[] }

export type GgufScalar = number | bigint | boolean | string

export type GgufMetadata = ReadonlyMap<string, GgufValue>

export interface GgufTensor {
  readonly name: string
  /** ggml's name of the element type, e.g. `F16`, `Q8_0`. */
  readonly type: string
  /** Row-major, outermost first, as in PyTorch; ggml writes them the other way round. */
  readonly shape: readonly number[]
  /** First byte of the data, counted from the start of the file. */
  readonly start: number
  readonly end: number
}

export interface Gguf {
  readonly version: number
  readonly metadata: GgufMetadata
  readonly tensors: ReadonlyMap<string, GgufTensor>
  bytes(name: string): Promise<Uint8Array>
}

export const ggufLimits = {
  /** Metadata and tensor table. A vocabulary of 262,144 tokens with its merges takes about 16 MB. */
  headerBytes: 128 * 1024 * 1024,
  metadataEntries: 65_536,
  tensors: 100_000,
  /** ggml's own limit. */
  dimensions: 4,
  /** ggml's GGML_MAX_NAME is 64 and cuts longer names off silently. */
  tensorNameBytes: 63,
  keyBytes: 65_535,
  alignment: 65_536,
} as const

/** In the order of their numbers in the file. */
export const valueTypes: readonly (GgufScalarType | 'array')[] = [
  ...(['uint8', 'int8', 'uint16', 'int16', 'uint32', 'int32', 'float32', 'bool', 'string', 'array', 'uint64', 'int64', 'float64'] as const),
]

/** Element types by ggml's number: name, elements in a block, bytes of a block. */
export const tensorTypes: ReadonlyMap<number, readonly [name: string, elements: number, bytes: number]> = new Map([
  [0, ['F32', 1, 4]],
  [1, ['F16', 1, 2]],
  [2, ['Q4_0', 32, 18]],
  [3, ['Q4_1', 32, 20]],
  [6, ['Q5_0', 32, 22]],
  [7, ['Q5_1', 32, 24]],
  [8, ['Q8_0', 32, 34]],
  [9, ['Q8_1', 32, 36]],
  [10, ['Q2_K', 256, 84]],
  [11, ['Q3_K', 256, 110]],
  [12, ['Q4_K', 256, 144]],
  [13, ['Q5_K', 256, 176]],
  [14, ['Q6_K', 256, 210]],
  [15, ['Q8_K', 256, 292]],
  [16, ['IQ2_XXS', 256, 66]],
  [17, ['IQ2_XS', 256, 74]],
  [18, ['IQ3_XXS', 256, 98]],
  [19, ['IQ1_S', 256, 50]],
  [20, ['IQ4_NL', 32, 18]],
  [21, ['IQ3_S', 256, 110]],
  [22, ['IQ2_S', 256, 82]],
  [23, ['IQ4_XS', 256, 136]],
  [24, ['I8', 1, 1]],
  [25, ['I16', 1, 2]],
  [26, ['I32', 1, 4]],
  [27, ['I64', 1, 8]],
  [28, ['F64', 1, 8]],
  [29, ['IQ1_M', 256, 56]],
  [30, ['BF16', 1, 2]],
  [34, ['TQ1_0', 256, 54]],
  [35, ['TQ2_0', 256, 66]],
  [39, ['MXFP4', 32, 17]],
])

/** Reads header, metadata and tensor table; tensor data only when asked for. */
export async function openGguf(source: ByteSource, file = 'The file'): Promise<Gguf> {
  const header = await readHeader(source, file)
  return {
    ...header,
    async bytes(name) {
      const tensor = header.tensors.get(name)
      if (!tensor) throw new FormatError(`There is no tensor ${name} in ${file}.`)
      const found = await source.read(tensor.start, tensor.end)
      if (found.length !== tensor.end - tensor.start)
        throw new FormatError(`Tensor ${name} could not be read whole: ${file} became shorter.`, { byte: tensor.start })
      return found
    },
  }
}

type Header = Omit<Gguf, 'bytes'>

/** The header's length is written nowhere, so ever longer prefixes are tried. */
async function readHeader(source: ByteSource, file: string): Promise<Header> {
  const most = Math.min(source.size, ggufLimits.headerBytes)
  for (let length = Math.min(most, 1024 * 1024); ; length = Math.min(most, length * 4)) {
    try {
      return parseHeader(new Cursor(await source.read(0, length), file), source.size)
    } catch (error) {
      if (!(error instanceof PrefixTooShort)) throw error
      if (length === source.size) throw new FormatError(`${file} is cut short: its header goes on past the end.`, { byte: length })
      if (length === most) throw new FormatError(`${file} has a header of more than ${ggufLimits.headerBytes} bytes, which is not read.`)
    }
  }
}

function parseHeader(cursor: Cursor, fileSize: number): Header {
  const { file } = cursor
  if (cursor.uint32() !== 0x46554747) throw new FormatError(`${file} does not begin with GGUF; it is another kind of file.`, { byte: 0 })
  const version = cursor.uint32()
  if (version !== 2 && version !== 3)
    throw new FormatError(
      `${file} is GGUF version ${version}; versions 2 and 3 are read${(version & 0xffff) === 0 ? ' (this one is big-endian)' : ''}.`,
      { byte: 4 },
    )
  const tensorCount = cursor.count('tensors', ggufLimits.tensors)
  const entryCount = cursor.count('metadata entries', ggufLimits.metadataEntries)
  const metadata = new Map<string, GgufValue>()
  for (let i = 0; i < entryCount; i++) {
    const at = cursor.at
    const key = cursor.string(ggufLimits.keyBytes)
    if (metadata.has(key)) throw new FormatError(`${file} has the metadata key ${key} twice.`, { byte: at })
    metadata.set(key, cursor.value(cursor.type()))
  }
  const alignment = metadata.get('general.alignment') ?? { type: 'uint32', value: 32 }
  const step = alignment.type === 'uint32' ? (alignment.value as number) : 0
  if (step < 8 || step > ggufLimits.alignment || (step & (step - 1)) !== 0)
    throw new FormatError(`${file} has an alignment that is not a power of two from 8 to ${ggufLimits.alignment}.`)

  const infos = Array.from({ length: tensorCount }, () => tensorInfo(cursor))
  const dataStart = Math.ceil(cursor.at / step) * step
  const tensors = new Map<string, GgufTensor>()
  let reached = dataStart
  for (const { name, type, shape, offset, size, at } of infos.sort((a, b) => a.offset - b.offset)) {
    if (tensors.has(name)) throw new FormatError(`${file} has the tensor ${name} twice.`, { byte: at })
    const start = dataStart + offset
    if (offset % step !== 0) throw new FormatError(`Tensor ${name} in ${file} is not aligned to ${step} bytes.`, { byte: at })
    if (start < reached) throw new FormatError(`Tensor ${name} in ${file} overlaps another.`, { byte: at })
    reached = start + size
    if (reached > fileSize)
      throw new FormatError(`Tensor ${name} ends at byte ${reached}, but ${file} has ${fileSize}. It is cut short.`, { byte: at })
    tensors.set(name, { name, type, shape, start, end: reached })
  }
  return { version, metadata, tensors }
}

function tensorInfo(cursor: Cursor) {
  const at = cursor.at
  const name = cursor.string(ggufLimits.tensorNameBytes)
  const dimensions = cursor.uint32()
  if (dimensions > ggufLimits.dimensions)
    throw new FormatError(`Tensor ${name} in ${cursor.file} has ${dimensions} dimensions; at most ${ggufLimits.dimensions} are read.`, {
      byte: at,
    })
  const shape = Array.from({ length: dimensions }, () => cursor.count(`elements of ${name}`, Number.MAX_SAFE_INTEGER)).reverse()
  const number = cursor.uint32()
  const [type, blockElements, blockBytes] = tensorTypes.get(number) ?? []
  if (type === undefined || blockElements === undefined || blockBytes === undefined)
    throw new FormatError(`Tensor ${name} in ${cursor.file} has type number ${number}, which is not known here.`, { byte: at })
  const elements = shape.reduce((product, length) => product * length, 1)
  if ((shape.at(-1) ?? 1) % blockElements !== 0)
    throw new FormatError(`Tensor ${name} in ${cursor.file} is ${type}, but its rows are not whole blocks of ${blockElements}.`, {
      byte: at,
    })
  const size = (elements / blockElements) * blockBytes
  const offset = cursor.count(`bytes before ${name}`, Number.MAX_SAFE_INTEGER)
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(size + offset + cursor.at + ggufLimits.alignment))
    throw new FormatError(`Tensor ${name} in ${cursor.file} says it is larger than any file.`, { byte: at })
  return { name, type, shape, offset, size, at }
}

class PrefixTooShort extends Error {}

/** Reads forward through the header. Throws PrefixTooShort past the end; what to do then is the caller's matter. */
class Cursor {
  at = 0
  readonly file: string
  readonly #bytes: Uint8Array
  readonly #view: DataView

  constructor(bytes: Uint8Array, file: string) {
    this.file = file
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /** Steps over `length` bytes and says where they began. */
  #take(length: number): number {
    const start = this.at
    if (start + length > this.#bytes.length) throw new PrefixTooShort()
    this.at += length
    return start
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  /** A 64-bit count with a limit. */
  count(what: string, most: number): number {
    const at = this.#take(8)
    const count = this.#view.getBigUint64(at, true)
    if (count > BigInt(most)) throw new FormatError(`${this.file} says it has ${count} ${what}; at most ${most} are read.`, { byte: at })
    return Number(count)
  }

  string(most: number = ggufLimits.headerBytes): string {
    const at = this.at
    const length = this.count('bytes in a text', most)
    const start = this.#take(length)
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.#bytes.subarray(start, start + length))
    } catch (cause) {
      throw new FormatError(`${this.file} holds a text that is not valid UTF-8.`, { byte: at }, { cause })
    }
  }

  type(): GgufScalarType | 'array' {
    const at = this.at
    const type = valueTypes[this.uint32()]
    if (type === undefined) throw new FormatError(`${this.file} has a metadata value of a type that GGUF does not have.`, { byte: at })
    return type
  }

  value(type: GgufScalarType | 'array'): GgufValue {
    if (type !== 'array') return { type, value: this.#scalar(type) }
    const at = this.at
    const of = this.type()
    if (of === 'array')
      throw new FormatError(`${this.file} has a list of lists in its metadata, which llama.cpp does not read.`, { byte: at })
    const length = this.count('elements in a list', ggufLimits.headerBytes)
    // Memory grows with bytes really read, never with the length that the file claims.
    const values: GgufScalar[] = []
    for (let i = 0; i < length; i++) values.push(this.#scalar(of))
    return { type, of, values }
  }

  #scalar(type: GgufScalarType): GgufScalar {
    const view = this.#view
    switch (type) {
      case 'uint8':
        return view.getUint8(this.#take(1))
      case 'int8':
        return view.getInt8(this.#take(1))
      case 'uint16':
        return view.getUint16(this.#take(2), true)
      case 'int16':
        return view.getInt16(this.#take(2), true)
      case 'uint32':
        return view.getUint32(this.#take(4), true)
      case 'int32':
        return view.getInt32(this.#take(4), true)
      case 'float32':
        return view.getFloat32(this.#take(4), true)
      case 'bool': {
        const at = this.#take(1)
        const byte = view.getUint8(at)
        if (byte > 1) throw new FormatError(`${this.file} has ${byte} where true or false must be.`, { byte: at })
        return byte === 1
      }
      case 'string':
        return this.string()
      case 'uint64':
        return view.getBigUint64(this.#take(8), true)
      case 'int64':
        return view.getBigInt64(this.#take(8), true)
      case 'float64':
        return view.getFloat64(this.#take(8), true)
    }
  }
}
