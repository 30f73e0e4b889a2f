/** How many threads share an operator: so many that no bit of a result depends on it. */

import type { HfConfig } from '../../formats/hf-config.ts'

/**
 * ONNX Runtime splits a matrix product by columns where it has more columns than rows, and adds up a part of fewer columns than this in longer blocks: other bits.
 * From so many rows and columns a thread on, a product's bits do not depend on the number of threads.
 */
const columnsOfThread = 128

/** Threads inside an operator, at most those given, that give the same bits as one. */
export function threadsFor(
  config: HfConfig,
  { rows, length }: { readonly rows: number; readonly length: number },
  threads: number,
): number {
  const { hiddenSize, intermediateSize, heads, headSize, vocabSize } = config
  // Widths that are the columns of a product with fewer rows than positions: of gradients of A, of the loss of few positions, of gradients of all weights.
  const widest = Math.floor(Math.min(hiddenSize, intermediateSize, heads * headSize, vocabSize) / columnsOfThread)
  const most = Math.max(1, Math.min(threads, widest))
  // One or all, so that no run opens more than two sessions of a graph.
  return rows * length >= most * columnsOfThread ? most : 1
}
