/** ONNX Runtime as a run needs it: native, over memory that two threads share where it has two, or in WebAssembly. */

import type { Runtime } from './runtime.ts'

/** Only the one that is needed is loaded: a processor may have no native build. */
export async function openRuntime({
  portable,
  sideBySide,
}: {
  readonly portable: boolean
  readonly sideBySide: boolean
}): Promise<Runtime> {
  if (portable) return await (await import('./portable-runtime.ts')).portableRuntime()
  return (await import('./onnx-runtime.ts')).nodeRuntime({ shared: sideBySide })
}
