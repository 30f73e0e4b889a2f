/** A model's weights in pieces of rows, with an adapter added where one is given: what export reads, a few megabytes at a time. */

import { FormatError } from './format-error.ts'
import { assertFinite, bytesPerFloat, fromFloat32, toFloat32, type FloatType } from './half.ts'
import { hfConfigText, type HfConfig } from './hf-config.ts'
import { checkTensors, expectedTensors, projections } from './llama-tensors.ts'
import { adapterScale, type Adapter, type AdapterModule } from './peft.ts'
import { weightType, type Safetensors } from './safetensors.ts'
import { safetensorsPieces, type TensorToWrite } from './safetensors-write.ts'

/** About 4 MB of floats at a time. */
const valuesPerPiece = 1 << 20

/** Values of a tensor in order, in pieces of whole multiples of `rowsTogether` rows; a vector is one row. Checked to be finite. */
export async function* rowsOf(
  weights: Safetensors,
  name: string,
  options: { adapter?: Adapter | null; rowsTogether?: number } = {},
): AsyncIterable<Float32Array> {
  const tensor = weights.tensors.get(name)
  if (!tensor) throw new FormatError(`There is no tensor ${name}.`)
  const type = weightType(tensor)
  const columns = tensor.shape.at(-1) ?? 1
  const rows = tensor.shape.length > 1 ? tensor.shape.slice(0, -1).reduce((a, b) => a * b, 1) : 1
  const together = options.rowsTogether ?? 1
  const step = Math.max(1, Math.floor(valuesPerPiece / (columns * together))) * together
  const module = options.adapter ? moduleOf(options.adapter, name) : undefined
  for (let row = 0; row < rows; row += step) {
    const end = Math.min(rows, row + step)
    const width = columns * bytesPerFloat[type]
    const values = toFloat32(await weights.bytes(name, { start: row * width, end: end * width }), type)
    assertFinite(name, values, row * columns)
    if (!module || !options.adapter) yield values
    else yield withAdapter(values, module, adapterScale(options.adapter.config), options.adapter.config.rank, row, columns)
  }
}

function moduleOf(adapter: Adapter, name: string): AdapterModule | undefined {
  return adapter.modules.find(({ layer, projection }) => name === `model.layers.${layer}.${projections[projection]}.weight`)
}

/** W + scale · B·A for the rows from `firstRow` on, in a copy. */
function withAdapter(
  weights: Float32Array,
  { a, b }: AdapterModule,
  scale: number,
  rank: number,
  firstRow: number,
  columns: number,
): Float32Array {
  const sum = weights.slice()
  const delta = new Float64Array(columns)
  for (let row = 0; row < sum.length / columns; row++) {
    delta.fill(0)
    for (let r = 0; r < rank; r++) {
      const factor = b[(firstRow + row) * rank + r]!
      if (factor !== 0) for (let i = 0; i < columns; i++) delta[i]! += factor * a[r * columns + i]!
    }
    for (let i = 0; i < columns; i++) sum[row * columns + i]! += scale * delta[i]!
  }
  return sum
}

/** Bytes of the values in a half type. Refuses a weight that the type cannot hold instead of writing infinity. */
export function encodeWeights(name: string, values: Float32Array, type: FloatType, offset = 0): Uint8Array {
  if (type === 'F16') {
    // The largest F16 is 65504; what rounds above it becomes infinite.
    const at = values.findIndex((value) => Math.abs(value) >= 65_520)
    if (at >= 0)
      throw new FormatError(`Tensor ${name} holds ${values[at]} at index ${offset + at}, which is beyond F16; choose F32 or Q8_0 instead.`)
  }
  return fromFloat32(values, type)
}

/** `model.safetensors` of the base with the adapter added in, as a stream, and its config.json. */
export function mergedModel(
  config: HfConfig,
  weights: Safetensors,
  adapter: Adapter | null,
  type: FloatType,
): { 'config.json': string; 'model.safetensors': AsyncIterable<Uint8Array> } {
  checkTensors(config, weights.tensors)
  const tensors: TensorToWrite[] = [...expectedTensors(config)].map(([name, shape]) => ({ name, type, shape }))
  return {
    'config.json': hfConfigText(config, type),
    'model.safetensors': safetensorsPieces(tensors, async function* ({ name }) {
      for await (const values of rowsOf(weights, name, { adapter })) yield encodeWeights(name, values, type)
    }),
  }
}
