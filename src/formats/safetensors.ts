/** Reads safetensors files: a length, a JSON header and raw little-endian tensors. Source: github.com/huggingface/safetensors, README and `tensor.rs`. */

import type { ByteSource } from './byte-source.ts'
import { FormatError } from './format-error.ts'
import { toFloat32, type FloatType } from './half.ts'
import { describe, isRecord, parseStrictJson } from './strict-json.ts'

/** Bits per element of each type the format knows and that fills whole bytes. Only F32, F16 and BF16 can be weights here. */
const bytesPerElement: Readonly<Record<string, number>> = {
  ...{ BOOL: 1, U8: 1, I8: 1, F8_E4M3: 1, F8_E5M2: 1 },
  ...{ U16: 2, I16: 2, F16: 2, BF16: 2, U32: 4, I32: 4, F32: 4, U64: 8, I64: 8, F64: 8 },
}

export const safetensorsLimits = {
  /** The header is one JSON text held in memory. 100,000 tensors need about 16 MB; the largest published models have a tenth of that. */
  headerBytes: 16 * 1024 * 1024,
  tensors: 100_000,
  /** Weights of a decoder have one or two; PyTorch allows more, but nobody publishes more than 8. */
  dimensions: 8,
} as const

export interface TensorInfo {
  readonly name: string
  readonly type: string
  readonly shape: readonly number[]
  /** First byte of the data, counted from the start of the file. */
  readonly start: number
  /** One past its last byte. */
  readonly end: number
}

export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>
  readonly tensors: ReadonlyMap<string, TensorInfo>
  /** Where tensor data begins. */
  readonly dataStart: number
}

/** One or several files read as one set of tensors. */
export interface Safetensors {
  readonly metadata: Readonly<Record<string, string>>
  readonly tensors: ReadonlyMap<string, TensorInfo>
  /** Raw bytes of a tensor, or of the bytes `start` to `end` within it. */
  bytes(name: string, range?: { start: number; end: number }): Promise<Uint8Array>
  /** All values of an F32, F16 or BF16 tensor, row-major. Not checked for NaN: see assertFinite. */
  floats(name: string): Promise<Float32Array>
}

/** Length of length field and header together, from the first 8 bytes: how much to read before parseSafetensorsHeader. */
export function safetensorsPrefixLength(first: Uint8Array, fileSize: number, file = 'The file'): number {
  if (fileSize < 8 || first.length < 8)
    throw new FormatError(`${file} has ${fileSize} bytes; a safetensors file has at least 8. It is cut short.`)
  const length = new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true)
  if (length > BigInt(safetensorsLimits.headerBytes))
    throw new FormatError(
      `${file} says its header has ${length} bytes; at most ${safetensorsLimits.headerBytes} are read. It is not a safetensors file.`,
      { byte: 0 },
    )
  if (8n + length > BigInt(fileSize))
    throw new FormatError(`${file} says its header has ${length} bytes, but the file has only ${fileSize}. It is cut short.`, { byte: 0 })
  return 8 + Number(length)
}

/** Parses and checks the header. `prefix` holds at least the first safetensorsPrefixLength bytes. */
export function parseSafetensorsHeader(prefix: Uint8Array, fileSize: number, file = 'The file'): SafetensorsHeader {
  const dataStart = safetensorsPrefixLength(prefix, fileSize, file)
  if (prefix.length < dataStart)
    throw new FormatError(`${file} has a header of ${dataStart - 8} bytes, but only ${prefix.length - 8} were given.`)
  const json = parseStrictJson(prefix.subarray(8, dataStart), `The header of ${file}`)
  if (!isRecord(json)) throw new FormatError(`The header of ${file} must be a JSON object.`, { byte: 8 })
  const entries = Object.entries(json).filter(([name]) => name !== '__metadata__')
  if (entries.length > safetensorsLimits.tensors)
    throw new FormatError(`${file} names ${entries.length} tensors; at most ${safetensorsLimits.tensors} are read.`)
  const tensors = new Map(entries.map(([name, entry]) => [name, parseTensor(name, entry, dataStart, fileSize, file)]))
  refuseGaps([...tensors.values()], dataStart, fileSize, file)
  return { metadata: parseMetadata(Object.hasOwn(json, '__metadata__') ? json['__metadata__'] : undefined, file), tensors, dataStart }
}

function parseTensor(name: string, entry: unknown, dataStart: number, fileSize: number, file: string): TensorInfo {
  const refuse = (fact: string): never => {
    throw new FormatError(`Tensor ${name} in ${file} ${fact}`, { byte: 8 })
  }
  if (!isRecord(entry)) return refuse(`is described by ${describe(entry)} instead of an object.`)
  const { dtype, shape, data_offsets: offsets } = entry
  const width = typeof dtype === 'string' && Object.hasOwn(bytesPerElement, dtype) ? bytesPerElement[dtype] : undefined
  if (width === undefined) return refuse(`has type ${describe(dtype)}; the types known are ${Object.keys(bytesPerElement).join(', ')}.`)
  if (!Array.isArray(shape) || !shape.every(isCount)) return refuse(`has shape ${describe(shape)}; a list of whole numbers is needed.`)
  if (shape.length > safetensorsLimits.dimensions)
    return refuse(`has ${shape.length} dimensions; at most ${safetensorsLimits.dimensions} are read.`)
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    return refuse(`has data_offsets ${describe(offsets)}; two whole numbers are needed.`)
  const [from, to] = offsets as [number, number]
  const size = shape.reduce((product, length) => product * length, width)
  if (to < from || to - from !== size)
    return refuse(`says it lies in bytes ${from} to ${to}, but ${dtype as string} of shape [${shape.join(', ')}] takes ${size} bytes.`)
  if (dataStart + to > fileSize) return refuse(`ends at byte ${dataStart + to}, but the file has ${fileSize}. It is cut short.`)
  return { name, type: dtype as string, shape, start: dataStart + from, end: dataStart + to }
}

