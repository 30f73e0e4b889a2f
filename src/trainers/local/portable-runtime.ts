/**
 * ONNX Runtime compiled to WebAssembly, for runs that must end with the same bytes on every processor. WebAssembly says what every operation on numbers gives, to
 * the last bit, and has vectors of one width; native kernels add up in the order that suits the processor. One thread, and several times slower.
 */

import { setImmediate as turn } from 'node:timers/promises'
import type { InferenceSession, Runtime } from './runtime.ts'

export async function portableRuntime(): Promise<Runtime> {
  const ort = await import('onnxruntime-web')
  ort.env.wasm.numThreads = 1
  ort.env.logLevel = 'error'
  return {
    Tensor: ort.Tensor,
    writesInPlace: false,
    floats: (count) => new Float32Array(count),
    open: async (graph) =>
      attentive(
        await ort.InferenceSession.create(graph.onnx, {
          executionProviders: ['wasm'],
          enableMemPattern: false,
          enableCpuMemArena: false,
          graphOptimizationLevel: 'all',
          logSeverityLevel: 3,
        }),
      ),
  }
}

/** A graph runs on the thread that asks for it: between two of them the process hears what it is told, such as to stop. */
function attentive(session: InferenceSession): InferenceSession {
  const run = session.run.bind(session)
  return Object.assign(session, {
    async run(...asked: Parameters<typeof run>) {
      await turn()
      return run(...asked)
    },
  })
}
