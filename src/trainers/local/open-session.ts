/** What a plan's run begins with: its weights, and a session over them. */

import { initialTrainables } from '../../ml/lora/training-graph.ts'
import type { TrainingRequest } from '../trainer.ts'
import { loadCheckpoint, type Saved } from './checkpoint.ts'
import { microBatching } from './estimate-memory.ts'
import { nothingKept } from './kept-weights.ts'
import { frozenWeights, placed } from './frozen-weights.ts'
import { openLaneThread } from './lane-thread.ts'
import { openRuntime } from './open-runtime.ts'
import type { Plan } from './plan.ts'
import { sizeOf, type Values } from './runtime.ts'
import { TrainingSession } from './training-session.ts'
import { startFromAdapter } from './weights-folder.ts'

/** Opens what trains: the base's weights are read, graphs are made when they are first needed. */
export async function openSession(plan: Plan, threads: number, { state }: Pick<Saved, 'state'>): Promise<TrainingSession> {
  const { recipe } = plan.fingerprint
  const { config } = plan.base
  const runtime = await openRuntime(plan)
  const { frozen, held } = await frozenWeights(plan, runtime)
  const here = (values: Values): Values => new Map([...values].map(([name, own]) => [name, placed(own, plan)]))
  return new TrainingSession({
    runtime,
    config,
    method: recipe.method,
    recipe,
    frozen,
    held,
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