/** As the reference reader: tensors follow each other without gap or overlap and fill the file. Anything else can hide data or lie. */
function refuseGaps(tensors: TensorInfo[], dataStart: number, fileSize: number, file: string): void {
  let reached = dataStart
  for (const tensor of tensors.sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (tensor.start < reached)
      throw new FormatError(`Tensor ${tensor.name} in ${file} overlaps the one before it.`, { byte: tensor.start })
    if (tensor.start > reached)
      throw new FormatError(`${file} has ${tensor.start - reached} bytes before tensor ${tensor.name} that belong to none.`, {
        byte: reached,
      })
    reached = tensor.end
  }
  if (reached !== fileSize)
    throw new FormatError(`${file} has ${fileSize} bytes, but its tensors end at ${reached}. It is not what its header says.`, {
      byte: reached,
    })
}

function parseMetadata(value: unknown, file: string): Record<string, string> {
  if (value === undefined) return {}
  if (!isRecord(value) || !Object.values(value).every((text) => typeof text === 'string'))
    throw new FormatError(`__metadata__ of ${file} must be an object of texts.`, { byte: 8 })
  return { ...(value as Record<string, string>) }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** Reads the header; tensor data only when asked for. */
export async function openSafetensors(source: ByteSource, file = 'model.safetensors'): Promise<Safetensors> {
  const first = await source.read(0, Math.min(8, source.size))
  const prefix = await source.read(0, safetensorsPrefixLength(first, source.size, file))
  const { metadata, tensors } = parseSafetensorsHeader(prefix, source.size, file)
  return tensorReader(metadata, tensors, () => source)
}

export const shardLimits = {
  /** The largest published models have under 200 files. */
  files: 1_000,
} as const

/**
 * Opens the files of a `model.safetensors.index.json`. `open` is called once per file name, which is checked to be a plain name first.
 */
export async function openSafetensorsShards(
  index: unknown,
  open: (file: string) => ByteSource | Promise<ByteSource>,
): Promise<Safetensors> {
  const map = isRecord(index) ? index['weight_map'] : undefined
  if (!isRecord(map)) throw new FormatError('model.safetensors.index.json must have a weight_map from tensor to file.')
  const names = new Set<string>()
  for (const [tensor, file] of Object.entries(map)) {
    if (typeof file !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9._-]*\.safetensors$/.test(file))
      throw new FormatError(`model.safetensors.index.json puts ${tensor} in ${describe(file)}; a plain *.safetensors file name is needed.`)
    names.add(file)
  }
  if (names.size > shardLimits.files)
    throw new FormatError(`model.safetensors.index.json names ${names.size} files; at most ${shardLimits.files} are read.`)
  const headers = new Map<string, { header: SafetensorsHeader; source: ByteSource }>()
  for (const file of [...names].sort()) {
    const source = await open(file)
    const first = await source.read(0, Math.min(8, source.size))
    const prefix = await source.read(0, safetensorsPrefixLength(first, source.size, file))
    headers.set(file, { header: parseSafetensorsHeader(prefix, source.size, file), source })
  }
  const tensors = new Map<string, TensorInfo>()
  const sources = new Map<string, ByteSource>()
  for (const [name, file] of Object.entries(map as Record<string, string>)) {
    const { header, source } = headers.get(file)!
    const tensor = header.tensors.get(name)
    if (!tensor) throw new FormatError(`model.safetensors.index.json puts ${name} in ${file}, which has no such tensor.`)
    tensors.set(name, tensor)
    sources.set(name, source)
  }
  return tensorReader({}, tensors, (name) => sources.get(name)!)
}

function tensorReader(
  metadata: Readonly<Record<string, string>>,
  tensors: ReadonlyMap<string, TensorInfo>,
  sourceOf: (name: string) => ByteSource,
): Safetensors {
  const find = (name: string): TensorInfo => {
    const tensor = tensors.get(name)
    if (!tensor) throw new FormatError(`There is no tensor ${name} among the ${tensors.size} of the file.`)
    return tensor
  }
  const bytes = async (name: string, range?: { start: number; end: number }): Promise<Uint8Array> => {
    const tensor = find(name)
    const start = tensor.start + (range?.start ?? 0)
    const end = range ? tensor.start + range.end : tensor.end
    if (start < tensor.start || end > tensor.end || start > end)
      throw new RangeError(`Bytes ${range?.start} to ${range?.end} lie outside tensor ${name} of ${tensor.end - tensor.start} bytes.`)
    const found = await sourceOf(name).read(start, end)
    if (found.length !== end - start)
      throw new FormatError(`Tensor ${name} could not be read whole: the file became shorter.`, { byte: start })
    return found
  }
  return {
    metadata,
    tensors,
    bytes,
    floats: async (name) => toFloat32(await bytes(name), weightType(find(name))),
  }
}

/** The type of a tensor that must be a weight; refuses integers and 8-bit floats in words. */
export function weightType(tensor: TensorInfo): FloatType {
  if (tensor.type === 'F32' || tensor.type === 'F16' || tensor.type === 'BF16') return tensor.type
  throw new FormatError(`Tensor ${tensor.name} is ${tensor.type}; weights must be F32, F16 or BF16. Convert the file first.`, {
    byte: tensor.start,
  })
}
