/** Learning from choices: of two answers to one prompt the chosen one should gain against the rejected one. Source: DPO, arXiv 2305.18290; TRL's DPOTrainer. */
import type { Value } from '../graph/graph.ts'
import { mul, neg, reduceSum, reshape, softplus, sub } from '../graph/ops.ts'

/**
 * Σ pair_weights·(−log σ(β·m)) with, for the chosen answer c and the rejected one r of a pair,
 *
 *     m = (log π(c) − log π(r)) − (log π₀(c) − log π₀(r))
 *
 * where π is the model with its adapter and π₀ the same without. Log probabilities are sums over an answer's tokens, as in TRL.
 * Rows come as P chosen answers, then the P rejected ones of the same pairs. More inputs: `reference` float32 [2·P], the row losses with the
 * adapter switched off, and `pair_weights` float32 [P], 0 for a pair that is not there.
 * @param losses_R minus the log probability of each row, [2·P]
 */
export function preferenceLoss(losses_R: Value, beta: number): Value {
  const { graph } = losses_R
  const rows = Number(losses_R.dims[0])
  const pairs = rows / 2
  const reference_R = graph.input('reference', 'float32', [rows])
  const weights_P = graph.input('pair_weights', 'float32', [pairs])
  const gained_2P = reshape(sub(reference_R, losses_R), [2, pairs])
  const margin_P = reshape(reduceSum(mul(gained_2P, graph.floats([1, -1], [2, 1])), [0]), [pairs])
  const lossOfPair_P = softplus(neg(mul(margin_P, graph.scalar(beta))))
  return reshape(reduceSum(mul(lossOfPair_P, weights_P), [0]), [])
}
