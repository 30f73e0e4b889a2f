/** Training in this process, step by step. It blocks the event loop for the length of a step: a server runs it in a process of its own (local-trainer.ts). */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../errors.ts'
import { baseTensors, initialTrainables } from '../../ml/lora/training-graph.ts'
import type { TrainingEvent, TrainingRequest } from '../trainer.ts'
import { loadCheckpoint, saveCheckpoint } from './checkpoint.ts'
import { packBatch } from './pack-batch.ts'
import { batchesOfStep, parameters, planRun, refuseWhatCannotFit, type Plan } from './plan.ts'
import { progressClock } from './progress.ts'
import { learningRateAt } from './schedule.ts'
import { floatTensor, TrainingSession, type TrainingState } from './training-session.ts'
import { localTrainerVersion } from './version.ts'
import { startFromAdapter, writeAdapter, writeModel } from './weights-folder.ts'

export interface LocalOptions {
  /** Threads inside an operator: part of what decides a run's bytes (version.ts). */
  readonly threads: number
  readonly signal?: AbortSignal | undefined
}

/** As Trainer.train, in this process. */
export async function* trainHere(request: TrainingRequest, options: LocalOptions): AsyncGenerator<TrainingEvent> {
  const { recipe } = request
  const { signal } = options
  const started = performance.now()
  const plan = await planRun(request, localTrainerVersion(options.threads), signal)
  let session: TrainingSession | undefined
  try {
    signal?.throwIfAborted()
    refuseWhatCannotFit(plan.estimate, request.memoryBudget ?? process.availableMemory())
    const { specs, examples, steps } = plan
    yield {
      kind: 'planned',
      steps,
      examples: examples.count,
      cut: examples.cut,
      lossTokens: examples.lossTokens,
      trainableParameters: parameters(specs),
      estimatedBytes: plan.estimate.bytes,
    }
    const from = await startingPoint(request, plan)
    session = new TrainingSession({
      config: plan.base.config,
      method: recipe.method,
      recipe,
      threads: options.threads,
      frozen: await frozenWeights(plan),
      state: from.state,
    })
    await plan.base.weights?.close()

    mkdirSync(request.output, { recursive: true })
    const checkpoints = join(request.output, 'checkpoints')
    const save = async (step: number): Promise<TrainingEvent> => ({
      kind: 'checkpoint',
      step,
      file: await saveCheckpoint(checkpoints, step, session!.state(), specs, plan.fingerprint),
    })
    const batches = batchesOfStep(plan)
    const clock = progressClock()
    let lastLoss = NaN
    const hasDiverged = divergence(plan.base.config.vocabSize)
    let saved = from.step
    for (let step = from.step + 1; step <= steps; step += 1) {
      if (signal?.aborted) {
        if (saved < step - 1) yield await save(step - 1)
        throw signal.reason
      }
      const packed = batches(step).map((batch) => packBatch(examples, batch, recipe.batchSize))
      const learningRate = learningRateAt(recipe, step, steps)
      const tokens = packed.reduce((sum, batch) => sum + batch.realTokens, 0)
      const result = await clock.time(() => session!.step(packed, step, learningRate), tokens)
      if (!result.applied) throw diverged(`loss ${result.loss}, gradient norm ${result.gradientNorm}`, step, learningRate, saved)
      const fact = hasDiverged(result.loss)
      if (fact) throw diverged(fact, step, learningRate, saved)
      lastLoss = result.loss
      const { tokensPerSecond, secondsLeft } = clock.read(steps - step)
      yield {
        kind: 'step',
        step,
        steps,
        loss: result.loss,
        gradientNorm: result.gradientNorm,
        learningRate,
        tokens,
        tokensPerSecond,
        secondsLeft,
      }
      if (step % recipe.checkpointEvery === 0 && step < steps) {
        yield await save(step)
        saved = step
      }
    }
    const { trainables } = session.state()
    const folder =
      recipe.method.kind === 'lora'
        ? writeAdapter(join(request.output, 'adapter'), recipe.method, specs, trainables)
        : await writeModel(join(request.output, 'model'), plan.base, specs, trainables)
    yield {
      kind: 'finished',
      step: steps,
      loss: lastLoss,
      seconds: (performance.now() - started) / 1000,
      peakBytes: process.resourceUsage().maxRSS * 1024,
      folder,
    }
  } finally {
    await plan.base.weights?.close()
    await session?.close()
  }
}

async function startingPoint(request: TrainingRequest, plan: Plan): Promise<{ step: number; state: TrainingState }> {
  const { base, specs } = plan
  const { method, seed } = request.recipe
  if (request.resume !== undefined) return loadCheckpoint(request.resume, specs, plan.fingerprint)
  const zeros = () => new Map(specs.map((spec) => [spec.name, new Float32Array(spec.dims.reduce((a, b) => a * b, 1))]))
  let trainables: ReadonlyMap<string, Float32Array>
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
  return { step: 0, state: { trainables, m: zeros(), v: zeros() } }
}

async function frozenWeights({ base, fingerprint }: Plan): Promise<Record<string, ReturnType<typeof floatTensor>>> {
  const tensors: Record<string, ReturnType<typeof floatTensor>> = {}
  if (fingerprint.recipe.method.kind === 'full') return tensors
  for (const spec of baseTensors(base.config)) tensors[spec.name] = floatTensor(spec, await base.weights!.floats(spec.name, spec.dims))
  return tensors
}

/**
 * Watches for a loss that stays finite but has run away: over some 20 steps above twice its start and above what guessing among all tokens costs by
 * more than a nat. No data makes a working model that bad, however hard it is.
 */
function divergence(vocabSize: number): (loss: number) => string | null {
  let start: number | undefined
  let smooth = 0
  let steps = 0
  return (loss) => {
    start ??= loss
    smooth = steps === 0 ? loss : 0.95 * smooth + 0.05 * loss
    steps += 1
    const limit = Math.max(2 * start, Math.log(vocabSize) + 1)
    return steps > 20 && smooth > limit ? `loss ${smooth.toFixed(1)} after ${start.toFixed(1)} at the start` : null
  }
}

function diverged(fact: string, step: number, learningRate: number, saved: number): AppError {
  const kept = saved > 0 ? ` The checkpoint of step ${saved} is kept.` : ''
  return new AppError(
    'invalid',
    `Training diverged at step ${step} (${fact}). Lower learningRate (it was ${learningRate.toPrecision(2)}), warm up longer, or set clip.${kept}`,
  )
}
