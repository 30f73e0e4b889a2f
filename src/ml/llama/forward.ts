/** The Llama architecture as a graph: grouped-query attention, rotary positions, SwiGLU, RMS norms. Source: transformers' LlamaForCausalLM. */
import type { HfConfig } from '../../formats/hf-config.ts'
import { labelled, times, type Dim, type Graph, type Value } from '../graph/graph.ts'
import { add, gather, gemm, matMul, min, mul, reshape, rmsNorm, softmax, sub, swiGlu, transpose } from '../graph/ops.ts'
import { attentionNormName, embeddingName, lastNormName, mlpNormName, type Projection } from './parameters.ts'
import { rotaryTables } from './rope.ts'

/** Tokens a graph takes at once: sequences of one length, padded on the right. */
export interface Shape {
  readonly batch: number
  /** The length, or the longest where it varies. */
  readonly length: number
  /** Each run may be shorter than `length`, and says so by feeding `positions` float32 [T]: 0 to T−1. */
  readonly varying?: boolean
}

/** The axis of time: a number, or a size that each run brings. */
export const timeOf = (shape: Shape): Dim => (shape.varying ? 'T' : shape.length)

/** What the architecture is given: parameters by name, and how x [N,in] goes through a projection, `plus` (if any) added. */
export interface Weights {
  parameter(name: string): Value
  project(layer: number, projection: Projection, x: Value, plus?: Value): Value
}

/** Added to the score of a position that must not be seen: its weight after the softmax is exactly 0. */
const unseen = -1e9

/**
 * The last hidden states x [N,H], N = B·T, of tokens [B,T]; multiplied by the head they are the logits. A position sees itself
 * and what is before it, so padding on the right changes nothing to its left.
 */
export function lastHidden(graph: Graph, config: HfConfig, shape: Shape, weights: Weights, tokens: Value): Value {
  const tokens_N = reshape(tokens, [times(timeOf(shape), shape.batch)])
  const tables = attentionTables(graph, config, shape)
  let x_NH = labelled('x_NH', gather(weights.parameter(embeddingName), tokens_N))
  for (let layer = 0; layer < config.layers; layer++) {
    const project: Project = (projection, x, plus) => {
      const y = weights.project(layer, projection, x, plus)
      return labelled(`layers.${layer}/${projection}`, y)
    }
    const a_NH = rmsNorm(x_NH, weights.parameter(attentionNormName(layer)), config.normEpsilon)
    const o_NH = labelled(`layers.${layer}/attention_NH`, attention(config, shape, tables, project, a_NH))
    x_NH = project('o_proj', o_NH, x_NH)
    const m_NH = rmsNorm(x_NH, weights.parameter(mlpNormName(layer)), config.normEpsilon)
    const h_NF = labelled(`layers.${layer}/swiglu_NF`, swiGlu(project('gate_proj', m_NH), project('up_proj', m_NH)))
    x_NH = project('down_proj', h_NF, x_NH)
  }
  return labelled('last_NH', rmsNorm(x_NH, weights.parameter(lastNormName), config.normEpsilon))
}

/** The logits [N,V] of some of the last hidden states. */
export function logitsOf(x_NH: Value, head_VH: Value): Value {
  return labelled('logits_NV', gemm(x_NH, head_VH, { transB: true }))
}

type Project = (projection: Projection, x: Value, plus?: Value) => Value

interface AttentionTables {
  readonly position: Value
  readonly cos: Value
  readonly sin: Value
  /** [G·T, T]: 0 where row g·T+t may see column s ≤ t. */
  readonly mask: Value
}

function attentionTables(graph: Graph, config: HfConfig, shape: Shape): AttentionTables {
  const { cos, sin } = rotaryTables(config, shape.length)
  const half = config.headSize / 2
  return {
    position: graph.integers([0]),
    cos: labelled('cos', graph.floats(cos, [shape.length, half])),
    sin: labelled('sin', graph.floats(sin, [shape.length, half])),
    mask: labelled('mask', causalMask(graph, config.heads / config.kvHeads, shape)),
  }
}

/** [G·T, T]: 0 where row g·T+t may see column s ≤ t, hugely negative elsewhere: 10⁹·min(0, t − s). */
function causalMask(graph: Graph, group: number, shape: Shape): Value {
  const T = timeOf(shape)
  const positions_T = shape.varying
    ? graph.input('positions', 'float32', [T])
    : graph.floats(Array.from({ length: shape.length }, (_, position) => position))
  const s_1T = reshape(positions_T, [1, T])
  const t_GT = add(s_1T, graph.floats(new Float32Array(group), [group, 1]))
  const lead = sub(reshape(t_GT, [times(T, group), 1]), s_1T)
  return mul(min(lead, graph.scalar(0)), graph.scalar(-unseen))
}

/**
 * softmax(q·kᵀ/√D)·v for each head, [N,H] → [N,heads·D]. Query head h reads key/value head ⌊h/G⌋: the G query heads of a key/value
 * head are stacked along time, so keys and values need no copies and their derivatives add up within one product.
 */
function attention(config: HfConfig, shape: Shape, tables: AttentionTables, project: Project, x_NH: Value): Value {
  const { batch: B } = shape
  const T = timeOf(shape)
  const { heads, kvHeads: K, headSize: D } = config
  const G = heads / K
  const turned = (x: Value, count: number): Value => {
    const x_BTD = reshape(x, [B, T, count * D])
    return x.graph.apply('RotaryEmbedding', [x_BTD, tables.position, tables.cos, tables.sin])
  }
  const perKvHead = (x: Value): Value => transpose(reshape(x, [B, T, K, D]), [0, 2, 1, 3])

  const q_BTKGD = reshape(turned(project('q_proj', x_NH), heads), [B, T, K, G, D])
  const q_BKGTD = transpose(q_BTKGD, [0, 2, 3, 1, 4])
  const q = reshape(q_BKGTD, [B, K, times(T, G), D])
  const k = perKvHead(turned(project('k_proj', x_NH), K))
  const v = perKvHead(project('v_proj', x_NH))

  const scores = add(matMul(q, k, { transB: true, alpha: 1 / Math.sqrt(D) }), tables.mask)
  const o_BKGTD = reshape(matMul(softmax(scores), v), [B, K, G, T, D])
  return reshape(transpose(o_BKGTD, [0, 3, 1, 2, 4]), [times(T, B), heads * D])
}
