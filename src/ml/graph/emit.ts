/** Turns a graph into the ONNX model that computes some of its values. */
import { writeOnnx, type OnnxAttribute, type OnnxInitializer, type OnnxNode } from '../../formats/onnx.ts'
import { Graph, needed, type Attributes, type Dim, type Dtype, type Node, type Value } from './graph.ts'
import { opTable, type OpName } from './op-table.ts'

export interface TensorSpec {
  readonly name: string
  readonly dtype: 'float32' | 'float16' | 'int8' | 'int64'
  readonly dims: readonly number[]
}

/** A tensor that enters or leaves a model; a named dim is a size that each run brings. */
export interface PortSpec {
  readonly name: string
  readonly dtype: TensorSpec['dtype']
  readonly dims: readonly Dim[]
}

/** A model ready to run, and what goes in and comes out. Inputs that nothing needs are absent. */
export interface RunnableGraph {
  readonly onnx: Uint8Array
  readonly inputs: readonly PortSpec[]
  readonly outputs: readonly PortSpec[]
  /** The same graph with these operations in simpler ones. */
  takenApart(ops: readonly OpName[]): RunnableGraph
}

/** ONNX operator set 18: the first with ReduceMax's axes as an input; ScatterElements adds since 16. */
const standardOpset = 18
const floatAttributes = new Set(['alpha', 'beta', 'epsilon'])

/** The graph with operations that ONNX lacks replaced by simpler ones. */
export function lowered(outputs: ReadonlyMap<string, Value>, apart: readonly OpName[] = []): ReadonlyMap<string, Value> {
  const target = new Graph()
  const moved = new Map<Value, Value>()
  for (const node of needed([...outputs.values()])) {
    const inputs = node.inputs.map((input) => moved.get(input) as Value)
    const copy = () => copied(target, node, inputs, apart)
    const values = node.phase === 'forward' ? copy() : target.differentiate(copy)
    node.outputs.forEach((value, index) => {
      const made = values[index] as Value
      if (made.label === '') made.label = value.label
      moved.set(value, made)
    })
  }
  return new Map([...outputs].map(([name, value]) => [name, moved.get(value) as Value]))
}

function copied(target: Graph, node: Node, inputs: readonly Value[], apart: readonly OpName[]): readonly Value[] {
  if (node.op === 'Input') {
    const { name, dtype, dims } = node.attributes
    return [target.input(name as string, dtype as Dtype, dims as readonly Dim[])]
  }
  if (node.op === 'Constant') {
    const { dtype, dims } = node.attributes
    if (node.phase === 'backward') return [target.one()]
    return [target.constant(dtype as Dtype, dims as readonly number[], node.data as Uint8Array)]
  }
  const { lower = apart.includes(node.op) ? opTable[node.op].apart : undefined } = opTable[node.op]
  return lower ? lower(inputs, node.attributes) : target.apply(node.op, inputs, node.attributes).node.outputs
}

/**
 * The ONNX model of some named values.
 * @param apart operations to write in simpler ones
 */
