/** What of the weights a run keeps beside the newest: the best by validation, and the average of the last steps. */

import type { Recipe } from '../trainer.ts'
import type { Values } from './runtime.ts'

export interface KeptWeights {
  /** Of the best validation so far. */
  best: { readonly step: number; readonly loss: number; readonly values: Values } | null
  /** Validations since the best. */
  waited: number
  /** The mean over `count` steps. */
  average: { readonly count: number; readonly values: Values } | null
}

export const nothingKept = (): KeptWeights => ({ best: null, waited: 0, average: null })

/** Notes a validation; says whether it is the best so far. */
export function keepBest(kept: KeptWeights, step: number, loss: number, live: Values): boolean {
  const better = kept.best === null || loss < kept.best.loss
  if (better) kept.best = { step, loss, values: copied(live, kept.best?.values) }
  kept.waited = better ? 0 : kept.waited + 1
  return better
}

/** Whether validation has waited long enough for a better loss. */
export function isEnough({ waited }: KeptWeights, { patience }: Pick<Recipe, 'patience'>): boolean {
  return patience !== null && waited >= patience
}

/** Takes the weights after a step into the average, where the step is among the last that count: x̄ₙ = x̄ₙ₋₁ + (x − x̄ₙ₋₁)/n. */
export function keepAverage(kept: KeptWeights, { average }: Pick<Recipe, 'average'>, step: number, steps: number, live: Values): void {
  if (average === 0 || step <= steps - Math.max(1, Math.round(average * steps))) return
  if (!kept.average) {
    kept.average = { count: 1, values: copied(live) }
    return
  }
  const count = kept.average.count + 1
  for (const [name, mean] of kept.average.values) {
    const values = live.get(name)!
    for (let i = 0; i < mean.length; i += 1) mean[i]! += (values[i]! - mean[i]!) / count
  }
  kept.average = { count, values: kept.average.values }
}

function copied(live: Values, into?: Values): Values {
  return new Map(
    [...live].map(([name, values]) => {
      const copy = into?.get(name) ?? new Float32Array(values.length)
      copy.set(values)
      return [name, copy]
    }),
  )
}
