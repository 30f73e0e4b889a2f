/** What runs the graphs: ONNX Runtime for Node or for the browser, which share their interface. */

import type { InferenceSession, Tensor, TensorConstructor } from 'onnxruntime-node'
import type { RunnableGraph, TensorSpec } from '../../ml/lora/training-graph.ts'

export type { InferenceSession, Tensor } from 'onnxruntime-node'

export interface Runtime {
  readonly Tensor: TensorConstructor
  /** Whether a run writes its results into tensors that are passed for them. */
  readonly writesInPlace: boolean
  /** Zeros. Where two threads train, both see them. */
  floats(count: number): Float32Array
  /** A session with so many threads inside an operator, where the runtime lets one choose. */
  open(graph: RunnableGraph, threads: number): Promise<InferenceSession>
}

export type Tensors = Record<string, Tensor>

/** Float32 values by tensor name. */
export type Values = ReadonlyMap<string, Float32Array>

export const sizeOf = (spec: Pick<TensorSpec, 'dims'>): number => spec.dims.reduce((a, b) => a * b, 1)

/** A float32 tensor over the values. */
export function floatTensor({ Tensor }: Pick<Runtime, 'Tensor'>, spec: Pick<TensorSpec, 'dims'>, values: Float32Array): Tensor {
  return new Tensor('float32', values, [...spec.dims])
}

/** A tensor over values, or over the bits of 16-bit values. */
export function tensorOf(runtime: Pick<Runtime, 'Tensor'>, spec: Pick<TensorSpec, 'dims'>, data: TensorData): Tensor {
  if (data instanceof Uint16Array) return halfTensor(runtime, spec, data)
  return data instanceof Int8Array ? new runtime.Tensor('int8', data, [...spec.dims]) : floatTensor(runtime, spec, data)
}

export type TensorData = Float32Array | Uint16Array | Int8Array

/**
 * A float16 tensor over bits. Where there is a Float16Array (Node 24), onnxruntime-common 1.30 turns any data into one, and onnxruntime-node reads nothing from
 * it ("not enough space: expected 8, got 0"); so the tensor is given the bits themselves again.
 */
function halfTensor({ Tensor }: Pick<Runtime, 'Tensor'>, spec: Pick<TensorSpec, 'dims'>, bits: Uint16Array): Tensor {
  const tensor = new Tensor('float16', bits, [...spec.dims])
  Object.defineProperty(tensor, 'cpuData', { value: bits })
  return tensor
}
