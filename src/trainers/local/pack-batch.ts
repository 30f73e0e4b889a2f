/** A micro-batch as the graph takes it: rows of token ids, the ids to predict, and how much each prediction counts. */

import type { Kind, MicroBatch } from './batches.ts'
import { lengthInParts, type Room } from './passes.ts'
import type { TokenizedExamples } from './tokenize-examples.ts'

export interface PackedBatch {
  readonly kind: Kind
  /** Rows there is room for; those of a preference are the chosen answers, then the rejected ones. */
  readonly rows: number
  readonly length: number
  /** Examples in it: no more than there is room for. */
  readonly examples: number
  /** Each rows × length, row-major. Padding is on the right, with token 0 and weight 0: a causal model never looks at it. */
  readonly tokens: BigInt64Array
  readonly targets: BigInt64Array
  readonly weights: Float32Array
  /** Of preferences: 1 for each pair, 0 where there is room for another. */
  readonly pairs: Float32Array
  /** What the loss is a sum over: loss tokens, or pairs. */
  readonly weightSum: number
  /** Positions that are not padding. */
  readonly realTokens: number
}

/** @param run examples there is room for, and the longest of the run */
export function packBatch(examples: TokenizedExamples, batch: MicroBatch, run: Room): PackedBatch {
  const { kind } = batch
  const { rows: room } = run
  const length = lengthInParts(batch.length, run)
  const rows = kind === 'prefer' ? 2 * room : room
  const tokens = new BigInt64Array(rows * length)
  const targets = new BigInt64Array(rows * length)
  const weights = new Float32Array(rows * length)
  // Ids fit in the low half of each 64-bit number; writing that half is many times faster than making BigInts.
  const tokenHalves = new Int32Array(tokens.buffer)
  const targetHalves = new Int32Array(targets.buffer)
  let lossTokens = 0
  let realTokens = 0
  const fill = (row: number, sequence: number): void => {
    const start = examples.starts[sequence]!
    const used = examples.starts[sequence + 1]! - start - 1
    for (let i = 0; i < used; i += 1) {
      const at = row * length + i
      tokenHalves[2 * at] = examples.tokens[start + i]!
      targetHalves[2 * at] = examples.tokens[start + i + 1]!
      const learned = examples.learned[start + i + 1]!
      weights[at] = learned
      lossTokens += learned
    }
    realTokens += used
  }
  const pairs = new Float32Array(kind === 'prefer' ? room : 0)
  for (const [row, example] of batch.examples.entries()) {
    const sequence = examples.sequences[example]!
    fill(row, sequence)
    if (kind === 'follow') continue
    fill(room + row, sequence + 1)
    pairs[row] = 1
  }
  return {
    kind,
    rows,
    length,
    examples: batch.examples.length,
    tokens,
    targets,
    weights,
    pairs,
    weightSum: kind === 'prefer' ? batch.examples.length : lossTokens,
    realTokens,
  }
}
