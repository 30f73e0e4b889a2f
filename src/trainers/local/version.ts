/** Names what a run's bytes depend on besides the request. */

import { createRequire } from 'node:module'

const runtime = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string }

/** Raised whenever the same request would end with other bytes: another order of data, other graphs, another update. */
const generation = 5

/**
 * The processor family is named because its kernels add up in an order of their own, and the threads because ONNX Runtime splits a matrix product by
 * columns where it has more columns than rows, and a part of fewer than 128 columns is summed in longer blocks. From a width of 128 for each thread on
 * the bytes are the same for any number of threads; below, they are the same only for the same number.
 */
export function localTrainerVersion(threads: number): string {
  return `commonweights-local ${generation}, onnxruntime-node ${runtime.version}, ${process.arch}, ${threads} threads`
}
