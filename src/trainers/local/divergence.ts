/** Notices a run that runs away, knows the last checkpoint at which it had not, and says what to change. */

import { AppError } from '../../errors.ts'
import type { Recipe } from '../trainer.ts'
import type { StepResult } from './training-session.ts'

/** Steps over which a loss is smoothed, and before which nothing is said of it. */
const patience = 20
/** A checkpoint counts as good while the smoothed loss is at most this much above its lowest. */
const goodShare = 1.1

export interface Watch {
  /** Says what is wrong, or null. */
  see(result: StepResult): string | null
  /** Whether a checkpoint of now would be worth going on from. */
  isGood(): boolean
}

/**
 * Watches for numbers that are not finite, and for a loss that stays finite but has run away: over some 20 steps above twice its start and above what
 * guessing among all tokens costs by more than a nat. No data makes a working model that bad, however hard it is.
 */
export function watchDivergence(vocabSize: number): Watch {
  let start: number | undefined
  let smooth = 0
  let lowest = Infinity
  let steps = 0
  return {
    see({ loss, gradientNorm, applied }) {
      if (!applied) return `loss ${loss}, gradient norm ${gradientNorm}`
      start ??= loss
      smooth = steps === 0 ? loss : smooth + (loss - smooth) / Math.min(patience, steps + 1)
      steps += 1
      lowest = Math.min(lowest, smooth)
      const limit = Math.max(2 * start, Math.log(vocabSize) + 1)
      return steps > patience && smooth > limit ? `loss ${smooth.toFixed(1)} after ${start.toFixed(1)} at the start` : null
    },
    isGood: () => smooth <= goodShare * lowest,
  }
}

/** @param kept where the last good weights are, and of which step; null where there are none */
export function divergedError(
  fact: string,
  step: number,
  learningRate: number,
  recipe: Recipe,
  kept: { readonly step: number; readonly folder: string } | null,
): AppError {
  const lower = Number((recipe.learningRate / 3).toPrecision(1))
  const ways = [
    `Lower learningRate from ${recipe.learningRate} to about ${lower}`,
    ...(recipe.clip === null ? ['set clip to 1'] : []),
    ...(recipe.warmup < 0.03 ? ['warm up longer (warmup 0.05)'] : []),
  ]
  const last = ways.pop()!
  const change = ways.length ? `${ways.join(', ')}, or ${last}` : last
  const weights = kept ? ` The weights of step ${kept.step}, the last good ones, are kept in the run's folder ${kept.folder}.` : ''
  return new AppError(
    'invalid',
    `Training diverged at step ${step} (${fact}, learning rate ${learningRate.toPrecision(2)}). ${change}.${weights}`,
  )
}
