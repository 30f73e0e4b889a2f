/**
 * A decoder as a graph: Llama's layers, and at each place where another architecture does otherwise what its traits say
 * (formats/architectures). Source: transformers' modelling files.
 */
import { traitsOf, windowOf } from '../../formats/architectures/traits.ts'
import type { HfConfig } from '../../formats/hf-config.ts'
import { labelled, times, type Graph, type Value } from '../graph/graph.ts'
import { add, geGlu, gemm, mul, reshape, rmsNorm, softCap, split, swiGlu } from '../graph/ops.ts'
import { attention, attentionTables, positionsOf, timeOf, type AttentionTables, type Norm, type Project, type Shape } from './attention.ts'
import { lastNormName, normName, type Projection } from './parameters.ts'

export { timeOf, type Shape } from './attention.ts'

/** What the architecture is given: parameters by name, and how x [N,in] goes through a projection, `plus` (if any) added. */
export interface Weights {
  parameter(name: string): Value
  /** The embeddings [N,H] of tokens [N]. */
  embed(tokens: Value): Value
  project(layer: number, projection: Projection, x: Value, plus?: Value): Value
}

/**
 * The last hidden states x [N,H], N = B·T, of tokens [B,T]; multiplied by the head they are the logits. A position sees itself
 * and what is before it, so padding on the right changes nothing to its left.
 */
export function lastHidden(graph: Graph, config: HfConfig, shape: Shape, weights: Weights, tokens: Value): Value {
  const traits = traitsOf(config)
  const tokens_N = reshape(tokens, [times(timeOf(shape), shape.batch)])
  const positions_T = positionsOf(graph, shape)
  const tablesOfWindow = new Map<number | null, AttentionTables>()
  const tablesOf = (window: number | null): AttentionTables => {
    const tables = tablesOfWindow.get(window) ?? attentionTables(config, shape, positions_T, window)
    tablesOfWindow.set(window, tables)
    return tables
  }
  const norm: Norm = (x, name) => {
    const weight = weights.parameter(name)
    return rmsNorm(x, traits.normOffset === 0 ? weight : add(weight, graph.scalar(traits.normOffset)), config.normEpsilon)
  }
  const embedded_NH = weights.embed(tokens_N)
  let x_NH = labelled('x_NH', traits.embeddingScale === 1 ? embedded_NH : mul(embedded_NH, graph.scalar(traits.embeddingScale)))
  for (let layer = 0; layer < config.layers; layer++) {
    const project: Project = (projection, x, plus) => {
      const y = weights.project(layer, projection, x, plus)
      return labelled(`layers.${layer}/${projection}`, y)
    }
    const tables = tablesOf(windowOf(traits, layer))
    const a_NH = norm(x_NH, normName(layer, 'input_layernorm'))
    const o_NH = labelled(`layers.${layer}/attention_NH`, attention(config, shape, tables, layer, { project, norm }, a_NH))
    if (traits.normsAfter) {
      x_NH = add(x_NH, norm(project('o_proj', o_NH), normName(layer, 'post_attention_layernorm')))
      const m_NH = norm(x_NH, normName(layer, 'pre_feedforward_layernorm'))
      const h_NF = labelled(`layers.${layer}/gated_NF`, gated(config, project, m_NH))
      x_NH = add(x_NH, norm(project('down_proj', h_NF), normName(layer, 'post_feedforward_layernorm')))
    } else {
      x_NH = project('o_proj', o_NH, x_NH)
      const m_NH = norm(x_NH, normName(layer, 'post_attention_layernorm'))
      const h_NF = labelled(`layers.${layer}/gated_NF`, gated(config, project, m_NH))
      x_NH = project('down_proj', h_NF, x_NH)
    }
  }
  return labelled('last_NH', norm(x_NH, lastNormName))
}

/** The inner activations of the MLP, [N,H] → [N,F]. */
function gated(config: HfConfig, project: Project, x_NH: Value): Value {
  const { fusedProjections, activation } = traitsOf(config)
  const [gate, up] = fusedProjections
    ? (split(project('gate_up_proj', x_NH), [config.intermediateSize, config.intermediateSize]) as [Value, Value])
    : [project('gate_proj', x_NH), project('up_proj', x_NH)]
  return activation === 'silu' ? swiGlu(gate, up) : geGlu(gate, up)
}

/** The logits [N,V] of some of the last hidden states. */
export function logitsOf(config: HfConfig, x_NH: Value, head_VH: Value): Value {
  const { logitSoftCap } = traitsOf(config)
  const logits_NV = gemm(x_NH, head_VH, { transB: true })
  return labelled('logits_NV', logitSoftCap === null ? logits_NV : softCap(logits_NV, logitSoftCap))
}
