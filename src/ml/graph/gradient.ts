/** Reverse-mode differentiation: walks a graph backwards and asks each operation's entry for its gradient. */
import { opTable } from './op-table.ts'
import { add, again, gemm, scatterAdd } from './ops.ts'
import { output, type Node, type Value } from './graph.ts'

export interface GradientsOptions {
  /** Sums that derivatives are added to, e.g. those of the micro-batches before. */
  readonly startingAt?: ReadonlyMap<Value, Value>
  /** Makes again what lies inside of larger operations, rather than keep it. */
  readonly recompute?: boolean
}

/** The derivative of a scalar by each of some values. Nodes that do not lie between them and the scalar are never visited. */
export function gradients(loss: Value, by: readonly Value[], options: GradientsOptions = {}): Value[] {
  const { graph } = loss
  const nodes = [...graph.nodes]
  const moving = new Set<Value>(by)
  const between = new Set<Node>()
  for (const node of nodes) {
    if (!node.inputs.some((input) => moving.has(input))) continue
    between.add(node)
    // Whole numbers (shapes, indices) do not move by small steps.
    for (const value of node.outputs) if (value.dtype === 'float32') moving.add(value)
  }

  const totals = new Map<Value, Value>(options.startingAt)
  totals.set(loss, graph.one())
  graph.differentiate(() => {
    for (const node of nodes.reverse()) {
      if (!between.has(node)) continue
      const dOutputs = node.outputs.map((value) => totals.get(value) ?? null)
      if (dOutputs.every((value) => value === null)) continue
      const rule = opTable[node.op].gradient
      if (!rule) throw new Error(`nothing flows back through ${node.op}`)
      const dInputs = rule(recalledNode(node, options.recompute ?? false), dOutputs)
      node.inputs.forEach((input, index) => {
        const part = dInputs[index]
        if (part && moving.has(input)) totals.set(input, plus(totals.get(input), part))
      })
    }
  })

  return by.map((value) => {
    const total = totals.get(value)
    if (!total) throw new Error(`the loss does not depend on ${value.label || value.node.op}`)
    return total
  })
}

/** The node as the backward pass sees it. */
function recalledNode(node: Node, recompute: boolean): Node {
  const way = opTable[node.op].again
  if (way === 'result') return recalled(output(node, 0)).node
  const inputs = node.inputs.map(recalled)
  return { ...node, inputs: way === 'inside' && recompute ? startingAgain(inputs) : inputs, outputs: node.outputs.map(recalled) }
}

/** A value of the forward pass, asked for again in the backward pass: the same, or one that is made again. */
function recalled(value: Value): Value {
  const { graph, node, index } = value
  if (opTable[node.op].again !== 'result') return value
  return output(graph.apply(node.op, startingAgain(node.inputs.map(recalled)), node.attributes).node, index)
}

/** Inputs under other names, so that what is made of them is not what was made before, neither to us nor to the runtime. Of weights the first alone will do. */
function startingAgain(inputs: readonly Value[]): Value[] {
  return inputs.map((input, index) => (index > 0 && input.node.op === 'Input' ? input : again(input)))
}

/** A sum; what can add onto something by itself (a matrix product, a scatter) does, which saves a pass over memory. */
function plus(total: Value | undefined, part: Value): Value {
  if (!total) return part
  const { op, inputs, attributes } = part.node
  const [a, b, c] = inputs
  if (op === 'Gemm' && a && b && !c) {
    return gemm(a, b, {
      transA: attributes['transA'] === 1,
      transB: attributes['transB'] === 1,
      alpha: Number(attributes['alpha'] ?? 1),
      plus: total,
    })
  }
  const fromZeros = a?.node.op === 'Zeros' || a?.node.op === 'ZerosOf'
  if (op === 'AddRows' && fromZeros && b && c) {
    return total.graph.apply(op, [total, b, c], attributes)
  }
  if (op === 'ScatterElements' && fromZeros && b && c) {
    return scatterAdd(total, b, c, Number(attributes['axis']))
  }
  return add(total, part)
}
