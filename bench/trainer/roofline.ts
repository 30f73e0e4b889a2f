/**
 * How fast a training step could be if it consisted of its matrix products alone: each product of the step's graph by ONNX Runtime and by PyTorch, in alternation,
 * and the whole graph between them, since the speed of a shared machine changes within minutes.
 *
 *   node bench/trainer/roofline.ts --python /path/to/python --shape 135m --work 2x256
 *
 * A bar further away than `products alone` cannot be reached by anything that is done to the rest of the step.
 */

import { spawn } from 'node:child_process'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { emitted, lowered, type PortSpec } from '../../src/ml/graph/emit.ts'
import { Graph, needed, type Dim, type Node, type Value } from '../../src/ml/graph/graph.ts'
import { gemm, matMul } from '../../src/ml/graph/ops.ts'
import { gradientGraph, gradientValues } from '../../src/ml/lora/training-graph.ts'
import { keepMemory } from '../../src/trainers/local/local-trainer.ts'
import { nodeRuntime } from '../../src/trainers/local/onnx-runtime.ts'
import { floatTensor, type Tensor } from '../../src/trainers/local/runtime.ts'
import { shapeOf } from './shapes.ts'

const { values: options } = parseArgs({
  options: {
    python: { type: 'string' },
    shape: { type: 'string', default: '135m' },
    work: { type: 'string', default: '2x256' },
    rounds: { type: 'string', default: '5' },
  },
})
const threads = 2
/** Runs of a product in a round: the fastest of all rounds counts, since other programs only ever make it slower. */
const times = 5

/** op(A)·op(B), `batch` of them side by side. */
interface Product {
  readonly batch: number
  readonly m: number
  readonly k: number
  readonly n: number
  readonly transA: boolean
  readonly transB: boolean
  /** Times in the step. */
  count: number
}

const [batch, length] = options.work.split('x').map(Number) as [number, number]
const targetModules = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']
const method = { kind: 'lora', rank: 8, alpha: 16, targetModules } as const
const products = productsOf(gradientValues(shapeOf(options.shape), method, { batch, length }))
const runtime = nodeRuntime(threads)
const peer = options.python === undefined ? null : startPeer(options.python)
console.log(
  `${options.shape}, ${options.work}: matrix products of a step, ${threads} threads, the fastest of ${Number(options.rounds) * times}\n`,
)
const totals = { flops: 0, ours: 0, theirs: 0 }
const step = await openStep()
for (const product of products) {
  await step.run()
  const { ours, theirs } = await timed(product)
  const flops = 2 * product.batch * product.m * product.k * product.n
  totals.flops += product.count * flops
  totals.ours += product.count * ours
  totals.theirs += product.count * theirs
  const rate = (ms: number) => (flops / ms / 1e6).toFixed(0).padStart(5)
  const form = `${product.batch > 1 ? `${product.batch} × ` : ''}${product.m}×${product.k}${product.transA ? 'ᵀ' : ''} · ${product.k}×${product.n}${product.transB ? 'ᵀ' : ''}`
  console.log(
    `  ${String(product.count).padStart(4)} of ${form.padEnd(34)} ${rate(ours)} GFLOP/s${peer ? ` ${rate(theirs)} PyTorch` : ''}  ${(product.count * ours).toFixed(0).padStart(6)} ms`,
  )
}
const said = (who: string, ms: number) =>
  console.log(
    `${who} ${(totals.flops / ms / 1e6).toFixed(0)} GFLOP/s, ${ms.toFixed(0)} ms: at most ${((1000 * batch * length) / ms).toFixed(0)} tokens/s`,
  )
console.log()
said('ONNX Runtime', totals.ours)
const whole = step.fastest()
console.log(
  `The whole graph between them, the fastest of ${products.length}: ${whole.toFixed(0)} ms, ${((1000 * batch * length) / whole).toFixed(0)} tokens/s. Products alone would be ${(whole / totals.ours).toFixed(2)} times as fast.`,
)
if (peer) said('PyTorch     ', totals.theirs)
console.log(`${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}.`)
peer?.end()

/** The distinct products of a graph, the costliest first. */
function productsOf(outputs: ReadonlyMap<string, Value>): Product[] {
  const sizes = { L: batch * length, U: Math.min(batch * length, shapeOf(options.shape).vocabSize) }
  const found = new Map<string, Product>()
  for (const node of needed([...lowered(outputs).values()])) {
    if (node.op !== 'Gemm' && node.op !== 'FusedMatMul') continue
    const product = productOf(node, sizes)
    const key = JSON.stringify(product)
    const known = found.get(key)
    if (known) known.count += 1
    else found.set(key, { ...product, count: 1 })
  }
  const cost = ({ batch, m, k, n, count }: Product) => batch * m * k * n * count
  return [...found.values()].sort((a, b) => cost(b) - cost(a))
}

