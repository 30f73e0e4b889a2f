/** Looks for a learning rate: a short run whose rate grows from tiny to absurd, and where its loss falls, turns and explodes. Source: Smith, arXiv 1506.01186. */

import type { RateEvent, RateSearch, StudyRequest, TrainingRequest } from '../trainer.ts'
import { refuseWhatCannotFit } from './estimate-memory.ts'
import { openSession, startingPoint } from './open-session.ts'
import { microBatchesOfStep } from './order.ts'
import { packBatch } from './pack-batch.ts'
import { planRun, type LocalOptions } from './plan.ts'

export interface RateRange {
  /** Each step's rate, loss, and loss smoothed over some ten steps. */
  readonly steps: readonly { readonly rate: number; readonly loss: number; readonly smooth: number }[]
  /** A rate to train with, or null where no rate lowered the loss. */
  readonly suggested: number | null
}

export interface RateOptions {
  readonly from?: number
  readonly to?: number
  readonly steps?: number
}

const smoothing = 0.9
/** A loss this many times the lowest has exploded. */
const exploded = 1.5
/** The run stands still at its lowest point; a rate this much smaller still descends steeply, with room for the warm-up to go wrong. */
const below = 4
/** The loss must have fallen by this share for its lowest point to mean anything. */
const fall = 0.03

/** Trains on the request's examples from its starting weights, in this process, and writes nothing. */
export async function findLearningRate(request: StudyRequest, options: LocalOptions & RateOptions): Promise<RateRange> {
  const { from = 1e-6, to = 1, steps = 100 } = options
  const seen: { rate: number; loss: number; smooth: number }[] = []
  let suggested: number | null = null
  for await (const event of findRateHere(request, { from, to, steps }, options))
    if (event.kind === 'step') seen.push({ rate: event.rate, loss: event.loss, smooth: event.smooth })
    else ({ suggested } = event)
  return { steps: seen, suggested }
}

/** As Trainer.findRate, in this process. */
export async function* findRateHere(request: StudyRequest, search: RateSearch, options: LocalOptions): AsyncGenerator<RateEvent> {
  const { from, to, steps: count } = search
  const recipe = { ...request.recipe, maxSteps: count, epochs: 10_000, validation: 0, patience: null, average: 0 }
  const training: TrainingRequest = { ...request, recipe, output: '' }
  const plan = await planRun(training, options)
  try {
    refuseWhatCannotFit(plan.estimate, request.memoryBudget ?? process.availableMemory())
    const session = await openSession(plan, options.threads, await startingPoint(training, plan))
    try {
      const batches = microBatchesOfStep(plan)
      const steps: { rate: number; loss: number; smooth: number }[] = []
      let mean = 0
      for (let step = 1; step <= count; step += 1) {
        options.signal?.throwIfAborted()
        const rate = from * (to / from) ** ((step - 1) / (count - 1))
        const packed = batches(step).map((batch) => packBatch(plan.examples, batch, plan))
        const { loss, applied } = await session.step(packed, step, rate)
        if (!applied) break
        mean = smoothing * mean + (1 - smoothing) * loss
        const smooth = mean / (1 - smoothing ** step)
        steps.push({ rate, loss, smooth })
        yield { kind: 'step', step, steps: count, rate, loss, smooth }
        if (step > 10 && smooth > exploded * Math.min(...steps.map((seen) => seen.smooth))) break
      }
      yield { kind: 'finished', suggested: suggestion(steps) }
    } finally {
      await session.close()
    }
  } finally {
    await plan.base.weights?.close()
  }
}

/** A quarter of the rate at which the smoothed loss was lowest. Exported for tests. */
export function suggestion(steps: RateRange['steps']): number | null {
  const lowest = steps.reduce<RateRange['steps'][number] | null>((best, step) => (best && best.smooth <= step.smooth ? best : step), null)
  if (!lowest || !(lowest.smooth < (1 - fall) * steps[0]!.smooth)) return null
  return Number((lowest.rate / below).toPrecision(2))
}
