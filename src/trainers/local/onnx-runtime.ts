/**
 * ONNX Runtime as Node has it, with its telemetry off. The published packages (1.30, Linux and macOS) keep a device id in the home folder and send use and
 * machine data to Microsoft, unless this variable is set before the first session: then nothing is kept or sent (github.com/microsoft/onnxruntime/pull/27379).
 */

import * as ort from 'onnxruntime-node'
import type { Runtime } from './runtime.ts'

process.env['ORT_DISABLE_TELEMETRY'] = '1'

export { ort }

/** Sessions on the processor. */
export function nodeRuntime(options: { readonly shared?: boolean } = {}): Runtime {
  return {
    Tensor: ort.Tensor,
    // Outputs are written where they are wanted.
    writesInPlace: true,
    floats: (count) => new Float32Array(options.shared ? new SharedArrayBuffer(4 * count) : new ArrayBuffer(4 * count)),
    open: (graph, threads) =>
      ort.InferenceSession.create(graph.onnx, {
        executionProviders: ['cpu'],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        // Patterns would keep the peak of every step allocated at once: 5.2 instead of 3.3 GB at 135M parameters.
        enableMemPattern: false,
        // An arena keeps what the largest step took. Without it four lengths of a 4.5M-parameter model peak at 0.68 instead of 1.32 GB, in the same
        // processor time.
        enableCpuMemArena: false,
        graphOptimizationLevel: 'all',
        logSeverityLevel: 3,
      }),
  }
}