function productOf({ inputs, outputs, attributes }: Node, sizes: Readonly<Record<string, number>>): Omit<Product, 'count'> {
  const numbers = (dims: readonly Dim[]) => dims.map((dim) => (typeof dim === 'number' ? dim : sizes[dim]!))
  const [transA, transB] = [Boolean(attributes['transA']), Boolean(attributes['transB'])]
  const a = numbers(inputs[0]!.dims)
  const out = numbers(outputs[0]!.dims)
  return { batch: out.slice(0, -2).reduce((x, y) => x * y, 1), m: out.at(-2)!, k: a.at(transA ? -2 : -1)!, n: out.at(-1)!, transA, transB }
}

/** The gradients of one micro-batch, as the trainer asks for them. */
async function openStep() {
  const graph = gradientGraph(shapeOf(options.shape), method, { batch, length })
  const session = await runtime.open(graph, { recompute: false })
  const feeds = Object.fromEntries(graph.inputs.map((input) => [input.name, inputTensor(input)]))
  const into = Object.fromEntries(
    graph.outputs.map(({ name, dims }) => [name, floatTensor(runtime, { name, dtype: 'float32', dims: dims as number[] })]),
  )
  let best = Infinity
  return {
    run: async () => {
      const began = performance.now()
      await session.run(feeds, into)
      best = Math.min(best, performance.now() - began)
    },
    fastest: () => best,
  }
}

function inputTensor({ name, dtype, dims }: PortSpec): Tensor {
  const numbers = dims as number[]
  const size = numbers.reduce((x, y) => x * y, 1)
  if (dtype === 'int64')
    return new runtime.Tensor(
      'int64',
      BigInt64Array.from({ length: size }, (_, i) => BigInt((i * 7919) % 4000)),
      numbers,
    )
  const values = Float32Array.from({ length: size }, () => (name === 'weights' ? 1 : 0.1 * (Math.random() - 0.5)))
  return floatTensor(runtime, { name, dtype: 'float32', dims: numbers }, values)
}

/** The fastest run of each side, in ms. */
async function timed(product: Product): Promise<{ ours: number; theirs: number }> {
  const { batch, m, k, n, transA, transB } = product
  const graph = new Graph()
  const side = (name: string, dims: readonly [number, number], turned: boolean) =>
    graph.input(name, 'float32', [...(batch > 1 ? [batch] : []), ...(turned ? dims.toReversed() : dims)])
  const [a, b] = [side('a', [m, k], transA), side('b', [k, n], transB)]
  const y = batch > 1 ? matMul(a, b, { transA, transB }) : gemm(a, b, { transA, transB })
  const session = await runtime.open(emitted('product', new Map([['y', y]])), { recompute: false })
  const feeds = Object.fromEntries([a, b].map((value, i) => ['ab'[i]!, randomTensor('ab'[i]!, value)]))
  const into = { y: floatTensor(runtime, { name: 'y', dtype: 'float32', dims: y.dims as number[] }) }
  let [ours, theirs] = [Infinity, Infinity]
  for (let round = 0; round < Number(options.rounds); round += 1) {
    for (let i = 0; i < times; i += 1) {
      const began = performance.now()
      await session.run(feeds, into)
      ours = Math.min(ours, performance.now() - began)
    }
    if (peer) theirs = Math.min(theirs, await peer.ask({ batch, m, k, n, transA, transB, times }))
  }
  await session.release()
  return { ours, theirs }
}

function randomTensor(name: string, value: Value) {
  const dims = value.dims as number[]
  const size = dims.reduce((x, y) => x * y, 1)
  return floatTensor(
    runtime,
    { name, dtype: 'float32', dims },
    Float32Array.from({ length: size }, () => Math.random() - 0.5),
  )
}

function startPeer(python: string) {
  const child = spawn(python, [join(import.meta.dirname, 'products.py'), String(threads)], {
    env: { ...process.env, ...keepMemory },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    ask: async (question: object): Promise<number> => {
      child.stdin.write(`${JSON.stringify(question)}\n`)
      const { value, done } = await lines.next()
      if (done) throw new Error('PyTorch ended before it answered')
      return Number(value)
    },
    end: () => child.stdin.end(),
  }
}
