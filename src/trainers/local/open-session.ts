/** What a plan's run begins with: its weights, and a session over them. */

import { baseTensors, initialTrainables } from '../../ml/lora/training-graph.ts'
import type { TrainingRequest } from '../trainer.ts'
import { loadCheckpoint, type Saved } from './checkpoint.ts'
import { nothingKept } from './kept-weights.ts'
import { accumulates, type Plan } from './plan.ts'
import { floatTensor, sizeOf, type Runtime, type Tensors, type Values } from './runtime.ts'
import { TrainingSession } from './training-session.ts'
import { startFromAdapter } from './weights-folder.ts'

/** Opens what trains: the base's weights are read, graphs are made when they are first needed. */
export async function openSession(plan: Plan, runtime: Runtime, { state }: Pick<Saved, 'state'>): Promise<TrainingSession> {
  const { recipe } = plan.fingerprint
  const { config } = plan.base
  return new TrainingSession({
    runtime,
    config,
    method: recipe.method,
    recipe,
    frozen: await frozenWeights(plan, runtime),
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

async function frozenWeights({ base, fingerprint }: Plan, runtime: Runtime): Promise<Tensors> {
  const tensors: Tensors = {}
  if (fingerprint.recipe.method.kind === 'full') return tensors
  for (const spec of baseTensors(base.config))
    tensors[spec.name] = floatTensor(runtime, spec, await base.weights!.floats(spec.name, spec.dims))
  return tensors
}
