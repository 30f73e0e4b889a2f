/**
 * Which examples go through the graph together, in what order and at what padded length: a pure function of lengths, recipe and seed, so that
 * a run can go on from any step without having stored its place in the data.
 */

import { randomFrom, type Random } from '../../ml/lora/random.ts'

/** Padded lengths are multiples of this: shorter rests gain nothing in a matrix product. */
const granularity = 8
/** Each bucket is an ONNX Runtime session with its own memory; more of them stop paying long before this. */
const mostBuckets = 8
/** Opening a session and its slow first two runs cost about as much as this many of its batches (measured, 4.5M-parameter Llama). */
const sessionCostInBatches = 6

/** One pass of a graph: rows of `examples`, each padded to `length` positions. The last rows may be absent. */
export interface Batch {
  readonly length: number
  /** Indices of examples, at most batchSize. */
  readonly examples: Uint32Array
}

/**
 * Padded lengths, ascending, that make the run cheapest: computed positions over the whole run plus what opening sessions costs.
 * @param lengths positions of each example, at least 1
 * @param passes how often each example is seen
 */
export function chooseBuckets(lengths: Uint32Array, batchSize: number, passes: number): number[] {
  const longest = lengths.reduce((a, b) => Math.max(a, b), 1)
  // At most 128 candidate lengths keeps the search below a million comparisons.
  const step = granularity * Math.ceil(longest / granularity / 128)
  const candidates = Math.ceil(longest / step)
  const upTo = new Float64Array(candidates + 1)
  for (const length of lengths) upTo[Math.ceil(length / step)]! += 1
  for (let i = 1; i <= candidates; i += 1) upTo[i]! += upTo[i - 1]!
  // best[k][j]: least cost of holding all examples of at most j steps in k buckets, the largest of which is j; from[k][j]: the bucket below it.
  const best = [new Float64Array(candidates + 1).fill(Infinity)]
  best[0]![0] = 0
  const from: Int32Array[] = [new Int32Array(candidates + 1)]
  for (let k = 1; k <= mostBuckets; k += 1) {
    const cost = new Float64Array(candidates + 1).fill(Infinity)
    const below = new Int32Array(candidates + 1)
    for (let j = 1; j <= candidates; j += 1) {
      for (let i = 0; i < j; i += 1) {
        const rows = (upTo[j]! - upTo[i]!) * passes + sessionCostInBatches * batchSize
        const candidate = best[k - 1]![i]! + rows * j * step
        if (candidate < cost[j]!) {
          cost[j] = candidate
          below[j] = i
        }
      }
    }
    best.push(cost)
    from.push(below)
  }
  let chosen = 1
  for (let k = 2; k <= mostBuckets; k += 1) if (best[k]![candidates]! < best[chosen]![candidates]!) chosen = k
  const buckets: number[] = []
  for (let k = chosen, j = candidates; k > 0; j = from[k]![j]!, k -= 1) buckets.unshift(j * step)
  return buckets
}

export function batchesPerEpoch(examples: number, batchSize: number): number {
  return Math.ceil(examples / batchSize)
}

/**
 * The batches of one epoch in order. Examples are shuffled, gathered by bucket, and what does not fill a batch moves up to the next bucket, so that
 * at most one batch an epoch has absent rows; then the batches are shuffled.
 */
export function epochBatches(lengths: Uint32Array, buckets: readonly number[], batchSize: number, seed: number, epoch: number): Batch[] {
  const random = randomFrom(seed, `data order of epoch ${epoch}`)
  const order = Uint32Array.from(lengths.keys())
  shuffle(order, random)
  const waiting: number[][] = buckets.map(() => [])
  const batches: Batch[] = []
  for (const example of order) {
    const bucket = buckets.findIndex((length) => length >= lengths[example]!)
    const rows = waiting[bucket]!
    rows.push(example)
    if (rows.length === batchSize) {
      batches.push({ length: buckets[bucket]!, examples: Uint32Array.from(rows) })
      waiting[bucket] = []
    }
  }
  let rest: number[] = []
  for (const [bucket, rows] of waiting.entries()) {
    rest.push(...rows)
    // The rest of the smaller buckets fills up here; the shortest go first, so that the long ones are left for the longer bucket.
    if (rest.length >= batchSize) {
      batches.push({ length: buckets[bucket]!, examples: Uint32Array.from(rest.slice(0, batchSize)) })
      rest = rest.slice(batchSize)
    }
  }
  if (rest.length) {
    const longest = Math.max(...rest.map((example) => lengths[example]!))
    batches.push({ length: buckets.find((length) => length >= longest)!, examples: Uint32Array.from(rest) })
  }
  shuffle(batches, random)
  return batches
}

/** Fisher–Yates, in place. */
function shuffle<T>(items: { readonly length: number; [index: number]: T }, random: Random): void {
  for (let i = items.length - 1; i > 0; i -= 1) {
    const j = random.integer(i + 1)
    const kept = items[i]!
    items[i] = items[j]!
    items[j] = kept
  }
}
