/** Names what a run's bytes depend on besides the request. */

import { createRequire } from 'node:module'

const runtime = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string }

/** Raised whenever the same request would end with other bytes: another order of data, other graphs, another update. */
const generation = 1

/** The processor family is named, as its kernels add up in an order of their own. */
export const localTrainerVersion = `commonweights-local ${generation}, onnxruntime-node ${runtime.version}, ${process.arch}`
