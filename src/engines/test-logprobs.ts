/** What the trainer's own forward pass says of a text, for tests of what is served. */

import { ort } from '../trainers/local/onnx-runtime.ts'
import type { HfModel } from '../formats/hf-to-gguf.ts'
import type { Adapter } from '../formats/peft.ts'
import { projectionPath } from '../ml/llama/parameters.ts'
import { adapterName } from '../ml/lora/trainables.ts'
import { logitsGraph, type Method } from '../ml/lora/training-graph.ts'

/** Log-probabilities [position][token] of what follows each of `ids`, by the graph that training uses, in float32. */
export async function trainersLogprobs(
  model: Pick<HfModel, 'config' | 'weights'>,
  adapter: Adapter | null,
  ids: readonly number[],
): Promise<number[][]> {
  const { config } = model
  const method: Method = adapter
    ? { kind: 'lora', rank: adapter.config.rank, alpha: adapter.config.alpha, targetModules: adapter.config.targetModules }
    : { kind: 'full' }
  const graph = logitsGraph(config, method, { batch: 1, length: ids.length })
  const session = await ort.InferenceSession.create(graph.onnx, { executionProviders: ['cpu'], intraOpNumThreads: 1, logSeverityLevel: 3 })
  const low = new Map(
    (adapter?.modules ?? []).flatMap(({ layer, projection, a, b }) => [
      [adapterName(projectionPath(layer, projection), 'A'), a] as const,
      [adapterName(projectionPath(layer, projection), 'B'), b] as const,
    ]),
  )
  const feeds: Record<string, ort.Tensor> = {}
  for (const { name, dims } of graph.inputs)
    feeds[name] =
      name === 'tokens'
        ? new ort.Tensor('int64', BigInt64Array.from(ids.map(BigInt)), [1, ids.length])
        : new ort.Tensor('float32', low.get(name) ?? (await model.weights.floats(name)), dims.map(Number))
  const logits = (await session.run(feeds))['logits']!.data as Float32Array
  await session.release()
  return ids.map((_, i) => {
    const row = [...logits.subarray(i * config.vocabSize, (i + 1) * config.vocabSize)]
    const most = Math.max(...row)
    const total = most + Math.log(row.reduce((mass, logit) => mass + Math.exp(logit - most), 0))
    return row.map((logit) => logit - total)
  })
}
