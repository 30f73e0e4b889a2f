/** Names what a run's bytes depend on besides the request. */

import { existsSync, readFileSync } from 'node:fs'

/** Of an installed package whose files lie a folder below its package.json. */
function versionOf(name: string): string {
  const file = new URL('../package.json', import.meta.resolve(name))
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

/** Raised whenever the same request would end with other bytes: another order of data, other graphs, another update. */
const generation = 6

/** The vector instructions by which ONNX Runtime chooses its kernels: a processor with AVX2 alone adds up in another order than one with AVX-512. */
function vectors(): string {
  // Only Linux says by a file; elsewhere the processor's family must do.
  const file = '/proc/cpuinfo'
  if (process.arch !== 'x64' || !existsSync(file)) return ''
  const flags = new Set(/^flags\s*:(.*)$/m.exec(readFileSync(file, 'utf8'))?.[1]?.split(' '))
  return flags.has('avx512f') ? ' avx512' : flags.has('avx2') && flags.has('fma') ? ' avx2' : ''
}

/** The processor's kind is named because its kernels add up in an order of their own. The number of threads is not: no bit depends on it (threads.ts, deal.ts). */
export const localTrainerVersion = `commonweights-local ${generation}, onnxruntime-node ${versionOf('onnxruntime-node')}, ${process.arch}${vectors()}`

/** No processor is named: WebAssembly gives the same bits on all (portable-runtime.ts). */
export const portableTrainerVersion = `commonweights-portable ${generation}, onnxruntime-web ${versionOf('onnxruntime-web')}`
