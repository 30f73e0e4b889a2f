/** What a plan's run begins with: its weights, and a session over them. */

import { baseTensors, initialTrainables, type Halves } from '../../ml/lora/training-graph.ts'
import type { TrainingRequest } from '../trainer.ts'
import { loadCheckpoint, type Saved } from './checkpoint.ts'
import { microBatching } from './estimate-memory.ts'
import { nothingKept } from './kept-weights.ts'
import { openLaneThread } from './lane-thread.ts'
import { nodeRuntime } from './onnx-runtime.ts'
import type { Plan } from './plan.ts'
import { floatTensor, halfTensor, sizeOf, type Runtime, type Tensors, type Values } from './runtime.ts'
import { TrainingSession } from './training-session.ts'
import { startFromAdapter } from './weights-folder.ts'

/** Opens what trains: the base's weights are read, graphs are made when they are first needed. */
export async function openSession(plan: Plan, threads: number, { state }: Pick<Saved, 'state'>): Promise<TrainingSession> {
  const { recipe } = plan.fingerprint
  const { config } = plan.base
  const runtime = nodeRuntime({ shared: plan.sideBySide })
  const { frozen, halves } = await frozenWeights(plan, runtime)
  const here = (values: Values): Values => new Map([...values].map(([name, own]) => [name, placed(own, runtime, plan)]))
  return new TrainingSession({
    runtime,
    config,
    method: recipe.method,
    recipe,
    frozen,
    halves,
    state: { trainables: here(state.trainables), m: here(state.m), v: here(state.v) },
    threads,
    ...(plan.sideBySide ? { beside: openLaneThread } : {}),
    longest: plan.longest,
    ...microBatching(recipe, plan.rows),
  })
}

/** Where a run begins: a checkpoint, an adapter, the base, or seeded random weights. */
export async function startingPoint(request: TrainingRequest, plan: Plan): Promise<Saved> {
  const { base, specs } = plan
  const { method, seed } = request.recipe
  if (request.resume !== undefined) return loadCheckpoint(request.resume, specs, plan.fingerprint)
  const zeros = () => new Map(specs.map((spec) => [spec.name, new Float32Array(sizeOf(spec))]))
  let trainables: Values
  if (method.kind === 'lora') {
    trainables =
      request.adapter === undefined
        ? initialTrainables(base.config, method, seed)
        : await startFromAdapter(request.adapter, method, base.config, specs)
  } else if (base.weights) {
    const values = new Map<string, Float32Array>()
    for (const { name, dims } of specs) values.set(name, await base.weights.floats(name, dims))
    trainables = values
  } else {
    trainables = initialTrainables(base.config, method, seed)
  }
  return { step: 0, state: { trainables, m: zeros(), v: zeros() }, kept: nothingKept() }
}

/**
 * The base's weights. Where memory is short, matrices that are published in 16 bits are held in 16 as well; the graphs make 32 of them while they are read, so
 * that a run ends with the same bytes either way.
 */
async function frozenWeights(plan: Plan, runtime: Runtime): Promise<{ frozen: Tensors; halves: Halves }> {
  const { base, fingerprint, halved } = plan
  const frozen: Tensors = {}
  const halves = new Map<string, number>()
  if (fingerprint.recipe.method.kind === 'full') return { frozen, halves }
  for (const spec of baseTensors(base.config)) {
    const values = await base.weights!.floats(spec.name, spec.dims)
    const half = halved.has(spec.name) ? inHalves(values, halved.get(spec.name)!, plan) : null
    if (half) halves.set(spec.name, halved.get(spec.name)!)
    frozen[spec.name] = half ? halfTensor(runtime, spec, half) : floatTensor(runtime, spec, placed(values, runtime, plan))
  }
  return { frozen, halves }
}

/** The values where all threads that need them see them; their own memory is given back. */
function placed(values: Float32Array, runtime: Runtime, { sideBySide }: Pick<Plan, 'sideBySide'>): Float32Array {
  if (!sideBySide) return values
  const shared = runtime.floats(values.length)
  shared.set(values)
  giveBack(values)
  return shared
}

/** values/scale as float16, or null where that would round one of them. */
function inHalves(values: Float32Array, scale: number, { sideBySide }: Pick<Plan, 'sideBySide'>): Uint16Array | null {
  const half = new Float16Array(sideBySide ? new SharedArrayBuffer(2 * values.length) : new ArrayBuffer(2 * values.length))
  for (let i = 0; i < values.length; i += 1) {
    half[i] = values[i]! / scale
    if (half[i]! * scale !== values[i]!) return null
  }
  return new Uint16Array(half.buffer)
}

/** Frees an array's memory now and not when the collector comes by. Where the array is a part of something larger, nothing happens. */
function giveBack({ buffer, byteLength }: Float32Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}
