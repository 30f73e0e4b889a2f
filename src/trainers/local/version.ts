/** Names what a run's bytes depend on besides the request. */

import { createRequire } from 'node:module'

const runtime = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string }

/** Raised whenever the same request would end with other bytes: another order of data, other graphs, another update. */
const generation = 6

/** The processor family is named because its kernels add up in an order of their own. The number of threads is not: no bit depends on it (threads.ts, deal.ts). */
export const localTrainerVersion = `commonweights-local ${generation}, onnxruntime-node ${runtime.version}, ${process.arch}`
