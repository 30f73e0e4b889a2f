/**
 * How much an example pulls the adapter where others pull it: the dot product of each example's adapter gradient with given ones, without making the
 * examples' gradients. Which examples taught an answer is asked this way (TracIn, arXiv 2002.08484), for a whole dataset at the price of one pass over it.
 *
 * Each query q is a direction in the adapter's parameters θ. With a probe ε[b,k] the graph computes example b at θ + Σₖ ε[b,k]·qₖ, and the derivative of
 * the loss by ε[b,k] at 0 is ⟨∂loss_b/∂θ, qₖ⟩. The probe is fed as zeros; the adapter is low-rank, and so is all that the queries add.
 */
import type { HfConfig } from '../../formats/hf-config.ts'
import { emitted, type RunnableGraph } from '../graph/emit.ts'
import { gradients } from '../graph/gradient.ts'
import { Graph, times, type Value } from '../graph/graph.ts'
import { add, gemm, mul, reduceSum, reshape } from '../graph/ops.ts'
import { timeOf, type Shape } from '../llama/forward.ts'
import type { Held } from './held.ts'
import { adapterScale, countedLosses, network, rowLosses, type Beside } from './network.ts'
import { adapterName, type LoraMethod } from './trainables.ts'

/**
 * Inputs: those of the gradient graph, `probe` float32 [B,K] of zeros, and for each trainable its `query/…`: of A [K·R,in], the K queries' matrices one
 * below the other; of B [out,K·R], side by side. Outputs: `losses` [B], as in the loss graph, and `products` [B,K], of each row's loss.
 */
export function gradientProductsGraph(config: HfConfig, method: LoraMethod, shape: Shape, queries: number, held?: Held): RunnableGraph {
  const graph = new Graph()
  const [B, K, R] = [shape.batch, queries, method.rank]
  const T = timeOf(shape)
  const N = times(T, B)
  const probe_BK = graph.input('probe', 'float32', [B, K])
  const probe_B1K1 = reshape(probe_BK, [B, 1, K, 1])
  const sizes = (name: string): readonly number[] => net.values(name).dims.map(Number)
  const beside: Beside = {
    low(path, x_NI, low_NR) {
      const name = adapterName(path, 'A')
      const query = graph.input(`query/${name}`, 'float32', [K * R, sizes(name)[1]!])
      const along_BTKR = reshape(gemm(x_NI, query, { transB: true }), [B, T, K, R])
      return add(low_NR, reshape(reduceSum(mul(along_BTKR, probe_B1K1), [2]), [N, R]))
    },
    out(path, low_NR, y_NO) {
      const name = adapterName(path, 'B')
      const query = graph.input(`query/${name}`, 'float32', [sizes(name)[0]!, K * R])
      const along_NKR = reshape(mul(reshape(low_NR, [B, T, 1, R]), probe_B1K1), [N, K * R])
      return gemm(along_NKR, query, { transB: true, alpha: adapterScale(method), plus: y_NO })
    },
  }
  const net = network(graph, config, method, shape, held, beside)
  const losses_B = rowLosses(net, countedLosses(net, config))
  const [products_BK] = gradients(reshape(reduceSum(losses_B, [0]), []), [probe_BK]) as [Value]
  return emitted('gradient-products', new Map([['losses', losses_B], ['products', products_BK]])) // prettier-ignore
}
