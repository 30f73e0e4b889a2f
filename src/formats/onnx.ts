/** Writes ONNX models: the protobuf wire form of a graph, by hand. Source: onnx/onnx.proto (IR version 8). */
import { FormatError } from './format-error.ts'

export type OnnxDtype = 'float32' | 'float16' | 'int8' | 'int64' | 'bool'

/** A dimension is a count, or the name of a size known only at run time. */
export interface OnnxValue {
  readonly name: string
  readonly dtype: OnnxDtype
  readonly dims: readonly (number | string)[]
}

/** A constant; `data` is little-endian and in row-major order, as `raw_data` wants it. */
export interface OnnxInitializer {
  readonly name: string
  readonly dtype: OnnxDtype
  readonly dims: readonly number[]
  readonly data: Uint8Array
}

export type OnnxAttribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'ints'; readonly value: readonly number[] }

export interface OnnxNode {
  readonly type: string
  /** Empty for the standard operators. */
  readonly domain: string
  /** An empty name stands for an optional input that is absent. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, OnnxAttribute>>
}

export interface OnnxModel {
  readonly name: string
  /** Domain → version, the standard operators under the empty name. */
  readonly opsets: Readonly<Record<string, number>>
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  readonly initializers: readonly OnnxInitializer[]
  readonly nodes: readonly OnnxNode[]
  /** What is known of values in between; a runtime infers the rest. */
  readonly values?: readonly OnnxValue[]
}

/** Protobuf messages end at 2 GiB; weights therefore travel as inputs, never inside the model. */
const largestModelBytes = 2 ** 31 - 1
const irVersion = 8

const dtypeCodes: Record<OnnxDtype, number> = { float32: 1, int8: 3, int64: 7, bool: 9, float16: 10 }
const dtypeBytes: Record<OnnxDtype, number> = { float32: 4, int8: 1, int64: 8, bool: 1, float16: 2 }
const attributeCodes = { float: 1, int: 2, string: 3, ints: 7 } as const

/** The bytes of a model. Throws FormatError where a constant's bytes do not fit its shape or the whole exceeds 2 GiB. */
export function writeOnnx(model: OnnxModel): Uint8Array {
  const out = new ProtoWriter()
  out.integer(1, irVersion)
  out.text(2, 'commonweights')
  out.message(7, (graph) => writeGraph(graph, model))
  for (const [domain, version] of Object.entries(model.opsets)) {
    out.message(8, (opset) => {
      opset.text(1, domain)
      opset.integer(2, version)
    })
  }
  return out.bytes()
}

function writeGraph(out: ProtoWriter, model: OnnxModel): void {
  for (const node of model.nodes) out.message(1, (message) => writeNode(message, node))
  out.text(2, model.name)
  for (const tensor of model.initializers) out.message(5, (message) => writeTensor(message, tensor))
  for (const value of model.inputs) out.message(11, (message) => writeValue(message, value))
  for (const value of model.outputs) out.message(12, (message) => writeValue(message, value))
  for (const value of model.values ?? []) out.message(13, (message) => writeValue(message, value))
}

function writeNode(out: ProtoWriter, node: OnnxNode): void {
  for (const input of node.inputs) out.text(1, input)
  for (const output of node.outputs) out.text(2, output)
  out.text(3, node.outputs[0] ?? node.type)
  out.text(4, node.type)
  for (const [name, attribute] of Object.entries(node.attributes)) {
    out.message(5, (message) => {
      message.text(1, name)
      if (attribute.kind === 'float') message.float(2, attribute.value)
      else if (attribute.kind === 'int') message.integer(3, attribute.value)
      else if (attribute.kind === 'string') message.text(4, attribute.value)
      else for (const value of attribute.value) message.integer(8, value)
      message.integer(20, attributeCodes[attribute.kind])
    })
  }
  if (node.domain !== '') out.text(7, node.domain)
}

function writeTensor(out: ProtoWriter, tensor: OnnxInitializer): void {
  const wanted = tensor.dims.reduce((product, dim) => product * dim, 1) * dtypeBytes[tensor.dtype]
  if (tensor.data.byteLength !== wanted) {
    throw new FormatError(
      `Constant ${tensor.name} has ${tensor.data.byteLength} bytes, but ${tensor.dtype}[${tensor.dims.join(',')}] takes ${wanted}.`,
    )
  }
  for (const dim of tensor.dims) out.integer(1, dim)
  out.integer(2, dtypeCodes[tensor.dtype])
  out.text(8, tensor.name)
  out.raw(9, tensor.data)
}

function writeValue(out: ProtoWriter, value: OnnxValue): void {
  out.text(1, value.name)
  out.message(2, (type) => {
    type.message(1, (tensor) => {
      tensor.integer(1, dtypeCodes[value.dtype])
      tensor.message(2, (shape) => {
        for (const dim of value.dims) {
          shape.message(1, (axis) => (typeof dim === 'number' ? axis.integer(1, dim) : axis.text(2, dim)))
        }
      })
    })
  })
}

/** Protobuf's wire form: fields of varints, fixed 32-bit floats and length-prefixed bytes. Nested messages are written to their own buffer first. */
class ProtoWriter {
  #buffer = new Uint8Array(256)
  #length = 0

  integer(field: number, value: number): void {
    this.#varint(BigInt(field << 3))
    this.#varint(BigInt.asUintN(64, BigInt(value)))
  }

  float(field: number, value: number): void {
    this.#varint(BigInt((field << 3) | 5))
    this.#append(new Uint8Array(new Float32Array([value]).buffer))
  }

  text(field: number, value: string): void {
    this.raw(field, new TextEncoder().encode(value))
  }

  raw(field: number, value: Uint8Array): void {
    this.#varint(BigInt((field << 3) | 2))
    this.#varint(BigInt(value.byteLength))
    this.#append(value)
  }

  message(field: number, write: (message: ProtoWriter) => void): void {
    const inner = new ProtoWriter()
    write(inner)
    this.raw(field, inner.#written())
  }

  bytes(): Uint8Array {
    return this.#written().slice()
  }

  #written(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  #varint(value: bigint): void {
    const bytes: number[] = []
    let rest = value
    while (rest >= 0x80n) {
      bytes.push(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    bytes.push(Number(rest))
    this.#append(Uint8Array.from(bytes))
  }

  #append(bytes: Uint8Array): void {
    const needed = this.#length + bytes.byteLength
    if (needed > largestModelBytes) {
      throw new FormatError(`An ONNX model ends at ${largestModelBytes} bytes; pass the weights as inputs instead.`)
    }
    if (needed > this.#buffer.byteLength) {
      const grown = new Uint8Array(Math.min(largestModelBytes, Math.max(needed, this.#buffer.byteLength * 2)))
      grown.set(this.#written())
      this.#buffer = grown
    }
    this.#buffer.set(bytes, this.#length)
    this.#length = needed
  }
}
