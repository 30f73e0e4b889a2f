/** Steps of AdamW in tests, as the trainer takes them. */
import { adamw, addUp, gradientNorm, type AdamWHyper, type AdamWStep } from '../adamw/adamw.ts'
import type { TensorSpec } from '../graph/emit.ts'
import type { Numbers } from './run-graph.ts'

/** Changes the trainables among the weights by gradients named `grad/…`; returns the gradients' norm. */
export type TakeStep = (
  weights: Readonly<Record<string, Numbers>>,
  gradients: Readonly<Record<string, Float32Array>>,
  at: Omit<AdamWStep, 'gradientNorm'>,
) => number

/** The first step finds moments of zero, the next what the one before left. */
export function adamwSteps(trainables: readonly TensorSpec[], hyper: AdamWHyper): TakeStep {
  const zeros = (): Float32Array[] => trainables.map(({ dims }) => new Float32Array(dims.reduce((a, b) => a * b, 1)))
  const [m, v] = [zeros(), zeros()]
  return (weights, gradients, at) => {
    const of = trainables.map(({ name }) => gradients[`grad/${name}`] as Float32Array)
    const norm = gradientNorm(
      of.map((gradient) => addUp(gradient, null)),
      at.gradientScale,
    )
    const tensors = trainables.map(({ name, dims }, i) => ({
      weights: weights[name] as Float32Array,
      gradient: of[i]!,
      m: m[i]!,
      v: v[i]!,
      decays: dims.length > 1,
    }))
    adamw(tensors, hyper, { ...at, gradientNorm: norm })
    return norm
  }
}
