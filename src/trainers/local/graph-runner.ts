/**
 * Runs the graphs of training over weights that lie still: ONNX Runtime sessions for gradients, losses and gradient products, each opened on first use and serving
 * every length. It changes nothing but the gradient sums.
 */

import type { HfConfig } from '../../formats/hf-config.ts'
import { gradientProductsGraph } from '../../ml/lora/gradient-products.ts'
import {
  gradientGraph,
  lossGraph,
  trainableTensors,
  type Held,
  type Method,
  type RunnableGraph,
  type TensorSpec,
} from '../../ml/lora/training-graph.ts'
import type { Recipe } from '../trainer.ts'
import type { PackedBatch } from './pack-batch.ts'
import { shapeOfPasses } from './passes.ts'
import { floatTensor, sizeOf, type InferenceSession, type Runtime, type Tensor, type Tensors, type Values } from './runtime.ts'
import { threadsFor } from './threads.ts'

/** A step's gradients are summed in two lanes, which can run side by side, and then together: the same sum however they ran. */
export type Lane = 0 | 1

export interface RunnerOptions {
  readonly config: HfConfig
  readonly method: Method
  readonly recipe: Pick<Recipe, 'preferenceBeta' | 'recompute'>
  /** The base's parameters, where they are not trained. */
  readonly frozen: Tensors
  /** Which of them are held in 16 bits. */
  readonly held?: Held | undefined
  readonly trainables: Tensors
  /** Gradient sums of each lane, by the gradient graph's output names. Where a runtime does not write in place, a run puts others in their stead. */
  readonly sums: [Tensors, Tensors]
  /** Positions of the longest batch. */
  readonly longest: number
  /** A step may have several micro-batches. */
  readonly bothLanes: boolean
  /** A lane may add up several of them. */
  readonly accumulates: boolean
}

/** What a lane adds to its sums. */
export interface Added {
  /** Σ over the batches of their summed losses, nats. */
  readonly loss: number
  /** A session was opened for it. */
  readonly openedSession: boolean
}

export interface Gradients {
  readonly batches: readonly PackedBatch[]
  /** What a pair counts beside a token. */
  readonly pairScale: number
  readonly lane: Lane
  /** Adds to what the lane holds already, and does not begin at zero. */
  readonly further?: boolean
  /** Threads inside an operator; of few positions fewer are used (threads.ts). */
  readonly threads: number
}

export interface Losses {
  readonly threads: number
  readonly adapter?: 'on' | 'off'
  /** Weights to use in place of the trainables. */
  readonly instead?: Tensors
}

export class GraphRunner {
  readonly #runtime: Runtime
  readonly #options: RunnerOptions
  readonly #specs: readonly TensorSpec[]
  readonly #sessions = new Map<string, Promise<InferenceSession>>()
  /** What switches the adapter off. */
  #noAdapter: Tensors | undefined
  #lastQueries: { readonly directions: readonly Values[]; readonly tensors: Tensors } | undefined

  constructor(runtime: Runtime, options: RunnerOptions) {
    this.#runtime = runtime
    this.#options = options
    this.#specs = trainableTensors(options.config, options.method)
  }

