/** What the operation Attend (op-table.ts) is made of: its queries in parts, each held against the keys that it may see. */
import { times, type Attributes, type Dim, type Value } from './graph.ts'
import { add, join, matMul, mul, partsOf, reshape, softmax, tanh, transpose } from './ops.ts'

/** What attention does with one part of the queries. */
export interface AttentionPart {
  /** Queries [B,K,G·Tn,D], and the keys and values [B,K,Sn,D] that they may see. */
  readonly q: Value
  readonly k: Value
  readonly v: Value
  /** softmax(α·q·kᵀ + mask) [B,K,G·Tn,Sn] and, where there is a cap c, t = tanh(α·q·kᵀ/c). */
  readonly p: Value
  readonly t: Value | null
  /** From [B,K,G·Tn,D] to [B,Tn,K,G,D]. */
  readonly unstacked: (x: Value) => Value
}

export function attentionParts([q_BTKGD, k_BKSD, v_BKSD, ...masks]: readonly Value[], attributes: Attributes): AttentionPart[] {
  const cap = Number(attributes['cap'] ?? 0)
  const upTo = (x: Value, i: number): Value => (i === masks.length - 1 ? x : join(partsOf(x, 2, masks.length).slice(0, i + 1), 2))
  return partsOf(q_BTKGD!, 1, masks.length).map((part, i) => {
    const [B, Tn, K, G, D] = part.dims as readonly [Dim, Dim, Dim, Dim, Dim]
    const [q, k, v] = [stackedHeads(part), upTo(k_BKSD!, i), upTo(v_BKSD!, i)]
    const similar = matMul(q, k, { transB: true, alpha: Number(attributes['alpha']) })
    const t = cap === 0 ? null : tanh(mul(similar, q.graph.scalar(1 / cap)))
    const p = softmax(add(t ? mul(t, q.graph.scalar(cap)) : similar, masks[i]!))
    return { q, k, v, p, t, unstacked: (x) => transpose(reshape(x, [B, K, G, Tn, D]), [0, 3, 1, 2, 4]) }
  })
}

/** [B,T,K,G,X] → [B,K,G·T,X] */
export function stackedHeads(x: Value): Value {
  const [B, T, K, G, X] = x.dims as readonly [Dim, Dim, Dim, number, Dim]
  return reshape(transpose(x, [0, 2, 3, 1, 4]), [B, K, times(T, G), X])
}

/** The sum of values of which the i-th of n covers the first i+1 of n equal parts of axis 2. */
export function sumOfBeginnings(values: readonly Value[]): Value {
  const apart = values.map((value, i) => partsOf(value, 2, i + 1))
  const sums = values.map((_, j) => apart.slice(j).map((parts) => parts[j]!).reduce(add)) // prettier-ignore
  return join(sums, 2)
}
