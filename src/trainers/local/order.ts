/** Which examples each step of a run learns from, and which are held out: a function of examples and recipe alone. */

import { AppError } from '../../errors.ts'
import { randomFrom, shuffle } from '../../ml/lora/random.ts'
import type { Recipe } from '../trainer.ts'
import { batchesPerEpoch, epochBatches, microBatches, type Batch, type MicroBatch, type Pool } from './batches.ts'
import { examplesOfPass } from './mix.ts'
import { isPreference, type TokenizedExamples } from './tokenize-examples.ts'

export interface Order {
  readonly examples: TokenizedExamples
  readonly recipe: Recipe
  /** Examples that are trained on, and those held out, ascending. */
  readonly training: Uint32Array
  readonly heldOut: Uint32Array
  readonly batchesPerEpoch: number
  /** Of the whole run. */
  readonly steps: number
  readonly batches: number
}

/** Throws `invalid` where nothing is left to train on, or too little to hold something out. */
export function orderOf(examples: TokenizedExamples, recipe: Recipe): Order {
  const { training, heldOut } = split(examples.count, recipe)
  const perEpoch = batchesPerEpoch(poolOfPass(examples, training, recipe.seed, 0), recipe.batchSize)
  if (perEpoch === 0)
    throw new AppError('invalid', 'The mix and the validation share leave no example to train on; raise a weight or lower validation.')
  return { examples, recipe, training, heldOut, batchesPerEpoch: perEpoch, ...stepsOf(recipe, perEpoch) }
}

/** Optimiser steps and batches of the whole run; the last step may have fewer batches than the others. */
export function stepsOf(
  recipe: Pick<Recipe, 'epochs' | 'accumulation' | 'maxSteps'>,
  perEpoch: number,
): { steps: number; batches: number } {
  // Rounded first, so that 0.1 epochs of 70 batches are 7 and not 8.
  const wanted = Math.max(1, Math.ceil(Number((recipe.epochs * perEpoch).toFixed(6))))
  const steps = Math.min(Math.ceil(wanted / recipe.accumulation), recipe.maxSteps ?? Infinity)
  return { steps, batches: Math.min(wanted, steps * recipe.accumulation) }
}

/** Hands out the micro-batches of any step, from 1. */
export function microBatchesOfStep(order: Order & { readonly rows: number }): (step: number) => MicroBatch[] {
  const batches = batchesOf(order)
  return (step) => microBatches(batches(step), order.examples.lengths, order.rows)
}

/** The batches of each step of the first pass. */
export function stepsOfFirstPass(order: Order): Batch[][] {
  const count = Math.ceil(Math.min(order.batchesPerEpoch, order.batches) / order.recipe.accumulation)
  const batches = batchesOf(order)
  return Array.from({ length: count }, (_, step) => batches(step + 1))
}

/** The held-out examples in micro-batches, the shortest first. */
export function validationBatches({ examples, heldOut, rows }: Order & { readonly rows: number }): MicroBatch[] {
  const { follow, prefer } = poolOf(examples, heldOut)
  return microBatches(
    [
      { kind: 'follow', examples: follow },
      { kind: 'prefer', examples: prefer },
    ],
    examples.lengths,
    rows,
  )
}

/** Hands out the batches of any step; keeps the order of the pass it is in. */
function batchesOf({ examples, training, batches, batchesPerEpoch, recipe }: Order): (step: number) => Batch[] {
  const { batchSize, accumulation, seed } = recipe
  let epoch = -1
  let order: Batch[] = []
  return (step) => {
    const first = (step - 1) * accumulation
    const last = Math.min(first + accumulation, batches)
    return Array.from({ length: last - first }, (_, i) => {
      const wanted = Math.floor((first + i) / batchesPerEpoch)
      if (wanted !== epoch) {
        epoch = wanted
        order = epochBatches(poolOfPass(examples, training, seed, epoch), batchSize, seed, epoch)
      }
      return order[(first + i) % batchesPerEpoch]!
    })
  }
}

/** What a pass sees. Shares are taken of each kind by itself, so that every pass has as many batches. */
function poolOfPass(examples: TokenizedExamples, training: Uint32Array, seed: number, pass: number): Pool {
  const { follow, prefer } = poolOf(examples, training)
  return {
    follow: examplesOfPass(follow, examples.shares, seed, pass),
    prefer: examplesOfPass(prefer, examples.shares, seed, pass),
  }
}

function poolOf(examples: TokenizedExamples, chosen: Uint32Array): Pool {
  return {
    follow: chosen.filter((example) => !isPreference(examples, example)),
    prefer: chosen.filter((example) => isPreference(examples, example)),
  }
}

/** Which examples are held out: a seeded choice, at least one where a share is asked for. */
function split(count: number, { validation, seed }: Recipe): { training: Uint32Array; heldOut: Uint32Array } {
  const order = Uint32Array.from({ length: count }, (_, example) => example)
  if (validation === 0) return { training: order, heldOut: new Uint32Array() }
  if (count < 2) throw new AppError('invalid', 'A validation share needs at least two examples; add examples, or set validation to 0.')
  shuffle(order, randomFrom(seed, 'validation'))
  const held = Math.min(count - 1, Math.max(1, Math.round(validation * count)))
  return { training: order.slice(held).sort(), heldOut: order.slice(0, held).sort() }
}
