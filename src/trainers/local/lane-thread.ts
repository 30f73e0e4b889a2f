/** The second lane of a training: a thread of this process that runs graphs over memory that both threads see. */

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Added } from './graph-runner.ts'
import { nodeFlags } from './node-flags.ts'
import type { Squares } from './optimiser.ts'
import type { TensorData, Tensors } from './runtime.ts'
import type { Beside, Shared } from './training-session.ts'

/** A tensor without its class, which no message can carry. */
export interface Plain {
  readonly data: TensorData
  readonly dims: readonly number[]
}

export type PlainTensors = Readonly<Record<string, Plain>>

export type LaneOptions = Omit<Shared, 'frozen' | 'trainables' | 'state' | 'sums'> & {
  readonly frozen: PlainTensors
  readonly trainables: PlainTensors
  readonly state: PlainTensors
  readonly sums: readonly [PlainTensors, PlainTensors]
}

type Call = 'addGradients' | 'addUp' | 'update'
export type ToLane =
  { [Name in Call]: { readonly kind: Name; readonly argument: Parameters<Beside[Name]>[0] } }[Call] | { readonly kind: 'close' }
export type FromLane = { readonly kind: 'done'; readonly result: unknown } | { readonly kind: 'failed'; readonly error: Error }

/** Starts the thread. All tensors must lie in shared memory. */
export function openLaneThread({
  config,
  method,
  recipe,
  hyper,
  frozen,
  held,
  trainables,
  state,
  sums,
  longest,
  bothLanes,
  accumulates,
}: Shared): Beside {
  const options: LaneOptions = {
    config,
    method,
    recipe,
    hyper,
    frozen: plain(frozen),
    held,
    trainables: plain(trainables),
    state: plain(state),
    sums: [plain(sums[0]), plain(sums[1])],
    longest,
    bothLanes,
    accumulates,
  }
  const worker = new Worker(new URL('lane-worker.ts', import.meta.url), {
    workerData: options,
    execArgv: [...nodeFlags],
    // The thread makes few objects of its own: a smaller nursery saved 12 MB.
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  })
  const ended = new Promise<Error>((resolve) => {
    worker.once('error', resolve)
    worker.once('exit', () => resolve(new Error('The second training thread ended in the middle of its work.')))
  })
  const tell = (message: ToLane): void => worker.postMessage(message)
  const call = async (message: ToLane): Promise<unknown> => {
    const answered = once(worker, 'message').then(([answer]) => answer as FromLane)
    // Told by `ended`, too.
    answered.catch(() => {})
    tell(message)
    const answer = await Promise.race([answered, ended])
    if (answer instanceof Error) throw answer
    if (answer.kind === 'failed') throw answer.error
    return answer.result
  }
  return {
    addGradients: (argument) => call({ kind: 'addGradients', argument }) as Promise<Added>,
    addUp: (argument) => call({ kind: 'addUp', argument }) as Promise<Squares>,
    update: (argument) => call({ kind: 'update', argument }) as Promise<void>,
    async close() {
      tell({ kind: 'close' })
      await ended
    },
  }
}

function plain(tensors: Tensors): Record<string, Plain> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { data, dims }]) => [name, { data: data as Plain['data'], dims }]))
}
