/**
 * Which examples a step learns from, and which of them go through the graph together: pure functions of lengths, recipe and seed, so that a run can go on
 * from any step without having stored its place in the data.
 *
 * A batch is drawn at random, whatever the lengths are. Only within a step are examples sorted by length and cut into micro-batches, whose gradients add up
 * to the batch's: padding costs little, and nothing is learned in another order because of it. (Batches of one length are batches of one topic, and taught
 * worse: docs/log.md, 21 November 2026.)
 */

import { randomFrom, shuffle } from '../../ml/lora/random.ts'

/** What an example is learned by: tokens to follow, or choices between two answers. */
export type Kind = 'follow' | 'prefer'

/** Examples of one kind that a step learns from; the last of a pass may be smaller. */
export interface Batch {
  readonly kind: Kind
  readonly examples: Uint32Array
}

/** One pass of a graph: a row for each example, padded to `length` positions. The last rows may be absent. */
export interface MicroBatch extends Batch {
  readonly length: number
}

/** What batches are made from. */
export interface Pool {
  /** The examples of each kind. */
  readonly follow: Uint32Array
  readonly prefer: Uint32Array
}

export function batchesPerEpoch({ follow, prefer }: Pool, batchSize: number): number {
  return Math.ceil(follow.length / batchSize) + Math.ceil(prefer.length / batchSize)
}

/** The batches of one pass in order; of each kind at most one is not full. */
export function epochBatches(pool: Pool, batchSize: number, seed: number, epoch: number): Batch[] {
  const random = randomFrom(seed, `data order of epoch ${epoch}`)
  const batches: Batch[] = []
  for (const kind of ['follow', 'prefer'] as const) {
    const order = pool[kind].slice()
    shuffle(order, random)
    for (let from = 0; from < order.length; from += batchSize) batches.push({ kind, examples: order.slice(from, from + batchSize) })
  }
  shuffle(batches, random)
  return batches
}

/**
 * The examples of some batches in micro-batches, the shortest first.
 * @param lengths positions of each example, at least 1
 */
export function microBatches(batches: readonly Batch[], lengths: Uint32Array, rows: number): MicroBatch[] {
  return (['follow', 'prefer'] as const).flatMap((kind) => {
    const examples = batches.filter((batch) => batch.kind === kind).flatMap((batch) => [...batch.examples])
    const sorted = Uint32Array.from(examples.sort((a, b) => lengths[a]! - lengths[b]!))
    return Array.from({ length: Math.ceil(sorted.length / rows) }, (_, i) => {
      const together = sorted.slice(i * rows, (i + 1) * rows)
      return { kind, examples: together, length: lengths[together.at(-1)!]! }
    })
  })
}
