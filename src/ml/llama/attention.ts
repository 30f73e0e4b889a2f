/** Attention of a decoder layer: grouped queries, rotary positions, and what architectures add: norms over heads, a soft cap, a window. */
import { traitsOf, type DecoderTraits } from '../../formats/architectures/traits.ts'
import type { HfConfig } from '../../formats/hf-config.ts'
import { labelled, times, type Dim, type Graph, type Value } from '../graph/graph.ts'
import { add, matMul, min, mul, reshape, softCap, softmax, split, sub, transpose } from '../graph/ops.ts'
import { normName, type Projection } from './parameters.ts'
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

export type Project = (projection: Projection, x: Value, plus?: Value) => Value

/** x·w/√(mean x² + ε) along the last axis of a matrix, with the weights of this name. */
export type Norm = (x: Value, name: string) => Value

/** Added to the score of a position that must not be seen: its weight after the softmax is exactly 0. */
const unseen = -1e9

export interface AttentionTables {
  readonly position: Value
  readonly cos: Value
  readonly sin: Value
  /** [G·T, T]: 0 where row g·T+t may see column s, hugely negative elsewhere. */
  readonly mask: Value
}

/** 0 to T−1, float32 [T]: an input where the length varies. Asked for once a graph. */
export function positionsOf(graph: Graph, shape: Shape): Value {
  return shape.varying
    ? graph.input('positions', 'float32', [timeOf(shape)])
    : graph.floats(Array.from({ length: shape.length }, (_, position) => position))
}

/** @param window how many tokens a position sees, itself included; null for all before it. */
export function attentionTables(config: HfConfig, shape: Shape, positions_T: Value, window: number | null): AttentionTables {
  const { graph } = positions_T
  const own = window === null ? null : traitsOf(config).windowedRopeTheta
  const { cos, sin } = rotaryTables(own === null ? config : { ...config, ropeTheta: own, ropeScaling: null }, shape.length)
  const half = config.headSize / 2
  return {
    position: graph.integers([0]),
    cos: labelled('cos', graph.floats(cos, [shape.length, half])),
    sin: labelled('sin', graph.floats(sin, [shape.length, half])),
    mask: labelled('mask', visible(config.heads / config.kvHeads, shape, positions_T, window)),
  }
}

/** Row g·T+t sees column s where 0 ≤ t − s < window; elsewhere 10⁹ times how far outside it lies, below zero. */
function visible(group: number, shape: Shape, positions_T: Value, window: number | null): Value {
  const { graph } = positions_T
  const T = timeOf(shape)
  const s_1T = reshape(positions_T, [1, T])
  const t_GT = add(s_1T, graph.floats(new Float32Array(group), [group, 1]))
  const lead = sub(reshape(t_GT, [times(T, group), 1]), s_1T)
  const future = min(lead, graph.scalar(0))
  // A window as long as the longest sequence hides nothing.
  if (window === null || window >= shape.length) return mul(future, graph.scalar(-unseen))
  const past = min(sub(graph.scalar(window - 1), lead), graph.scalar(0))
  return mul(add(future, past), graph.scalar(-unseen))
}

/**
 * softmax(scale·q·kᵀ)·v for each head, [N,H] → [N,heads·D]. Query head h reads key/value head ⌊h/G⌋: the G query heads of a key/value
 * head are stacked along time, so keys and values need no copies and their derivatives add up within one product.
 */
export function attention(
  config: HfConfig,
  shape: Shape,
  tables: AttentionTables,
  layer: number,
  { project, norm }: { readonly project: Project; readonly norm: Norm },
  x_NH: Value,
): Value {
  const { batch: B } = shape
  const T = timeOf(shape)
  const { heads, kvHeads: K, headSize: D } = config
  const G = heads / K
  const traits = traitsOf(config)
  const turned = (x: Value, count: number, side: 'q' | 'k'): Value => {
    const rows = [times(T, B * count), D]
    const normed = traits.queryKeyNorms ? norm(reshape(x, rows), normName(layer, `self_attn.${side}_norm`)) : x
    return x.graph.apply('RotaryEmbedding', [reshape(normed, [B, T, count * D]), tables.position, tables.cos, tables.sin])
  }
  const perKvHead = (x: Value): Value => transpose(reshape(x, [B, T, K, D]), [0, 2, 1, 3])

  const [q_NE, k_NE, v_NE] = projected(traits, project, x_NH, [heads * D, K * D, K * D])
  const q_BTKGD = reshape(turned(q_NE, heads, 'q'), [B, T, K, G, D])
  const q_BKGTD = transpose(q_BTKGD, [0, 2, 3, 1, 4])
  const q = reshape(q_BKGTD, [B, K, times(T, G), D])
  const k = perKvHead(turned(k_NE, K, 'k'))
  const v = perKvHead(v_NE)

  const similar = matMul(q, k, { transB: true, alpha: traits.attentionScale })
  const scores = add(traits.attentionSoftCap === null ? similar : softCap(similar, traits.attentionSoftCap), tables.mask)
  const o_BKGTD = reshape(matMul(softmax(scores), v), [B, K, G, T, D])
  return reshape(transpose(o_BKGTD, [0, 3, 1, 2, 4]), [times(T, B), heads * D])
}

/** Queries, keys and values, from three matrices or the parts of one. */
function projected(traits: DecoderTraits, project: Project, x_NH: Value, sizes: readonly number[]): [Value, Value, Value] {
  return traits.fusedProjections
    ? (split(project('qkv_proj', x_NH), sizes) as [Value, Value, Value])
    : [project('q_proj', x_NH), project('k_proj', x_NH), project('v_proj', x_NH)]
}
