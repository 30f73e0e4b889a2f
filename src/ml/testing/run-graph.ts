/** Runs graphs in tests, with ONNX Runtime. */
import { ort } from '../../trainers/local/onnx-runtime.ts'
import { emitted, type RunnableGraph } from '../graph/emit.ts'
import type { Value } from '../graph/graph.ts'

export type Numbers = Float32Array | Int8Array | BigInt64Array

/** A function from named inputs to named outputs; inputs that the graph does not need are left out. */
export type Run = (
  inputs: Readonly<Record<string, Numbers>>,
  /** Of inputs whose sizes the graph leaves open. */
  dimsOf?: Readonly<Record<string, readonly number[]>>,
) => Promise<Record<string, Float32Array>>

export async function runnable(
  graph: RunnableGraph | ReadonlyMap<string, Value>,
  threads = 1,
): Promise<Run & { readonly graph: RunnableGraph }> {
  const model = 'onnx' in graph ? graph : emitted('test', graph)
  const session = await ort.InferenceSession.create(model.onnx, {
    enableMemPattern: false,
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  })
  const run: Run = async (inputs, dimsOf = {}) => {
    const feeds = model.inputs.map(({ name, dtype, dims }) => {
      const values = inputs[name]
      if (!values) throw new Error(`the test gives no ${name}`)
      return [name, new ort.Tensor(dtype, values as Float32Array, [...(dimsOf[name] ?? (dims as readonly number[]))])] as const
    })
    const results = await session.run(Object.fromEntries(feeds))
    return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, tensor.data as Float32Array]))
  }
  return Object.assign(run, { graph: model })
}

/** The largest difference between two lists, as a share of the largest number in the second. */
export function relativeDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity
  let [largest, difference] = [0, 0]
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i] as number))
    const apart = Math.abs((actual[i] as number) - (expected[i] as number))
    if (!(apart <= difference)) difference = apart
  }
  return difference === 0 ? 0 : difference / largest
}
