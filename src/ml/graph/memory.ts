/** How much memory a graph needs while it runs, before it runs. */
import { fileOrder, lowered } from './emit.ts'
import { needed, type Dim, type Node, type Value } from './graph.ts'

const bytesOf = { float32: 4, float16: 2, int8: 1, int64: 8, bool: 1 } as const

/** Operations whose result is their input under another shape. */
const views = new Set(['Reshape', 'Unsqueeze', 'Again'])

/** Operations that the runtime lets write over an input of the same dims, if nothing reads it later. */
const inPlace = new Set('Add Sub Mul Div Neg Sqrt Exp Log Softplus Sigmoid Tanh ScatterElements AddRows'.split(' '))

/** Memory that one value after another takes: from the first's making to the last's last reading, what lies between included. */
interface Place {
  readonly first: Value
  /** Steps of the run. */
  readonly from: number
  to: number
  readsLeft: number
}

/**
 * The most bytes alive at once: inputs and outputs throughout, everything else as ONNX Runtime plans it without an arena: operations in its order; a result
 * written over an input that nothing else reads, or into the memory of an earlier result of the same dims, which is then held in between too. Its allocator's
 * rounding comes on top. Source: PlannerImpl in onnxruntime/core/framework/allocation_planner.cc.
 * @param sizes the largest value of each named dimension
 */
export function peakBytes(outputs: ReadonlyMap<string, Value>, sizes: Readonly<Record<string, number>>): number {
  const wanted = lowered(outputs)
  const nodes = runOrder(needed([...wanted.values()]))
  const size = (value: Value): number =>
    value.dims.reduce((product: number, dim: Dim) => product * sizeOf(dim, sizes), 1) * bytesOf[value.dtype]
  const stays = new Set(wanted.values())
  for (const node of nodes) if (node.op === 'Input' || node.op === 'Constant') for (const value of node.outputs) stays.add(value)

  const changes = new Float64Array(nodes.length + 1)
  for (const { first, from, to } of placesOf(nodes, stays)) {
    changes[from]! += size(first)
    changes[to + 1]! -= size(first)
  }
  const standing = [...stays].reduce((sum, value) => sum + size(value), 0)
  let alive = standing
  return changes.reduce((peak, change) => Math.max(peak, (alive += change)), standing)
}

/** The places of what lies between some values that stay, of nodes in the order in which they run. */
function placesOf(nodes: readonly Node[], stays: ReadonlySet<Value>): Place[] {
  const reads = new Map<Value, number>()
  for (const value of nodes.flatMap((node) => node.inputs)) reads.set(value, (reads.get(value) ?? 0) + 1)
  const places: Place[] = []
  const placeOf = new Map<Value, Place>()
  const free = new Map<string, Place[]>()
  const kindOf = ({ dtype, dims }: Value): string => `${dtype}[${dims.join()}]`
  const isView = ({ node }: Value): boolean => views.has(node.op)
  const isStanding = (value: Value): boolean => stays.has(value) || (isView(value) && isStanding(value.node.inputs[0]!))

  const choose = (value: Value, step: number): Place => {
    const { inputs, op } = value.node
    const isLast = (input: Value): boolean => kindOf(input) === kindOf(value) && placeOf.get(input)?.readsLeft === 1
    const over = isView(value) ? inputs[0] : inPlace.has(op) ? inputs.find(isLast) : undefined
    const found = over ? placeOf.get(over) : free.get(kindOf(value))?.pop()
    if (found) return found
    const place = { first: value, from: step, to: step, readsLeft: 0 }
    places.push(place)
    return place
  }
  for (const [step, { inputs, outputs }] of nodes.entries()) {
    for (const value of outputs) {
      if (isStanding(value)) continue
      const place = choose(value, step)
      placeOf.set(value, place)
      place.readsLeft += reads.get(value) ?? 0
    }
    const touched = new Set([...inputs, ...outputs].flatMap((value) => placeOf.get(value) ?? []))
    for (const input of inputs) if (placeOf.has(input)) placeOf.get(input)!.readsLeft -= 1
    for (const place of touched) {
      place.to = step
      if (place.readsLeft > 0) continue
      const kind = kindOf(place.first)
      free.set(kind, [...(free.get(kind) ?? []), place])
    }
  }
  return places
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
