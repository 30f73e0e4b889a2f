/** How frozen matrices are held where not in 32 bits: in 16, which changes no value, or in 8, which rounds them. */
import type { HfConfig } from '../../formats/hf-config.ts'
import type { TensorSpec } from '../graph/emit.ts'
import { projectionPath, projectionsOf } from '../llama/parameters.ts'

export type HeldAs =
  | {
      readonly kind: 'float16'
      /** A power of two that the 16-bit values are multiplied with, so that nothing is rounded. */
      readonly scale: number
    }
  | { readonly kind: 'int8' }

/** By parameter; those of 32 bits are absent. */
export type Held = ReadonlyMap<string, HeldAs>

/** Every layer's projections in 8 bits. Embedding and head stay as they are: rounded logits would be other losses. */
export function projectionsAsInt8(config: HfConfig): Held {
  const layers = Array.from({ length: config.layers }, (_, layer) => layer)
  const paths = layers.flatMap((layer) => projectionsOf(config).map((projection) => projectionPath(layer, projection)))
  return new Map(paths.map((path) => [`${path}.weight`, { kind: 'int8' }]))
}

/**
 * What a matrix W [out,in] becomes in 8 bits: one copy for x·Wᵀ and one for the derivative dY·W, because ONNX Runtime's product takes its right side in one
 * layout only and scales by column. Two bytes a weight in all.
 */
export function int8Specs({ name, dims }: Pick<TensorSpec, 'name' | 'dims'>): [TensorSpec, TensorSpec, TensorSpec, TensorSpec] {
  const [out, into] = dims as readonly [number, number]
  return [
    { name: `${name}.int8`, dtype: 'int8', dims: [into, out] },
    { name: `${name}.int8.scale`, dtype: 'float32', dims: [out] },
    { name: `${name}.int8.back`, dtype: 'int8', dims: [out, into] },
    { name: `${name}.int8.back.scale`, dtype: 'float32', dims: [into] },
  ]
}

/** The values of `int8Specs`, in their order, of W row-major. A column's scale is its largest value's over 127. */
export function toInt8(values: Float32Array, [out, into]: readonly [number, number]): [Int8Array, Float32Array, Int8Array, Float32Array] {
  const [rows, columns] = [new Float32Array(out), new Float32Array(into)]
  for (let o = 0, i = 0; o < out; o += 1)
    for (let c = 0; c < into; c += 1, i += 1) {
      const size = Math.abs(values[i]!)
      if (size > rows[o]!) rows[o] = size
      if (size > columns[c]!) columns[c] = size
    }
  const steps = (largest: Float32Array): Float32Array => largest.map((size) => size / 127)
  const [rowScales, columnScales] = [steps(rows), steps(columns)]
  const [forward, back] = [new Int8Array(out * into), new Int8Array(out * into)]
  // A matrix of zeros has scale 0, and 0/0 is not 0.
  const inverse = (scales: Float32Array): Float32Array => scales.map((scale) => (scale > 0 ? 1 / scale : 0))
  const [byRow, byColumn] = [inverse(rowScales), inverse(columnScales)]
  for (let o = 0, i = 0; o < out; o += 1)
    for (let c = 0; c < into; c += 1, i += 1) {
      forward[c * out + o] = rounded(values[i]! * byRow[o]!)
      back[i] = rounded(values[i]! * byColumn[c]!)
    }
  return [forward, rowScales, back, columnScales]
}

/** The reciprocal of a denormal scale is infinite or far off: never beyond what 8 bits hold. */
const rounded = (value: number): number => Math.max(-127, Math.min(127, Math.round(value)))
