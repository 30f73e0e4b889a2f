/** How many examples of a step go through a graph at once. */

import type { HfConfig } from '../../formats/hf-config.ts'
import { activationBytes } from '../../ml/lora/training-graph.ts'
import type { Recipe } from '../trainer.ts'
import { microBatches, type Batch, type Kind } from './batches.ts'
import { deal } from './deal.ts'
import { shapeOfPasses } from './passes.ts'

/** What one pass of a graph costs beside its positions, in positions: measured at 7 M and 135 M parameters, for 64 to 256 positions. */
const passCost = 15
/** A pair's rows go through the graph once more, without the adapter and forward only. */
const pairCost = 4 / 3
/** Steps that are looked at. */
const looked = 100

/** What a micro-batch costs on one thread, in positions. */
export function costOf({ kind, rows, length }: { readonly kind: Kind; readonly rows: number; readonly length: number }): number {
  return (rows * length + passCost) * (kind === 'prefer' ? pairCost : 1)
}

/**
 * Rows of a micro-batch with which these steps compute least: more of them leave more padding, fewer make more passes.
 * @param most rows that fit, at least 1
 */
export function rowsThatCostLeast(steps: readonly (readonly Batch[])[], lengths: Uint32Array, most: number): number {
  const seen = steps.slice(0, looked)
  const cost = (rows: number): number =>
    seen.reduce((sum, step) => {
      const rowsOf = (kind: Kind): number => (kind === 'prefer' ? 2 * rows : rows)
      return sum + deal(microBatches(step, lengths, rows), ({ kind, length }) => costOf({ kind, rows: rowsOf(kind), length })).cost
    }, 0)
  let [best, least] = [1, cost(1)]
  for (let rows = 2; rows <= most; rows += 1) {
    const found = cost(rows)
    if (found < least) [best, least] = [rows, found]
  }
  return best
}

/** Positions with which a graph is as fast on its thread as with more (docs/log.md, 21 November 2026), and memory that even more of them may take. */
const fullPositions = 256
const fewBytes = 256e6

/**
 * Rows of the longest example that a graph may take at once: so many positions, or what takes no more memory than that.
 * @param each sequences of an example: 2 of a preference
 */
export function mostRows({ batchSize, accumulation, method }: Recipe, config: HfConfig, each: 1 | 2, longest: number): number {
  const bytesOf = (rows: number): number => activationBytes(config, method, shapeOfPasses(each * rows, longest))
  const bytesOfRow = bytesOf(2) - bytesOf(1)
  const most = Math.max(1, Math.floor(fullPositions / (each * longest)), Math.floor(fewBytes / bytesOfRow))
  return Math.min(batchSize * accumulation, most)
}
