/** The loss of examples that are not trained on. */

import type { Recipe } from '../trainer.ts'
import type { PackedBatch } from './pack-batch.ts'
import type { Values } from './runtime.ts'
import type { TrainingSession } from './training-session.ts'

/** Row losses with the adapter off never change: they are computed once for each batch of preferences. */
const references = new WeakMap<PackedBatch, Float32Array>()

/**
 * Mean nats per loss token of examples to follow; of preferences the mean loss of a pair; of both the mean by number of examples, as in training.
 * @param instead weights to judge in place of the session's own
 */
export async function validationLoss(
  session: TrainingSession,
  batches: readonly PackedBatch[],
  { preferenceBeta }: Pick<Recipe, 'preferenceBeta'>,
  instead?: Values,
): Promise<number> {
  const totals = { follow: { loss: 0, weight: 0, examples: 0 }, prefer: { loss: 0, weight: 0, examples: 0 } }
  for (const batch of batches) {
    const total = totals[batch.kind]
    const losses = await session.rowLosses(batch, 'on', instead)
    if (batch.kind === 'follow') total.loss += losses.reduce((sum, loss) => sum + loss, 0)
    else {
      const reference = references.get(batch) ?? (await session.rowLosses(batch, 'off'))
      references.set(batch, reference)
      const pairs = batch.pairs.length
      for (let pair = 0; pair < pairs; pair += 1) {
        const gained = (row: number): number => reference[row]! - losses[row]!
        total.loss += batch.pairs[pair]! * softplus(-preferenceBeta * (gained(pair) - gained(pairs + pair)))
      }
    }
    total.weight += batch.weightSum
    total.examples += batch.examples
  }
  const means = Object.values(totals).filter((total) => total.examples > 0)
  const count = means.reduce((sum, total) => sum + total.examples, 0)
  return means.reduce((sum, total) => sum + (total.examples * total.loss) / total.weight, 0) / count
}

/** log(1+eˣ), for any x. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
