/**
 * A computation as a graph of operations on tensors: what is trained is written down here, and run elsewhere.
 *
 * Notation. A name's suffix carries its axes: `q_BTD` has axes batch, time, features.
 *
 *     B batch   T time   N = B·T tokens   L tokens with a loss   V vocabulary   H hidden   F feed-forward (intermediate)
 *     K key/value heads   G query heads per key/value head   D head size   R rank   d… the loss's derivative by …
 */
import { opTable, type OpName } from './op-table.ts'

export type Dtype = 'float32' | 'float16' | 'int8' | 'int64' | 'bool'

/** A count of elements, or the name of a size that only a run knows. */
export type Dim = number | string

export const sameDims = (a: readonly Dim[], b: readonly Dim[]): boolean => a.length === b.length && a.every((dim, axis) => dim === b[axis])

/** A size n times as large; of a named one, a name that says so, e.g. `4·T`. */
export function times(dim: Dim, n: number): Dim {
  return typeof dim === 'number' ? n * dim : n === 1 ? dim : `${n}·${dim}`
}

/** One of n equal parts of a size; of a named one, a name that says so, e.g. `T/2`. A run's size must be a multiple of n. */
export function part(dim: Dim, n: number): Dim {
  if (typeof dim === 'number') return dim / n
  return dim.startsWith(`${n}·`) ? dim.slice(`${n}·`.length) : n === 1 ? dim : `${dim}/${n}`
}

/** What `part` took apart, put together again: n sizes that are equal. */
export function joined(dim: Dim, n: number): Dim {
  return typeof dim === 'string' && dim.endsWith(`/${n}`) ? dim.slice(0, -`/${n}`.length) : times(dim, n)
}

/** Numbers, names and lists an operation takes besides its tensors. */
export type Attributes = Readonly<Record<string, number | string | readonly Dim[]>>

export interface Spec {
  readonly dtype: Dtype
  readonly dims: readonly Dim[]
}

/** A tensor in a graph: where it comes from and its shape. Its numbers exist only while the graph runs. */
export interface Value extends Spec {
  readonly graph: Graph
  readonly node: Node
  /** Which of the node's outputs it is. */
  readonly index: number
  /** For people: what it is and its axes, e.g. `layers.0/q_BTD`. Empty where nobody cared. */
  label: string
}

/**
 * The forward pass computes the loss and the backward pass its gradients, each from the derivative of what comes after; `again` is what the backward pass makes
 * of results of the forward pass alone.
 */
export type Phase = 'forward' | 'again' | 'backward'
const phases: readonly Phase[] = ['forward', 'again', 'backward']

export interface Node {
  readonly id: number
  readonly op: OpName
  readonly inputs: readonly Value[]
  readonly attributes: Attributes
  readonly outputs: readonly Value[]
  readonly phase: Phase
  /** The bytes of a constant, little-endian. */
  readonly data: Uint8Array | null
}

/** Constants up to this size are compared, so that equal ones are stored once. */
const comparedConstantBytes = 4096

/**
 * Operations in the order they were asked for. The same operation on the same values is stored once, so a gradient that names
 * an intermediate result of the forward pass gets that result.
 */
export class Graph {
  readonly nodes: Node[] = []
  readonly #known = new Map<string, Node>()
  #differentiating = false

  input(name: string, dtype: Dtype, dims: readonly Dim[]): Value {
    return this.#add('Input', [], { name, dtype, dims })
  }

  constant(dtype: Dtype, dims: readonly number[], data: Uint8Array): Value {
    const key = data.byteLength <= comparedConstantBytes ? `${dtype}[${dims.join()}]${data.join()}` : null
    return this.#add('Constant', [], { dtype, dims }, { data, key })
  }

  /** The derivative of the loss by itself: the backward pass is what follows from it. */
  one(): Value {
    return this.#add('Constant', [], { dtype: 'float32', dims: [] }, { data: new Uint8Array(Float32Array.of(1).buffer), phase: 'backward' })
  }

  /** Asks for operations of the backward pass. */
  differentiate<T>(ask: () => T): T {
    this.#differentiating = true
    try {
      return ask()
    } finally {
      this.#differentiating = false
    }
  }

  floats(values: readonly number[] | Float32Array, dims: readonly number[] = [values.length]): Value {
    return this.constant('float32', dims, new Uint8Array(Float32Array.from(values).buffer))
  }

  scalar(value: number): Value {
    return this.floats([value], [])
  }

  integers(values: readonly number[], dims: readonly number[] = [values.length]): Value {
    return this.constant('int64', dims, new Uint8Array(BigInt64Array.from(values, BigInt).buffer))
  }

  /** Applies an operation; its only or first output. */
  apply(op: OpName, inputs: readonly Value[], attributes: Attributes = {}): Value {
    const key = `${op}|${inputs.map((input) => `${input.node.id}.${input.index}`).join()}|${JSON.stringify(attributes)}`
    const follows = inputs.some((input) => input.node.phase === 'backward')
    return this.#add(op, inputs, attributes, { key, phase: follows ? 'backward' : this.#differentiating ? 'again' : 'forward' })
  }

  #add(
    op: OpName,
    inputs: readonly Value[],
    attributes: Attributes,
    { data = null, key = null, phase = 'forward' }: { data?: Uint8Array | null; key?: string | null; phase?: Phase } = {},
  ): Value {
    const known = key === null ? undefined : this.#known.get(key)
    if (known) return output(known, 0)
    const outputs: Value[] = []
    const node: Node = { id: this.nodes.length, op, inputs, attributes, outputs, phase, data }
    opTable[op].shape(inputs, attributes).forEach((spec, index) => {
      outputs.push({ ...spec, graph: this, node, index, label: '' })
    })
    this.nodes.push(node)
    if (key !== null) this.#known.set(key, node)
    return output(node, 0)
  }
}

/** One output of a node. */
export function output(node: Node, index: number): Value {
  const value = node.outputs[index]
  if (!value) throw new Error(`${node.op} has no output ${index}`)
  return value
}

/** Names a value for people and returns it. */
export function labelled(label: string, value: Value): Value {
  if (value.label === '') value.label = label
  return value
}

/**
 * The nodes that these values need, in order: what is made again stands between the forward and the backward pass, so that the runtime makes it only when it has
 * the derivative that needs it (`runOrder` in memory.ts).
 */
export function needed(values: readonly Value[]): Node[] {
  const seen = new Set<Node>()
  const waiting = values.map((value) => value.node)
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (seen.has(node)) continue
    seen.add(node)
    waiting.push(...node.inputs.map((input) => input.node))
  }
  return [...seen].sort((a, b) => phases.indexOf(a.phase) - phases.indexOf(b.phase) || a.id - b.id)
}
