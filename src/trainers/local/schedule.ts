/** Learning rate of each step: a straight warm-up, then constant or along half a cosine down to zero. */

import { cos } from '../../ml/exact-math.ts'
import type { Recipe } from '../trainer.ts'

/** @param step counts from 1 to `steps`. The first step never has rate zero, so that no step is spent on nothing. */
export function learningRateAt(recipe: Pick<Recipe, 'learningRate' | 'schedule' | 'warmup'>, step: number, steps: number): number {
  const warmupSteps = Math.round(recipe.warmup * steps)
  if (step <= warmupSteps) return (recipe.learningRate * step) / warmupSteps
  switch (recipe.schedule) {
    case 'constant':
      return recipe.learningRate
    case 'cosine': {
      const progress = (step - 1 - warmupSteps) / Math.max(1, steps - warmupSteps)
      return recipe.learningRate * 0.5 * (1 + cos(Math.PI * progress))
    }
    default:
      throw new Error(`Unknown schedule ${String(recipe.schedule satisfies never)}`)
  }
}
