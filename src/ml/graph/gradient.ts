/** Reverse-mode differentiation: walks a graph backwards and asks each operation's entry for its gradient. */
import { opTable, add, gemm, scatterAdd } from './ops.ts'
import { output, type Node, type Value } from './graph.ts'

/**
 * The derivative of a scalar by each of some values. Nodes that do not lie between them and the scalar are never visited.
 * @param startingAt sums that derivatives are added to, e.g. those of the micro-batches before.
 */
export function gradients(loss: Value, by: readonly Value[], startingAt: ReadonlyMap<Value, Value> = new Map()): Value[] {
  const graph = loss.graph
  const nodes = [...graph.nodes]
  const moving = new Set<Value>(by)
  const between = new Set<Node>()
  for (const node of nodes) {
    if (!node.inputs.some((input) => moving.has(input))) continue
    between.add(node)
    // Whole numbers (shapes, indices) do not move by small steps.
    for (const value of node.outputs) if (value.dtype === 'float32') moving.add(value)
  }

  graph.phase = 'backward'
  const totals = new Map<Value, Value>(startingAt)
  totals.set(loss, graph.scalar(1))
  for (const node of nodes.reverse()) {
    if (!between.has(node)) continue
    const dOutputs = node.outputs.map((value) => totals.get(value) ?? null)
    if (dOutputs.every((value) => value === null)) continue
    const rule = opTable[node.op].gradient
    if (!rule) throw new Error(`nothing flows back through ${node.op}`)
    const dInputs = rule(recalledNode(node), dOutputs)
    node.inputs.forEach((input, index) => {
      const part = dInputs[index]
      if (part && moving.has(input)) totals.set(input, plus(totals.get(input), part))
    })
  }
  graph.phase = 'forward'

  return by.map((value) => {
    const total = totals.get(value)
    if (!total) throw new Error(`the loss does not depend on ${value.label || value.node.op}`)
    return total
  })
}

/** The node as the backward pass sees it: its inputs and outputs recalled. */
function recalledNode(node: Node): Node {
  return { ...node, inputs: node.inputs.map(recalled), outputs: node.outputs.map(recalled) }
}

/**
 * A value of the forward pass, asked for again in the backward pass: the same, unless the graph recomputes cheap results; then
 * it is made again from the last results that are not cheap, so that only those are kept. A matrix held in 16 bits is widened again in any case.
 */
function recalled(value: Value): Value {
  const { graph, node, index } = value
  if (node.op === 'Widen') return graph.apply('Widen', [...node.inputs].reverse(), node.attributes)
  if (!graph.recompute || !opTable[node.op].cheap) return value
  return output(graph.apply(node.op, node.inputs.map(recalled), node.attributes).node, index)
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
