/** The base's weights as the graphs of a run read them: in 32 bits, in 16 where memory is short, in 8 where the recipe says so. */

import { baseTensors, int8Specs, toInt8, type Held, type HeldAs, type TensorSpec } from '../../ml/lora/training-graph.ts'
import type { Plan } from './plan.ts'
import { floatTensor, tensorOf, type Runtime, type Tensors } from './runtime.ts'

type Place = Pick<Plan, 'sideBySide'>

/**
 * Feeds of the frozen weights, and how they are held: a matrix that its plan holds in 16 bits stays in 32 where one of its values would be rounded, so that a run
 * ends with the same bytes either way.
 */
export async function frozenWeights(plan: Plan, runtime: Runtime): Promise<{ frozen: Tensors; held: Held }> {
  const frozen: Tensors = {}
  const held = new Map<string, HeldAs>()
  if (plan.fingerprint.recipe.method.kind === 'full') return { frozen, held }
  for (const spec of baseTensors(plan.base.config)) {
    const values = await plan.base.weights!.floats(spec.name, spec.dims)
    const as = plan.held.get(spec.name)
    const fewer = as && inFewerBits(as, spec, values, runtime, plan)
    if (fewer) held.set(spec.name, as)
    Object.assign(frozen, fewer ?? { [spec.name]: floatTensor(runtime, spec, placed(values, plan)) })
  }
  return { frozen, held }
}

/** The matrix as it should be held, or null where that would change a value and may not. */
function inFewerBits(as: HeldAs, spec: TensorSpec, values: Float32Array, runtime: Runtime, place: Place): Tensors | null {
  switch (as.kind) {
    case 'float16': {
      const half = inHalves(values, as.scale, place)
      return half && { [spec.name]: tensorOf(runtime, spec, half) }
    }
    case 'int8': {
      const parts = toInt8(values, spec.dims as readonly [number, number])
      return Object.fromEntries(int8Specs(spec).map((part, i) => [part.name, tensorOf(runtime, part, placed(parts[i]!, place))]))
    }
    default:
      return as satisfies never
  }
}

/** The values where all threads that need them see them; their own memory is given back. */
export function placed<T extends Float32Array | Int8Array>(values: T, { sideBySide }: Place): T {
  if (!sideBySide) return values
  const shared = new SharedArrayBuffer(values.byteLength)
  const copy = values instanceof Int8Array ? new Int8Array(shared) : new Float32Array(shared)
  copy.set(values)
  giveBack(values)
  return copy as T
}

/** values/scale as float16, or null where that would round one of them. */
function inHalves(values: Float32Array, scale: number, { sideBySide }: Place): Uint16Array | null {
  const half = new Float16Array(sideBySide ? new SharedArrayBuffer(2 * values.length) : new ArrayBuffer(2 * values.length))
  for (let i = 0; i < values.length; i += 1) {
    half[i] = values[i]! / scale
    if (half[i]! * scale !== values[i]!) return null
  }
  return new Uint16Array(half.buffer)
}

/** Frees an array's memory now and not when the collector comes by. Where the array is a part of something larger, nothing happens. */
function giveBack({ buffer, byteLength }: Float32Array | Int8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}
