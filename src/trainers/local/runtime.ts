/** What runs the graphs: ONNX Runtime for Node or for the browser, which share their interface. */

import type { InferenceSession, Tensor, TensorConstructor } from 'onnxruntime-node'
import type { RunnableGraph, TensorSpec } from '../../ml/lora/training-graph.ts'

export type { InferenceSession, Tensor } from 'onnxruntime-node'

export interface Runtime {
  readonly Tensor: TensorConstructor
  /** Whether a run writes its results into tensors that are passed for them. */
  readonly writesInPlace: boolean
  open(graph: RunnableGraph): Promise<InferenceSession>
}

export type Tensors = Record<string, Tensor>

/** Float32 values by tensor name. */
export type Values = ReadonlyMap<string, Float32Array>

export const sizeOf = (spec: TensorSpec): number => spec.dims.reduce((a, b) => a * b, 1)

/** A float32 tensor over the values given, or zeros. */
export function floatTensor({ Tensor }: Pick<Runtime, 'Tensor'>, spec: TensorSpec, values?: Float32Array): Tensor {
  return new Tensor('float32', values ?? new Float32Array(sizeOf(spec)), [...spec.dims])
}

/**
 * A float16 tensor over bits. Where there is a Float16Array (Node 24), onnxruntime-common 1.30 turns any data into one, and onnxruntime-node reads nothing from
 * it ("not enough space: expected 8, got 0"); so the tensor is given the bits themselves again.
 */
export function halfTensor({ Tensor }: Pick<Runtime, 'Tensor'>, spec: TensorSpec, bits: Uint16Array): Tensor {
  const tensor = new Tensor('float16', bits, [...spec.dims])
  Object.defineProperty(tensor, 'cpuData', { value: bits })
  return tensor
}
