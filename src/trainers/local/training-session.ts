/**
 * The training state and what changes it: ONNX Runtime sessions for gradients and for losses, each opened on first use and serving every length, and AdamW.
 * Weights are feeds that all sessions share. Gradient sums and the state are written over where they lie, so that a step of all weights takes four times their
 * memory and not eight.
 */

import type { HfConfig } from '../../formats/hf-config.ts'
import { adamw, gradientNorm, type AdamWStep } from '../../ml/adamw/adamw.ts'
import { gradientProductsGraph } from '../../ml/lora/gradient-products.ts'
import {
  gradientGraph,
  lossGraph,
  trainableTensors,
  type Halves,
  type Method,
  type RunnableGraph,
  type TensorSpec,
} from '../../ml/lora/training-graph.ts'
import type { Recipe } from '../trainer.ts'
import type { Kind } from './batches.ts'
import type { PackedBatch } from './pack-batch.ts'
import { shapeOfPasses } from './passes.ts'
import { floatTensor, sizeOf, type InferenceSession, type Runtime, type Tensor, type Tensors, type Values } from './runtime.ts'

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

export interface SessionOptions {
  readonly runtime: Runtime
  readonly config: HfConfig
  readonly method: Method
  readonly recipe: Recipe
  /** The base's parameters, where they are not trained. */
  readonly frozen: Tensors
  /** Which of them are held in 16 bits. */
  readonly halves?: Halves
  readonly state: TrainingState
  /** Positions of the longest batch. */
  readonly longest: number
  /** A step may add up several micro-batches. */
  readonly accumulates: boolean
}

export class TrainingSession {
  readonly #options: SessionOptions
  readonly #specs: readonly TensorSpec[]
  readonly #sessions = new Map<string, Promise<InferenceSession>>()
  /** Trainables and moments, by the update graph's input names. */
  readonly #state: Tensors
  /** Gradient sums, by the gradient graph's output names. */
  #sums: Tensors
  /** What switches the adapter off. */
  #noAdapter: Tensors | undefined
  #lastQueries: { readonly directions: readonly Values[]; readonly tensors: Tensors } | undefined

  constructor(options: SessionOptions) {
    this.#options = options
    this.#specs = trainableTensors(options.config, options.method)
    const { trainables, m, v } = options.state
    this.#state = { ...this.#tensors('', trainables), ...this.#tensors('m/', m), ...this.#tensors('v/', v) }
    this.#sums = this.#tensors('grad/')
  }

