/** Attention of a decoder layer: grouped queries, rotary positions, and what architectures add: norms over heads, a soft cap, a window. */
import { traitsOf, type DecoderTraits } from '../../formats/architectures/traits.ts'
import type { HfConfig } from '../../formats/hf-config.ts'
import { labelled, times, type Dim, type Graph, type Value } from '../graph/graph.ts'
import { add, attend, join, min, mul, partsOf, reshape, split, sub, transpose } from '../graph/ops.ts'
import { normName, type Projection } from './parameters.ts'
import { rotaryTables } from './rope.ts'

/** Tokens a graph takes at once: sequences of one length, padded on the right. */
export interface Shape {
  readonly batch: number
  /** The length, or the longest where it varies. */
  readonly length: number
  /** Each run may be shorter than `length`, and says so by feeding `positions` float32 [T]: 0 to T−1. */
  readonly varying?: boolean
  /**
   * Into how many parts attention takes the queries (1 where absent); each part is held against the keys up to its own end only, since a position never sees what is
   * after it. Of a length that each run brings, the length must be a multiple.
   */
  readonly parts?: number
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
  /** Of each part of the queries [G·T/n, i·T/n]: 0 where row g·T/n+t may see column s, hugely negative elsewhere. */
  readonly masks: readonly Value[]
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
    masks: partsOf(positions_T, 0, partsOfShape(shape)).map((t_T, i) =>
      labelled('mask', visible(config.heads / config.kvHeads, shape, t_T, upTo(positions_T, 0, shape, i), window)),
    ),
  }
}

const partsOfShape = ({ parts }: Shape): number => parts ?? 1

/** What lies on an axis of time up to the end of the i-th part of the queries. */
function upTo(x: Value, axis: number, shape: Shape, i: number): Value {
  const parts = partsOf(x, axis, partsOfShape(shape))
  return i === parts.length - 1 ? x : join(parts.slice(0, i + 1), axis)
}

/** Row g·T+t sees column s where 0 ≤ t − s < window; elsewhere 10⁹ times how far outside it lies, below zero. */
function visible(group: number, shape: Shape, t_T: Value, s_S: Value, window: number | null): Value {
  const { graph } = t_T
  const [T, S] = [t_T.dims[0]!, s_S.dims[0]!]
  const s_1S = reshape(s_S, [1, S])
  const t_GT = add(reshape(t_T, [1, T]), graph.floats(new Float32Array(group), [group, 1]))
  const lead = sub(reshape(t_GT, [times(T, group), 1]), s_1S)
  const future = min(lead, graph.scalar(0))
  // A window as long as the longest sequence hides nothing.
  if (window === null || window >= shape.length) return mul(future, graph.scalar(-unseen))
  const past = min(sub(graph.scalar(window - 1), lead), graph.scalar(0))
  return mul(add(future, past), graph.scalar(-unseen))
}

/** softmax(scale·q·kᵀ)·v for each head, [N,H] → [N,heads·D]. Query head h reads key/value head ⌊h/G⌋. */
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
  const k = perKvHead(turned(k_NE, K, 'k'))
  const v = perKvHead(v_NE)

  const o_BTKGD = attend({ q: q_BTKGD, k, v }, tables.masks, traits.attentionScale, traits.attentionSoftCap)
  return reshape(o_BTKGD, [times(T, B), heads * D])
}

/** Queries, keys and values, from three matrices or the parts of one. */
function projected(traits: DecoderTraits, project: Project, x_NH: Value, sizes: readonly number[]): [Value, Value, Value] {
  return traits.fusedProjections
    ? (split(project('qkv_proj', x_NH), sizes) as [Value, Value, Value])
    : [project('q_proj', x_NH), project('k_proj', x_NH), project('v_proj', x_NH)]
}
