/** What a plan's run begins with: its weights, and a session over them. */

import { baseTensors, initialTrainables, type Halves } from '../../ml/lora/training-graph.ts'
import type { TrainingRequest } from '../trainer.ts'
import { loadCheckpoint, type Saved } from './checkpoint.ts'
import { accumulates } from './estimate-memory.ts'
import { nothingKept } from './kept-weights.ts'
import type { Plan } from './plan.ts'
import { floatTensor, halfTensor, sizeOf, type Runtime, type Tensors, type Values } from './runtime.ts'
import { TrainingSession } from './training-session.ts'
import { startFromAdapter } from './weights-folder.ts'

/** Opens what trains: the base's weights are read, graphs are made when they are first needed. */
export async function openSession(plan: Plan, runtime: Runtime, { state }: Pick<Saved, 'state'>): Promise<TrainingSession> {
  const { recipe } = plan.fingerprint
  const { config } = plan.base
  const { frozen, halves } = await frozenWeights(plan, runtime)
  return new TrainingSession({
    runtime,
    config,
    method: recipe.method,
    recipe,
    frozen,
    halves,
    state,
    longest: plan.longest,
    accumulates: accumulates(recipe, plan.rows),
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
async function frozenWeights({ base, fingerprint, halved }: Plan, runtime: Runtime): Promise<{ frozen: Tensors; halves: Halves }> {
  const frozen: Tensors = {}
  const halves = new Map<string, number>()
  if (fingerprint.recipe.method.kind === 'full') return { frozen, halves }
  for (const spec of baseTensors(base.config)) {
    const values = await base.weights!.floats(spec.name, spec.dims)
    const half = halved.has(spec.name) ? inHalves(values, halved.get(spec.name)!) : null
    if (half) halves.set(spec.name, halved.get(spec.name)!)
    frozen[spec.name] = half ? halfTensor(runtime, spec, half) : floatTensor(runtime, spec, values)
  }
  return { frozen, halves }
}

/** values/scale as float16, or null where that would round one of them. */
function inHalves(values: Float32Array, scale: number): Uint16Array | null {
  const half = new Float16Array(values.length)
  for (let i = 0; i < values.length; i += 1) {
    half[i] = values[i]! / scale
    if (half[i]! * scale !== values[i]!) return null
  }
  return new Uint16Array(half.buffer)
}
