/** Writes safetensors files: the same tensors give the same bytes, whatever their order. */

import { FormatError } from './format-error.ts'
import { bytesPerFloat, fromFloat32, type FloatType } from './half.ts'

export interface TensorToWrite {
  readonly name: string
  readonly type: FloatType
  readonly shape: readonly number[]
}

/** The whole file. Values are row-major and are rounded to the tensor's type. */
export function writeSafetensors(
  tensors: readonly (TensorToWrite & { readonly values: Float32Array })[],
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): Uint8Array {
  const { order, header, size } = layout(tensors, metadata)
  const file = new Uint8Array(size)
  file.set(header)
  let at = header.length
  for (const tensor of order) {
    const bytes = fromFloat32(tensor.values, tensor.type)
    checkLength(tensor, bytes.length)
    file.set(bytes, at)
    at += bytes.length
  }
  return file
}

/** The same file as a stream; `piecesOf` gives a tensor's little-endian bytes in order, in pieces of any size. */
export async function* safetensorsPieces<T extends TensorToWrite>(
  tensors: readonly T[],
  piecesOf: (tensor: T) => Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): AsyncIterable<Uint8Array> {
  const { order, header } = layout(tensors, metadata)
  yield header
  for (const tensor of order) {
    let written = 0
    for await (const piece of piecesOf(tensor)) {
      written += piece.length
      yield piece
    }
    checkLength(tensor, written)
  }
}

/** Wider types first, then by name, as the reference writer does: every tensor is aligned, and the order is fixed. */
function layout<T extends TensorToWrite>(tensors: readonly T[], metadata: Readonly<Record<string, string>>) {
  const order = [...tensors].sort(
    (a, b) => bytesPerFloat[b.type] - bytesPerFloat[a.type] || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  )
  const entries: [string, unknown][] = [['__metadata__', metadata]]
  const seen = new Set(['__metadata__'])
  let at = 0
  for (const tensor of order) {
    if (seen.has(tensor.name)) throw new FormatError(`Two tensors are called ${tensor.name}; a safetensors file holds each name once.`)
    seen.add(tensor.name)
    const end = at + byteLength(tensor)
    entries.push([tensor.name, { dtype: tensor.type, shape: tensor.shape, data_offsets: [at, end] }])
    at = end
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)))
  const padded = Math.ceil((8 + json.length) / 8) * 8
  const header = new Uint8Array(padded).fill(0x20)
  new DataView(header.buffer).setBigUint64(0, BigInt(padded - 8), true)
  header.set(json, 8)
  return { order, header, size: padded + at }
}

function byteLength(tensor: TensorToWrite): number {
  return tensor.shape.reduce((product, length) => product * length, bytesPerFloat[tensor.type])
}

function checkLength(tensor: TensorToWrite, length: number): void {
  if (length !== byteLength(tensor))
    throw new FormatError(
      `Tensor ${tensor.name} of shape [${tensor.shape.join(', ')}] takes ${byteLength(tensor)} bytes, but ${length} were given.`,
    )
}
