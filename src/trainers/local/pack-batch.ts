/** A batch as the graph takes it: rows of token ids, the ids to predict, and how much each prediction counts. */

import type { Batch } from './batches.ts'
import type { TokenizedExamples } from './tokenize-examples.ts'

export interface PackedBatch {
  readonly length: number
  /** Each rows × length, row-major. Padding is on the right, with token 0 and weight 0: a causal model never looks at it. */
  readonly tokens: BigInt64Array
  readonly targets: BigInt64Array
  readonly weights: Float32Array
  /** Loss tokens in the batch, since each weighs 1. */
  readonly weightSum: number
  /** Positions that are not padding. */
  readonly realTokens: number
}

export function packBatch(examples: TokenizedExamples, batch: Batch, rows: number): PackedBatch {
  const { length } = batch
  const tokens = new BigInt64Array(rows * length)
  const targets = new BigInt64Array(rows * length)
  const weights = new Float32Array(rows * length)
  // Ids fit in the low half of each 64-bit number; writing that half is many times faster than making BigInts.
  const tokenHalves = new Int32Array(tokens.buffer)
  const targetHalves = new Int32Array(targets.buffer)
  let weightSum = 0
  let realTokens = 0
  for (const [row, example] of batch.examples.entries()) {
    const start = examples.starts[example]!
    const used = examples.lengths[example]!
    for (let i = 0; i < used; i += 1) {
      const at = row * length + i
      tokenHalves[2 * at] = examples.tokens[start + i]!
      targetHalves[2 * at] = examples.tokens[start + i + 1]!
      const learned = examples.learned[start + i + 1]!
      weights[at] = learned
      weightSum += learned
    }
    realTokens += used
  }
  return { length, tokens, targets, weights, weightSum, realTokens }
}
