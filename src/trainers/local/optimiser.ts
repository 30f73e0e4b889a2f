/** AdamW on the whole state in two shares of about the same size, so that two threads can take one each. What comes out is the same, however they are taken. */

import { adamw, addUp, gradientNorm, type AdamWHyper, type AdamWStep } from '../../ml/adamw/adamw.ts'
import type { TensorSpec } from '../../ml/lora/training-graph.ts'
import { inLanes, type Lanes } from './deal.ts'
import type { Lane } from './graph-runner.ts'
import { sizeOf, type Tensor, type Tensors } from './runtime.ts'

export interface OptimiserOptions {
  readonly specs: readonly TensorSpec[]
  readonly hyper: AdamWHyper
  /** Trainables by name, and their moments behind `m/` and `v/`. */
  readonly state: Tensors
  /** Gradient sums of each lane, by trainable behind `grad/`. */
  readonly sums: readonly [Tensors, Tensors]
}

/** Σ g² of each gradient of a share, by trainable. */
export type Squares = readonly (readonly [name: string, squares: number])[]

export class Optimiser {
  readonly #options: OptimiserOptions
  readonly #shares: Lanes<TensorSpec>

  constructor(options: OptimiserOptions) {
    this.#options = options
    this.#shares = inLanes(options.specs, sizeOf)
  }

  /** Adds the second lane's sums of a share to the first lane's, where the second has any. */
  addUp(share: Lane, secondLane: boolean): Squares {
    const [first, second] = this.#options.sums
    return this.#shares[share].map(({ name }) => {
      const key = `grad/${name}`
      return [name, addUp(floats(first[key]), secondLane ? floats(second[key]) : null)]
    })
  }

  /** The norm of the mean gradient that `scale` makes of the sums, from the squares of both shares. */
  norm(squares: readonly Squares[], scale: number): number {
    const by = new Map(squares.flat())
    return gradientNorm(
      this.#options.specs.map(({ name }) => by.get(name)!),
      scale,
    )
  }

  /** One step of AdamW on a share, written over the state. */
  update(share: Lane, at: AdamWStep): void {
    const { state, sums, hyper } = this.#options
    const tensors = this.#shares[share].map(({ name, dims }) => ({
      weights: floats(state[name]),
      gradient: floats(sums[0][`grad/${name}`]),
      m: floats(state[`m/${name}`]),
      v: floats(state[`v/${name}`]),
      decays: dims.length > 1,
    }))
    adamw(tensors, hyper, at)
  }
}

const floats = (tensor: Tensor | undefined): Float32Array => tensor!.data as Float32Array
