/** Choosing a token from logits: temperature, nucleus and a seed. Pure; the same numbers in, the same token out. */

/** [token id, logit], highest logit first. */
export type Candidates = readonly (readonly [id: number, logit: number])[]

/**
 * Draws from softmax(logit / temperature), cut to the fewest likely tokens that together reach `topP`, as OpenAI and transformers order the two.
 * @param draw in [0, 1)
 */
export function sampleToken(candidates: Candidates, sampling: { temperature: number; topP: number }, draw: number): number {
  const [first] = candidates
  if (first === undefined) throw new RangeError('There is no token to choose from.')
  if (sampling.temperature === 0) return first[0]
  const weights = candidates.map(([, logit]) => Math.exp((logit - first[1]) / sampling.temperature))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let kept = 0
  let mass = 0
  while (kept < weights.length && (kept === 0 || mass < sampling.topP * total)) mass += weights[kept++]!
  let left = draw * mass
  for (let i = 0; i < kept; i++) {
    left -= weights[i]!
    if (left < 0) return candidates[i]![0]
  }
  return candidates[kept - 1]![0]
}

/** A stream of numbers in [0, 1) that a seed decides (mulberry32; public domain, Tommy Ettinger). */
export function seededDraws(seed: number): () => number {
  // Mixed first, so that seeds that differ in high bits only, or by one, give unrelated streams.
  let state = Math.imul((seed >>> 0) ^ Math.imul(Math.floor(seed / 0x1_0000_0000) | 0, 0x85eb_ca6b), 0x9e37_79b1) ^ 0x2545_f491
  return () => {
    state = (state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}
