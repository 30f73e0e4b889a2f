/** The thread of lane-thread.ts: adds gradients when it is told to, until it is closed. */

import { parentPort, workerData } from 'node:worker_threads'
import { trainableTensors } from '../../ml/lora/training-graph.ts'
import { GraphRunner } from './graph-runner.ts'
import type { FromLane, LaneOptions, PlainTensors, ToLane } from './lane-thread.ts'
import { nodeRuntime } from './onnx-runtime.ts'
import { Optimiser } from './optimiser.ts'
import { tensorOf, type Tensors } from './runtime.ts'

const options = workerData as LaneOptions
const runtime = nodeRuntime()
const sums: [Tensors, Tensors] = [tensors(options.sums[0]), tensors(options.sums[1])]
const runner = new GraphRunner(runtime, {
  ...options,
  frozen: tensors(options.frozen),
  trainables: tensors(options.trainables),
  sums,
})
const specs = trainableTensors(options.config, options.method)
const optimiser = new Optimiser({ specs, hyper: options.hyper, state: tensors(options.state), sums })
const port = parentPort!

port.on('message', (message: ToLane) => {
  void answer(message)
})

async function answer(message: ToLane): Promise<void> {
  if (message.kind === 'close') {
    await runner.close()
    port.close()
    return
  }
  const tell = (reply: FromLane): void => port.postMessage(reply)
  try {
    tell({ kind: 'done', result: await resultOf(message) })
  } catch (error) {
    tell({ kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) })
  }
}

function resultOf(message: Exclude<ToLane, { kind: 'close' }>): unknown {
  switch (message.kind) {
    case 'addGradients':
      return runner.addGradients(message.argument)
    case 'addUp':
      return optimiser.addUp(1, message.argument)
    case 'update':
      return optimiser.update(1, message.argument)
    default:
      return message satisfies never
  }
}

function tensors(plain: PlainTensors): Tensors {
  return Object.fromEntries(Object.entries(plain).map(([name, { data, dims }]) => [name, tensorOf(runtime, { dims }, data)]))
}