export function emitted(name: string, outputs: ReadonlyMap<string, Value>, apart: readonly OpName[] = []): RunnableGraph {
  const wanted = lowered(outputs, apart)
  const order = fileOrder(needed([...wanted.values()]))
  const names = new Map<Value, string>()
  for (const [outputName, value] of wanted) {
    if (value.node.op !== 'Input' && !names.has(value)) names.set(value, outputName)
  }
  const inputs: PortSpec[] = []
  const initializers: OnnxInitializer[] = []
  const nodes: OnnxNode[] = []
  const integers = new Map<string, string>()
  const nameOf = (value: Value): string => {
    const known = names.get(value)
    if (known !== undefined) return known
    const fresh = `${value.label || value.node.op}#${value.node.id}${value.index ? `.${value.index}` : ''}`
    names.set(value, fresh)
    return fresh
  }
  const integerInput = (dims: readonly Dim[]): string => {
    const data = dims.map((dim) => (typeof dim === 'number' ? dim : -1))
    const key = `ints[${data.join(',')}]`
    if (!integers.has(key)) {
      integers.set(key, key)
      const bytes = new Uint8Array(BigInt64Array.from(data, BigInt).buffer)
      initializers.push({ name: key, dtype: 'int64', dims: [data.length], data: bytes })
    }
    return key
  }

  for (const node of order) {
    if (node.op === 'Input') {
      const value = node.outputs[0] as Value
      names.set(value, node.attributes['name'] as string)
      inputs.push(specOf(node.attributes['name'] as string, value))
    } else if (node.op === 'Constant') {
      const { dtype, dims } = node.attributes as { dtype: Dtype; dims: readonly number[] }
      initializers.push({ name: nameOf(node.outputs[0] as Value), dtype, dims, data: node.data as Uint8Array })
    } else {
      const form = opTable[node.op].onnx ?? {}
      const extra = form.asInput === undefined ? [] : [integerInput(node.attributes[form.asInput] as readonly Dim[])]
      const used = node.outputs.filter((value, index) => index === 0 || form.everyOutput || isUsed(value, order, wanted))
      nodes.push({
        type: form.type ?? node.op,
        domain: form.domain ?? '',
        inputs: [...node.inputs.map(nameOf), ...extra],
        outputs: used.map(nameOf),
        attributes: onnxAttributes({ ...node.attributes, ...form.fixed }, [...(form.omit ?? []), form.asInput]),
      })
    }
  }
  for (const [outputName, value] of wanted) {
    if (nameOf(value) !== outputName) {
      nodes.push({ type: 'Identity', domain: '', inputs: [nameOf(value)], outputs: [outputName], attributes: {} })
    }
  }
  const outputSpecs = [...wanted].map(([outputName, value]) => specOf(outputName, value))
  const onnx = writeOnnx({
    name,
    opsets: { '': standardOpset, 'com.microsoft': 1 },
    inputs,
    outputs: outputSpecs,
    initializers,
    nodes,
    values: valuesOfOpenSizes(order, names, new Set(wanted.keys())),
  })
  return { onnx, inputs, outputs: outputSpecs, takenApart: (ops) => emitted(name, outputs, ops) }
}

/**
 * The values between inputs and outputs whose sizes only a run knows. ONNX Runtime infers sizes but not that two of them are the same; where it knows, one
 * result takes the memory of another that is no longer needed.
 */
function valuesOfOpenSizes(order: readonly Node[], names: ReadonlyMap<Value, string>, outputs: ReadonlySet<string>): PortSpec[] {
  const open: PortSpec[] = []
  for (const node of order) {
    if (node.op === 'Input' || node.op === 'Constant') continue
    for (const value of node.outputs) {
      const name = names.get(value)
      if (name === undefined || outputs.has(name) || value.dtype === 'bool') continue
      if (value.dims.some((dim) => typeof dim === 'string')) open.push({ name, dtype: value.dtype, dims: value.dims })
    }
  }
  return open
}

function isUsed(value: Value, order: readonly Node[], wanted: ReadonlyMap<string, Value>): boolean {
  return order.some((node) => node.inputs.includes(value)) || [...wanted.values()].includes(value)
}

function specOf(name: string, { dtype, dims }: Value): PortSpec {
  if (dtype === 'bool') throw new Error(`${name} cannot enter or leave a graph as ${dtype}[${dims.join(',')}]`)
  return { name, dtype, dims }
}

function onnxAttributes(attributes: Attributes, omitted: readonly (string | undefined)[]): Record<string, OnnxAttribute> {
  const entries = Object.entries(attributes).filter(([name]) => !omitted.includes(name))
  return Object.fromEntries(
    entries.map(([name, value]): [string, OnnxAttribute] => {
      if (typeof value === 'string') return [name, { kind: 'string', value }]
      if (typeof value !== 'number') return [name, { kind: 'ints', value: value.map(Number) }]
      return [name, { kind: floatAttributes.has(name) ? 'float' : 'int', value }]
    }),
  )
}

/**
 * The same nodes, those whose results nobody reads moved to the end, the last first. ONNX Runtime runs a graph depth-first from such nodes,
 * beginning with the last: so it computes each gradient as soon as it can and lets go of what the gradient needed. In the other
 * order all weight gradients would wait for the whole backward pass. What the forward pass ends with comes after all gradients: a loss by itself would
 * first be computed for all logits.
 */
export function fileOrder(nodes: readonly Node[]): Node[] {
  const read = new Set(nodes.flatMap((node) => node.inputs.map((input) => input.node)))
  const leaves = nodes.filter((node) => !read.has(node))
  const isForward = (node: Node): boolean => node.phase === 'forward'
  return [
    ...nodes.filter((node) => read.has(node)),
    ...leaves.filter(isForward).reverse(),
    ...leaves.filter((node) => !isForward(node)).reverse(),
  ]
}