  /** Adds up the gradients of the batches and applies one update. `step` counts from 1. */
  async step(batches: readonly PackedBatch[], step: number, learningRate: number): Promise<StepResult> {
    const before = this.#sessions.size
    const { pairScale, total } = balance(batches)
    let loss = 0
    this.#forgetGradients()
    for (const batch of batches) loss += await this.#addGradients(batch, pairScale)
    const norm = gradientNorm(
      this.#specs.map(({ name }) => floats(this.#sums[`grad/${name}`])),
      1 / total,
    )
    const applied = Number.isFinite(loss) && Number.isFinite(norm)
    if (applied) this.#update({ step, learningRate, gradientScale: 1 / total, gradientNorm: norm })
    return { loss: loss / total, gradientNorm: norm, applied, openedSession: this.#sessions.size > before }
  }

  /**
   * Σ −log p of what each row learns, with the adapter or without it.
   * @param instead weights to use in place of the state's
   */
  async rowLosses(batch: PackedBatch, adapter: 'on' | 'off' = 'on', instead?: Values): Promise<Float32Array> {
    const { config, method } = this.#options
    const shape = shapeOfPasses(batch.rows, this.#options.longest)
    const session = await this.#session(`losses of ${batch.rows}`, () => lossGraph(config, method, shape, this.#options.halves))
    const feeds = {
      ...this.#feeds(batch),
      ...(instead ? this.#tensors('', instead) : {}),
      ...(adapter === 'off' ? this.#withoutAdapter() : {}),
    }
    const losses = new this.#options.runtime.Tensor('float32', new Float32Array(batch.rows), [batch.rows])
    return (await this.#run(session, feeds, { losses }))['losses']!.data as Float32Array
  }

  /** The gradient of the batches' summed loss, by trainable; the weights stay as they are. */
  async gradient(batches: readonly PackedBatch[]): Promise<Values> {
    const total = new Map(this.#specs.map((spec) => [spec.name, new Float32Array(sizeOf(spec))]))
    for (const batch of batches) {
      this.#forgetGradients()
      await this.#addGradients(batch, 1)
      for (const [name, sum] of total) {
        const part = floats(this.#sums[`grad/${name}`])
        for (let i = 0; i < sum.length; i += 1) sum[i]! += part[i]!
      }
    }
    return total
  }

  /** Of each row: its summed loss, and the dot products of its gradient with the directions given (ml/lora/gradient-products.ts). */
  async gradientProducts(batch: PackedBatch, directions: readonly Values[]): Promise<{ losses: Float32Array; products: Float32Array }> {
    const { config, method, runtime, longest } = this.#options
    if (method.kind !== 'lora') throw new Error('products are taken of an adapter’s gradients')
    const K = directions.length
    const shape = shapeOfPasses(batch.rows, longest)
    const session = await this.#session(`products of ${batch.rows} with ${K}`, () =>
      gradientProductsGraph(config, method, shape, K, this.#options.halves),
    )
    const feeds = { ...this.#feeds(batch), probe: new runtime.Tensor('float32', new Float32Array(batch.rows * K), [batch.rows, K]) }
    Object.assign(feeds, this.#queries(directions))
    const { losses, products } = (await session.run(feeds)) as { losses: Tensor; products: Tensor }
    return { losses: losses.data as Float32Array, products: products.data as Float32Array }
  }

  /** The live arrays: copy or write them before the next step. */
  state(): TrainingState {
    const part = (prefix: string): Values => new Map(this.#specs.map((spec) => [spec.name, floats(this.#state[prefix + spec.name])]))
    return { trainables: part(''), m: part('m/'), v: part('v/') }
  }

  async close(): Promise<void> {
    for (const session of this.#sessions.values()) await (await session).release()
    this.#sessions.clear()
  }

  #forgetGradients(): void {
    if (this.#options.accumulates) for (const tensor of Object.values(this.#sums)) floats(tensor).fill(0)
  }

  async #addGradients(batch: PackedBatch, pairScale: number): Promise<number> {
    const { config, method, recipe, longest, halves, accumulates } = this.#options
    const shape = shapeOfPasses(batch.rows, longest)
    const objective = batch.kind === 'prefer' ? { kind: batch.kind, beta: recipe.preferenceBeta } : { kind: batch.kind }
    const { recompute } = recipe
    const session = await this.#session(`gradients, ${batch.kind}`, () =>
      gradientGraph(config, method, shape, { objective, accumulate: accumulates, recompute, ...(halves ? { halves } : {}) }),
    )
    const feeds = this.#feeds(batch)
    if (batch.kind === 'prefer') {
      const { Tensor } = this.#options.runtime
      feeds['reference'] = new Tensor('float32', await this.rowLosses(batch, 'off'), [batch.rows])
      const pairs = batch.pairs.map((weight) => weight * pairScale)
      feeds['pair_weights'] = new Tensor('float32', pairs, [pairs.length])
    }
    if (accumulates) for (const { name } of this.#specs) feeds[`sum/${name}`] = this.#sums[`grad/${name}`]!
    const results = await this.#run(session, feeds, { ...this.#sums, loss: this.#scalar(0) })
    const { loss, ...sums } = results as Tensors & { loss: Tensor }
    this.#sums = sums
    return Number(loss.data[0])
  }

  /** One step of AdamW, written over the state. */
  #update(at: AdamWStep): void {
    const of = (key: string): Float32Array => floats(this.#state[key])
    const tensors = this.#specs.map(({ name, dims }) => ({
      weights: of(name),
      gradient: floats(this.#sums[`grad/${name}`]),
      m: of(`m/${name}`),
      v: of(`v/${name}`),
      decays: dims.length > 1,
    }))
    adamw(tensors, this.#options.recipe, at)
  }

  #feeds(batch: PackedBatch): Tensors {
    const { runtime, frozen } = this.#options
    const { Tensor } = runtime
    const dims = [batch.rows, batch.length]
    const feeds: Tensors = {
      ...frozen,
      tokens: new Tensor('int64', batch.tokens, dims),
      targets: new Tensor('int64', batch.targets, dims),
      weights: new Tensor('float32', batch.weights, dims),
      positions: new Tensor(
        'float32',
        Float32Array.from({ length: batch.length }, (_, position) => position),
        [batch.length],
      ),
    }
    for (const { name } of this.#specs) feeds[name] = this.#state[name]!
    return feeds
  }

  /** Directions as the graph of products takes them: A's below each other, B's side by side. Made once for the same directions. */
  #queries(directions: readonly Values[]): Tensors {
    if (this.#lastQueries?.directions === directions) return this.#lastQueries.tensors
    const { Tensor } = this.#options.runtime
    const K = directions.length
    const tensors: Tensors = {}
    for (const { name, dims } of this.#specs) {
      const [rows, columns] = dims as readonly [number, number]
      const all = new Float32Array(K * rows * columns)
      const below = name.includes('.lora_A.')
      for (const [k, direction] of directions.entries()) {
        const values = direction.get(name)!
        if (below) all.set(values, k * values.length)
        else for (let row = 0; row < rows; row += 1) all.set(values.subarray(row * columns, (row + 1) * columns), (row * K + k) * columns)
      }
      tensors[`query/${name}`] = new Tensor('float32', all, below ? [K * rows, columns] : [rows, K * columns])
    }
    this.#lastQueries = { directions, tensors }
    return tensors
  }

  #withoutAdapter(): Tensors {
    this.#noAdapter ??= Object.fromEntries(
      this.#specs.filter(({ name }) => name.includes('.lora_B.')).map((spec) => [spec.name, floatTensor(this.#options.runtime, spec)]),
    )
    return this.#noAdapter
  }

  async #run(session: InferenceSession, feeds: Tensors, into: Tensors): Promise<Tensors> {
    const wanted = new Set(session.inputNames)
    const needed = Object.fromEntries(Object.entries(feeds).filter(([name]) => wanted.has(name)))
    if (!this.#options.runtime.writesInPlace) return await session.run(needed)
    const copies = await session.run(needed, into)
    // Beside writing results where they are wanted, onnxruntime-node 1.30 returns copies of them. Given back at once, not when the collector comes by: they would
    // make a step of all weights take twice their memory more.
    for (const [name, copy] of Object.entries(copies)) {
      const { buffer } = copy.data as Float32Array<ArrayBuffer>
      if (buffer !== floats(into[name]).buffer) buffer.transfer(0)
    }
    return into
  }

  #session(name: string, graph: () => RunnableGraph): Promise<InferenceSession> {
    const session = this.#sessions.get(name) ?? this.#options.runtime.open(graph())
    this.#sessions.set(name, session)
    return session
  }

  #tensors(prefix: string, values?: Values): Tensors {
    return Object.fromEntries(
      this.#specs.map((spec) => [prefix + spec.name, floatTensor(this.#options.runtime, spec, values?.get(spec.name))]),
    )
  }

  #scalar(value: number): Tensor {
    return new this.#options.runtime.Tensor('float32', Float32Array.of(value), [])
  }
}

const floats = (tensor: Tensor | undefined): Float32Array => tensor!.data as Float32Array

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
