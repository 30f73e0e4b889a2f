/**
 * The training state and what changes it: gradients, summed in two lanes that run side by side where there is memory for both, and AdamW. Weights are feeds that
 * all sessions share. Gradient sums and the state are written over where they lie, so that a step of all weights takes five times their memory and not ten.
 */

import type { AdamWHyper, AdamWStep } from '../../ml/adamw/adamw.ts'
import { trainableTensors, type TensorSpec } from '../../ml/lora/training-graph.ts'
import type { Recipe } from '../trainer.ts'
import type { Kind } from './batches.ts'
import { deal } from './deal.ts'
import { GraphRunner, type Added, type Gradients, type RunnerOptions } from './graph-runner.ts'
import { Optimiser, type Squares } from './optimiser.ts'
import type { PackedBatch } from './pack-batch.ts'
import { costOf } from './rows.ts'
import { floatTensor, sizeOf, type Runtime, type Tensor, type Tensors, type Values } from './runtime.ts'

/** What a step reads and changes. */
export interface TrainingState {
  readonly trainables: Values
  /** AdamW's first and second moments, by the name of the trainable. */
  readonly m: Values
  readonly v: Values
}

export interface StepResult {
  /** Mean over the step's loss tokens or pairs, nats. */
  readonly loss: number
  readonly gradientNorm: number
  /** False where loss or gradient is not finite: the state is then as it was before the step. */
  readonly applied: boolean
  /** A session was opened within the step: its time says nothing about the steps to come. */
  readonly openedSession: boolean
}

/** What a second thread works on: all of it lies in memory that both see. */
export interface Shared extends RunnerOptions {
  readonly hyper: AdamWHyper
  /** Trainables by name, and their moments behind `m/` and `v/`. */
  readonly state: Tensors
}

/** The second thread: it adds gradients while this one adds others, and takes the second share of the optimiser's work. One call at a time. */
export interface Beside {
  addGradients(gradients: Gradients): Promise<Added>
  addUp(secondLane: boolean): Promise<Squares>
  update(at: AdamWStep): Promise<void>
  close(): Promise<void>
}

export interface SessionOptions extends Omit<RunnerOptions, 'sums' | 'trainables'> {
  readonly runtime: Runtime
  readonly recipe: Recipe
  readonly state: TrainingState
  /** Threads inside an operator where one batch is at work. */
  readonly threads: number
  readonly beside?: (shared: Shared) => Beside
}

export class TrainingSession {
  readonly #options: SessionOptions
  readonly #specs: readonly TensorSpec[]
  readonly #runner: GraphRunner
  readonly #optimiser: Optimiser
  readonly #beside: Beside | undefined
  /** Trainables by name, and their moments behind `m/` and `v/`. */
  readonly #state: Tensors
  readonly #sums: [Tensors, Tensors]