  /** Adds the batches' gradients to a lane's sums. */
  async addGradients(gradients: Gradients): Promise<Added> {
    const { batches, lane, further } = gradients
    if (batches.length === 0) return { loss: 0, openedSession: false }
    const { accumulates, sums } = this.#options
    const before = this.#sessions.size
    if (!further && accumulates) for (const tensor of Object.values(sums[lane])) floats(tensor).fill(0)
    let loss = 0
    for (const batch of batches) loss += await this.#addGradient(batch, gradients)
    return { loss, openedSession: this.#sessions.size > before }
  }

  /** Σ −log p of what each row learns. */
  async rowLosses(batch: PackedBatch, { threads, adapter = 'on', instead }: Losses): Promise<Float32Array> {
    const { config, method, longest, held } = this.#options
    const shape = shapeOfPasses(batch.rows, longest)
    const session = await this.#session(`losses of ${batch.rows}`, batch, threads, () => lossGraph(config, method, shape, held))
    const feeds = { ...this.#feeds(batch), ...instead, ...(adapter === 'off' ? this.#withoutAdapter() : {}) }
    const losses = new this.#runtime.Tensor('float32', new Float32Array(batch.rows), [batch.rows])
    return (await this.#run(session, feeds, { losses }))['losses']!.data as Float32Array
  }

  /** Of each row: its summed loss, and the dot products of its gradient with the directions given (ml/lora/gradient-products.ts). */
  async gradientProducts(
    batch: PackedBatch,
    directions: readonly Values[],
    threads: number,
  ): Promise<{ losses: Float32Array; products: Float32Array }> {
    const { config, method, longest, held } = this.#options
    if (method.kind !== 'lora') throw new Error('products are taken of an adapter’s gradients')
    const K = directions.length
    const shape = shapeOfPasses(batch.rows, longest)
    const session = await this.#session(`products of ${batch.rows} with ${K}`, batch, threads, () =>
      gradientProductsGraph(config, method, shape, K, held),
    )
    const feeds = { ...this.#feeds(batch), probe: new this.#runtime.Tensor('float32', new Float32Array(batch.rows * K), [batch.rows, K]) }
    Object.assign(feeds, this.#queries(directions))
    const { losses, products } = (await session.run(feeds)) as { losses: Tensor; products: Tensor }
    return { losses: losses.data as Float32Array, products: products.data as Float32Array }
  }

  async close(): Promise<void> {
    for (const session of this.#sessions.values()) await (await session).release()
    this.#sessions.clear()
  }

  async #addGradient(batch: PackedBatch, { pairScale, lane, threads }: Gradients): Promise<number> {
    const { config, method, recipe, longest, held, accumulates, sums } = this.#options
    const { recompute, preferenceBeta: beta } = recipe
    const shape = shapeOfPasses(batch.rows, longest)
    const objective = batch.kind === 'prefer' ? { kind: batch.kind, beta } : { kind: batch.kind }
    const session = await this.#session(`gradients, ${batch.kind}`, batch, threads, () =>
      gradientGraph(config, method, shape, { objective, accumulate: accumulates, recompute, ...(held ? { held } : {}) }),
    )
    const feeds = this.#feeds(batch)
    if (batch.kind === 'prefer') {
      const { Tensor } = this.#runtime
      feeds['reference'] = new Tensor('float32', await this.rowLosses(batch, { threads, adapter: 'off' }), [batch.rows])
      const pairs = batch.pairs.map((weight) => weight * pairScale)
      feeds['pair_weights'] = new Tensor('float32', pairs, [pairs.length])
    }
    if (accumulates) for (const { name } of this.#specs) feeds[`sum/${name}`] = sums[lane][`grad/${name}`]!
    const results = await this.#run(session, feeds, { ...sums[lane], loss: this.#scalar(0) })
    const { loss, ...added } = results as Tensors & { loss: Tensor }
    sums[lane] = added
    return Number(loss.data[0])
  }

  #feeds(batch: PackedBatch): Tensors {
    const { frozen, trainables } = this.#options
    const { Tensor } = this.#runtime
    const dims = [batch.rows, batch.length]
    return {
      ...frozen,
      ...trainables,
      tokens: new Tensor('int64', batch.tokens, dims),
      targets: new Tensor('int64', batch.targets, dims),
      weights: new Tensor('float32', batch.weights, dims),
      positions: new Tensor(
        'float32',
        Float32Array.from({ length: batch.length }, (_, position) => position),
        [batch.length],
      ),
    }
  }

  /** Directions as the graph of products takes them: A's below each other, B's side by side. Made once for the same directions. */
  #queries(directions: readonly Values[]): Tensors {
    if (this.#lastQueries?.directions === directions) return this.#lastQueries.tensors
    const { Tensor } = this.#runtime
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
      this.#specs
        .filter(({ name }) => name.includes('.lora_B.'))
        .map((spec) => [spec.name, floatTensor(this.#runtime, spec, this.#runtime.floats(sizeOf(spec)))]),
    )
    return this.#noAdapter
  }

  async #run(session: InferenceSession, feeds: Tensors, into: Tensors): Promise<Tensors> {
    const wanted = new Set(session.inputNames)
    const needed = Object.fromEntries(Object.entries(feeds).filter(([name]) => wanted.has(name)))
    if (!this.#runtime.writesInPlace) return await session.run(needed)
    const copies = await session.run(needed, into)
    // Beside writing results where they are wanted, onnxruntime-node 1.30 returns copies of them. Given back at once, not when the collector comes by: they would
    // make a step of all weights take twice their memory more.
    for (const [name, copy] of Object.entries(copies)) {
      const { buffer } = copy.data as Float32Array<ArrayBuffer>
      if (buffer !== floats(into[name]).buffer) buffer.transfer(0)
    }
    return into
  }

  /** The session of this name and as many threads as the batch is worth. */
  #session(name: string, batch: PackedBatch, threads: number, graph: () => RunnableGraph): Promise<InferenceSession> {
    const within = threadsFor(this.#options.config, batch, threads)
    const key = `${name}, ${within} threads`
    const session = this.#sessions.get(key) ?? this.#runtime.open(graph(), within)
    this.#sessions.set(key, session)
    return session
  }

  #scalar(value: number): Tensor {
    return new this.#runtime.Tensor('float32', Float32Array.of(value), [])
  }
}

const floats = (tensor: Tensor | undefined): Float32Array => tensor!.data as Float32Array
