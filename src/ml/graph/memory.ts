/** How much memory a graph needs while it runs, before it runs. */
import { fileOrder, lowered } from './emit.ts'
import { needed, type Dim, type Node, type Value } from './graph.ts'

const bytesOf = { float32: 4, float16: 2, int64: 8, bool: 1 } as const

/** Operations whose result is their input under another shape. */
const views = new Set(['Reshape', 'Unsqueeze', 'Again'])

/**
 * The most bytes alive at once: inputs and outputs throughout, everything else from the operation that makes it to the last
 * that reads it, operations in the order in which the runtime runs them. Its allocator's rounding comes on top.
 * @param sizes the largest value of each named dimension
 */
export function peakBytes(outputs: ReadonlyMap<string, Value>, sizes: Readonly<Record<string, number>>): number {
  const wanted = lowered(outputs)
  const nodes = runOrder(needed([...wanted.values()]))
  const storage = new Map<Value, Value>()
  const stored = (value: Value): Value => storage.get(value) ?? value
  const size = (value: Value): number =>
    value.dims.reduce((product: number, dim: Dim) => product * sizeOf(dim, sizes), 1) * bytesOf[value.dtype]

  const lastRead = new Map<Value, number>()
  nodes.forEach((node, step) => {
    const [input] = node.inputs
    const [made] = node.outputs
    if (views.has(node.op) && input && made) storage.set(made, stored(input))
    for (const value of node.inputs) lastRead.set(stored(value), step)
  })
  const kept = new Set([...wanted.values()].map(stored))
  for (const node of nodes) {
    if (node.op === 'Input' || node.op === 'Constant') for (const value of node.outputs) kept.add(value)
  }
  let alive = [...kept].reduce((sum, value) => sum + size(value), 0)
  let peak = alive
  const ending = Map.groupBy(
    [...lastRead].filter(([value]) => !kept.has(value)),
    ([, step]) => step,
  )
  nodes.forEach((node, step) => {
    for (const value of node.outputs) if (stored(value) === value && !kept.has(value) && lastRead.has(value)) alive += size(value)
    peak = Math.max(peak, alive)
    for (const [value] of ending.get(step) ?? []) alive -= size(value)
  })
  return peak
}

/**
 * ONNX Runtime's order: depth-first from what nobody reads, the last in the file first, and of a node's inputs the one that stands last first.
 * Source: Graph::ReverseDFSFrom in onnxruntime/core/graph/graph.cc.
 */
function runOrder(nodes: readonly Node[]): Node[] {
  const inFile = fileOrder(nodes)
  const place = new Map(inFile.map((node, index) => [node, index]))
  const read = new Set(nodes.flatMap((node) => node.inputs.map((input) => input.node)))
  const order: Node[] = []
  const seen = new Set<Node>()
  const waiting: { readonly node: Node; readonly ready: boolean }[] = inFile
    .filter((node) => !read.has(node))
    .map((node) => ({ node, ready: false }))
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { node, ready } = next
    if (ready) order.push(node)
    if (ready || seen.has(node)) continue
    seen.add(node)
    waiting.push({ node, ready: true })
    const inputs = [...new Set(node.inputs.map((input) => input.node))].filter((input) => !seen.has(input))
    for (const input of inputs.sort((a, b) => place.get(a)! - place.get(b)!)) waiting.push({ node: input, ready: false })
  }
  return order
}

/** Of a named size, also of its multiples (`4·T`) and parts (`T/2`). */
function sizeOf(dim: Dim, sizes: Readonly<Record<string, number>>): number {
  if (typeof dim === 'number') return dim
  const [, multiple, name, parts] = /^(?:(\d+)·)?([^·/]+)(?:\/(\d+))?$/.exec(dim) ?? []
  const size = sizes[name ?? dim]
  if (size === undefined) throw new Error(`the size ${dim} is not known`)
  return (Number(multiple ?? 1) * size) / Number(parts ?? 1)
}
