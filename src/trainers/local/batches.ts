/**
 * Which examples go through the graph together, in what order and at what padded length: a pure function of lengths, recipe and seed, so that
 * a run can go on from any step without having stored its place in the data.
 *
 * Examples of similar length meet: a pass is shuffled, cut into windows, each window sorted by length and cut into batches, and the batches shuffled.
 * A batch is as long as its longest example, as one session takes every length. On uneven data 98 to 99 % of the computed positions are tokens
 * (docs/design/trainer.md, "Padding").
 */

import { randomFrom, shuffle } from '../../ml/lora/random.ts'

/** Batches in a window: more leave less padding, fewer leave more to chance about who meets whom. */
const windowBatches = 256

/** What a batch is learned by: tokens to follow, or choices between two answers. */
export type Kind = 'follow' | 'prefer'

/** One pass of a graph: rows of `examples`, each padded to `length` positions. The last rows may be absent. */
export interface Batch {
  readonly kind: Kind
  readonly length: number
  /** Indices of examples, at most batchSize. */
  readonly examples: Uint32Array
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

/**
 * The batches of one pass in order; of each kind at most one has absent rows.
 * @param lengths positions of each example, at least 1
 */
export function epochBatches(lengths: Uint32Array, pool: Pool, batchSize: number, seed: number, epoch: number): Batch[] {
  const random = randomFrom(seed, `data order of epoch ${epoch}`)
  const batches: Batch[] = []
  for (const kind of ['follow', 'prefer'] as const) {
    const order = pool[kind].slice()
    shuffle(order, random)
    for (let from = 0; from < order.length; from += windowBatches * batchSize) {
      // Sorting keeps the order of equal lengths, so that they meet others in each pass.
      const window = order.slice(from, from + windowBatches * batchSize).sort((a, b) => lengths[a]! - lengths[b]!)
      batches.push(...inBatches(kind, window, lengths, batchSize))
    }
  }
  shuffle(batches, random)
  return batches
}

/** Examples in the order given, cut into batches. */
export function inBatches(kind: Kind, examples: Uint32Array, lengths: Uint32Array, batchSize: number): Batch[] {
  return Array.from({ length: Math.ceil(examples.length / batchSize) }, (_, i) => {
    const rows = examples.slice(i * batchSize, (i + 1) * batchSize)
    return { kind, length: rows.reduce((longest, example) => Math.max(longest, lengths[example]!), 1), examples: rows }
  })
}
