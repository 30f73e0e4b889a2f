/** Training in this process, step by step. It blocks the event loop for the length of a step: a server runs it in a process of its own (local-trainer.ts). */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TrainingEvent, TrainingRequest } from '../trainer.ts'
import { loadCheckpoint, saveCheckpoint, type Saved } from './checkpoint.ts'
import { divergedError, watchDivergence } from './divergence.ts'
import { parameters, refuseWhatCannotFit } from './estimate-memory.ts'
import { isEnough, keepAverage, keepBest } from './kept-weights.ts'
import { openSession, startingPoint } from './open-session.ts'
import { microBatchesOfStep, validationBatches } from './order.ts'
import { packBatch, type PackedBatch } from './pack-batch.ts'
import { planRun, type LocalOptions, type Plan } from './plan.ts'
import { progressClock } from './progress.ts'
import type { Values } from './runtime.ts'
import { learningRateAt } from './schedule.ts'
import type { TrainingSession } from './training-session.ts'
import { validationLoss } from './validation.ts'
import { writeAdapter, writeModel } from './weights-folder.ts'

/** As Trainer.train, in this process. */
export async function* trainHere(request: TrainingRequest, options: LocalOptions): AsyncGenerator<TrainingEvent> {
  const { recipe } = request
  const { signal } = options
  const started = performance.now()
  const plan = await planRun(request, options)
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
      heldOut: plan.heldOut.length,
      trainableParameters: parameters(specs),
      estimatedBytes: plan.estimate.bytes,
    }
    const from = await startingPoint(request, plan)
    session = await openSession(plan, options.threads, from)
    await plan.base.weights?.close()

    const { kept } = from
    const held = validationBatches(plan).map((batch) => packBatch(examples, batch, plan))
    mkdirSync(request.output, { recursive: true })
    const checkpoints = join(request.output, 'checkpoints')
    const save = (step: number): Promise<string> =>
      saveCheckpoint(checkpoints, { step, state: session!.state(), kept }, specs, plan.fingerprint, good?.file)
    const batches = microBatchesOfStep(plan)
    const clock = progressClock()
    const watch = watchDivergence(plan.base.config.vocabSize)
    /** The last checkpoint from which it would be worth going on. */
    let good: { readonly step: number; readonly file: string } | undefined
    let lastLoss = NaN
    let last = from.step
    let saved = from.step
    for (let step = from.step + 1; step <= steps && !isEnough(kept, recipe); step += 1) {
      if (signal?.aborted) {
        if (saved < step - 1) yield { kind: 'checkpoint', step: step - 1, file: await save(step - 1) }
        throw signal.reason
      }
      const packed = batches(step).map((batch) => packBatch(examples, batch, plan))
      const learningRate = learningRateAt(recipe, step, steps)
      const tokens = packed.reduce((sum, batch) => sum + batch.realTokens, 0)
      const result = await clock.time(() => session!.step(packed, step, learningRate), tokens)
      const fact = watch.see(result)
      if (fact) throw divergedError(fact, step, learningRate, recipe, good ? await keepLastGood(request, plan, good) : null)
      const { trainables } = session.state()
      keepAverage(kept, recipe, step, steps, trainables)
      lastLoss = result.loss
      last = step
      yield {
        kind: 'step',
        step,
        steps,
        loss: result.loss,
        gradientNorm: result.gradientNorm,
        learningRate,
        tokens,
        ...clock.read(steps - step),
      }
      const isDue = step % recipe.checkpointEvery === 0
      if (held.length && (isDue || step === steps)) {
        const loss = await validationLoss(session, held, recipe)
        yield { kind: 'validated', step, loss, best: keepBest(kept, step, loss, trainables) }
      }
      if (isDue && step < steps) {
        const file = await save(step)
        saved = step
        if (watch.isGood()) good = { step, file }
        yield { kind: 'checkpoint', step, file }
      }
    }
    yield {
      kind: 'finished',
      step: last,
      loss: lastLoss,
      seconds: (performance.now() - started) / 1000,
      peakBytes: process.resourceUsage().maxRSS * 1024,
      folder: await writeWeights(request.output, plan, await result(session, held, plan, kept)),
    }
  } finally {
    await plan.base.weights?.close()
    await session?.close()
  }
}

/** The weights a run ends with: the average or the last, unless validation knows better ones. */
async function result(session: TrainingSession, held: readonly PackedBatch[], plan: Plan, kept: Saved['kept']): Promise<Values> {
  const { recipe } = plan.fingerprint
  const { best, average } = kept
  if (!average) return best?.values ?? session.state().trainables
  if (!best) return average.values
  return (await validationLoss(session, held, recipe, average.values)) < best.loss ? average.values : best.values
}

/** The adapter of the last good checkpoint, for a warm start with another recipe. */
async function keepLastGood(request: TrainingRequest, plan: Plan, good: { readonly step: number; readonly file: string }) {
  const { state } = await loadCheckpoint(good.file, plan.specs, plan.fingerprint)
  await writeWeights(join(request.output, 'last-good'), plan, state.trainables)
  return { step: good.step, folder: 'last-good' }
}

async function writeWeights(output: string, { base, specs, fingerprint }: Plan, values: Values): Promise<string> {
  const { method } = fingerprint.recipe
  return method.kind === 'lora'
    ? writeAdapter(join(output, 'adapter'), method, specs, values)
    : await writeModel(join(output, 'model'), base, specs, values)
}
