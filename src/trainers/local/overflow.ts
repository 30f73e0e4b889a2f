/** Whether products of 8 bits are whole on this machine. */

import { AppError } from '../../errors.ts'
import { emitted } from '../../ml/graph/emit.ts'
import { Graph } from '../../ml/graph/graph.ts'
import type { Runtime } from './runtime.ts'

const [rows, into, out] = [16, 64, 64] as const

/**
 * x64 processors without VNNI add pairs of 8-bit products in 16 bits, where the largest do not fit: sums are cut off, and a run would end with other bytes than
 * elsewhere. Asks for the largest sum there is. Throws `invalid` where it is cut off.
 */
export async function refuseOverflow(runtime: Runtime): Promise<void> {
  const graph = new Graph()
  const x = graph.input('x', 'float32', [rows, into])
  const y = graph.apply('Int8Product', [x, graph.input('matrix', 'int8', [into, out]), graph.input('scale', 'float32', [out])])
  const session = await runtime.open(emitted('overflow', new Map([['y', y]])), 1)
  try {
    const { Tensor } = runtime
    const { y: sums } = await session.run({
      // Rounded to 255, the largest number of 8 bits.
      x: new Tensor('float32', new Float32Array(rows * into).fill(1), [rows, into]),
      matrix: new Tensor('int8', new Int8Array(into * out).fill(127), [into, out]),
      scale: new Tensor('float32', new Float32Array(out).fill(1), [out]),
    })
    if ((sums!.data as Float32Array).every((sum) => Math.abs(sum / (127 * into) - 1) < 1e-3)) return
  } finally {
    await session.release()
  }
  throw new AppError(
    'invalid',
    "The recipe's precision is int8, but this processor cuts off large sums of 8-bit products (it has no VNNI instructions); choose float32, or the portable trainer.",
  )
}