  constructor(options: SessionOptions) {
    const { runtime, beside, state, recipe, ...rest } = options
    const { beta1, beta2, epsilon, weightDecay, clip, preferenceBeta, recompute } = recipe
    this.#options = options
    this.#specs = trainableTensors(options.config, options.method)
    const trainables = this.#tensors('', state.trainables)
    this.#state = { ...trainables, ...this.#tensors('m/', state.m), ...this.#tensors('v/', state.v) }
    this.#sums = [this.#tensors('grad/'), options.bothLanes ? this.#tensors('grad/') : {}]
    const hyper = { beta1, beta2, epsilon, weightDecay, clip }
    const shared = { ...rest, recipe: { preferenceBeta, recompute }, hyper, trainables, state: this.#state, sums: this.#sums }
    this.#runner = new GraphRunner(runtime, shared)
    this.#optimiser = new Optimiser({ ...shared, specs: this.#specs })
    this.#beside = beside?.(shared)
  }

  /** Adds up the gradients of the batches and applies one update. `step` counts from 1. */
  async step(batches: readonly PackedBatch[], step: number, learningRate: number): Promise<StepResult> {
    const { pairScale, total } = balance(batches)
    const { loss, openedSession, squares } = await this.#addGradients(batches, pairScale)
    const gradientNorm = this.#optimiser.norm(squares, 1 / total)
    const applied = Number.isFinite(loss) && Number.isFinite(gradientNorm)
    if (applied) await this.#update({ step, learningRate, gradientScale: 1 / total, gradientNorm })
    return { loss: loss / total, gradientNorm, applied, openedSession }
  }

  /**
   * Σ −log p of what each row learns, with the adapter or without it.
   * @param instead weights to use in place of the state's
   */
  rowLosses(batch: PackedBatch, adapter: 'on' | 'off' = 'on', instead?: Values): Promise<Float32Array> {
    const { threads } = this.#options
    return this.#runner.rowLosses(batch, { threads, adapter, ...(instead ? { instead: this.#tensors('', instead) } : {}) })
  }

  /** The gradient of the batches' summed loss, by trainable; the weights stay as they are. */
  async gradient(batches: readonly PackedBatch[]): Promise<Values> {
    await this.#addGradients(batches, 1)
    return new Map(this.#specs.map(({ name }) => [name, floats(this.#sums[0][`grad/${name}`]).slice()]))
  }

  /** Of each row: its summed loss, and the dot products of its gradient with the directions given (ml/lora/gradient-products.ts). */
  gradientProducts(batch: PackedBatch, directions: readonly Values[]): Promise<{ losses: Float32Array; products: Float32Array }> {
    return this.#runner.gradientProducts(batch, directions, this.#options.threads)
  }

  /** The live arrays: copy or write them before the next step. */
  state(): TrainingState {
    const part = (prefix: string): Values => new Map(this.#specs.map((spec) => [spec.name, floats(this.#state[prefix + spec.name])]))
    return { trainables: part(''), m: part('m/'), v: part('v/') }
  }

  async close(): Promise<void> {
    await this.#beside?.close()
    await this.#runner.close()
  }

  /** Leaves the sum of the batches' gradients in lane 0. In which lane a batch is summed depends on the batches alone. */
  async #addGradients(batches: readonly PackedBatch[], pairScale: number): Promise<Added & { readonly squares: readonly Squares[] }> {
    const { threads } = this.#options
    const { lanes, together } = deal(batches, (batch) => costOf(batch))
    const of = (lane: 0 | 1, within: number): Gradients => ({ batches: lanes[lane], pairScale, lane, threads: within })
    const added: Added[] = []
    if (this.#beside && lanes[1].length > 0) {
      const half = Math.max(1, Math.floor(threads / 2))
      added.push(...(await both(this.#beside.addGradients(of(1, half)), () => this.#runner.addGradients(of(0, half)))))
    } else for (const lane of [0, 1] as const) added.push(await this.#runner.addGradients(of(lane, threads)))
    // Into an empty lane where there is one: of two batches neither lane adds up.
    const lane = lanes[0].length > 0 && lanes[1].length === 0 ? 1 : 0
    added.push(await this.#runner.addGradients({ ...of(lane, threads), batches: together, further: lanes[lane].length > 0 }))
    const second = lanes[1].length > 0 || (lane === 1 && together.length > 0)
    const own = (): Squares => this.#optimiser.addUp(0, second)
    const squares = this.#beside ? await both(this.#beside.addUp(second), own) : [own(), this.#optimiser.addUp(1, second)]
    return {
      loss: added.reduce((sum, { loss }) => sum + loss, 0),
      openedSession: added.some(({ openedSession }) => openedSession),
      squares,
    }
  }

  async #update(at: AdamWStep): Promise<void> {
    const own = (): void => this.#optimiser.update(0, at)
    if (this.#beside) await both(this.#beside.update(at), own)
    else {
      own()
      this.#optimiser.update(1, at)
    }
  }

  #tensors(prefix: string, values?: Values): Tensors {
    const { runtime } = this.#options
    return Object.fromEntries(
      this.#specs.map((spec) => [prefix + spec.name, floatTensor(runtime, spec, values?.get(spec.name) ?? runtime.floats(sizeOf(spec)))]),
    )
  }
}

const floats = (tensor: Tensor | undefined): Float32Array => tensor!.data as Float32Array

/** What this thread makes and what the other has begun to make; where one fails, the other is waited for all the same. */
async function both<T>(other: Promise<T>, own: () => T | Promise<T>): Promise<[T, T]> {
  const [theirs, ours] = await Promise.allSettled([other, (async () => own())()])
  if (ours.status === 'rejected') throw ours.reason
  if (theirs.status === 'rejected') throw theirs.reason
  return [ours.value, theirs.value]
}

/**
 * What pairs count so that all sums, divided by `total`, are the mean of the means of both kinds, each by its number of examples. In a step of one kind that
 * is the mean over its loss tokens or its pairs.
 */
function balance(batches: readonly PackedBatch[]): { pairScale: number; total: number } {
  const of = (kind: Kind): { sum: number; count: number } => {
    const found = batches.filter((batch) => batch.kind === kind)
    const total = (part: (batch: PackedBatch) => number): number => found.reduce((sum, batch) => sum + part(batch), 0)
    return { sum: total((batch) => batch.weightSum), count: total((batch) => batch.examples) }
  }
  const [follow, prefer] = [of('follow'), of('prefer')]
  if (follow.count === 0 || prefer.count === 0) return { pairScale: 1, total: follow.sum + prefer.sum }
  return {
    pairScale: ((follow.sum / prefer.sum) * prefer.count) / follow.count,
    total: (follow.sum * (follow.count + prefer.count)) / follow.count,
  }
}
