/** A graph as text, for people and for tests that compare it. */
import { needed, type Attributes, type Value } from './graph.ts'

/**
 * One line for each operation that some values need: name, dtype and dims, operation. Unnamed values are numbered in order;
 * small constants are written out.
 *
 *     h: float32[2,3] = Gemm(x, w, transB=1)
 */
export function printed(outputs: ReadonlyMap<string, Value>): string {
  const names = new Map<Value, string>()
  const taken = new Set<string>(outputs.keys())
  let numbered = 0
  for (const [name, value] of outputs) names.set(value, name)
  const nameOf = (value: Value): string => {
    const known = names.get(value)
    if (known !== undefined) return known
    const name = value.label === '' || taken.has(value.label) ? `${value.label}%${(numbered += 1)}` : value.label
    taken.add(name)
    names.set(value, name)
    return name
  }

  const nodes = needed([...outputs.values()])
  const read = new Set([...outputs.values(), ...nodes.flatMap((node) => node.inputs)])
  const lines: string[] = []
  for (const node of nodes) {
    const written = node.op === 'Constant' ? smallConstant(node.outputs[0] as Value) : null
    if (written !== null) names.set(node.outputs[0] as Value, written)
    else if (node.op === 'Input') {
      const value = node.outputs[0] as Value
      names.set(value, String(node.attributes['name']))
      lines.push(`${typed(value, nameOf)} = input`)
    } else {
      const used = node.outputs.filter((value, index) => index === 0 || read.has(value))
      const shown = node.op === 'Constant' ? ['…'] : [...node.inputs.map(nameOf), ...attributesText(node.attributes)]
      lines.push(`${used.map((value) => typed(value, nameOf)).join(', ')} = ${node.op}(${shown.join(', ')})`)
    }
  }
  return lines.join('\n')
}

function typed(value: Value, nameOf: (value: Value) => string): string {
  return `${nameOf(value)}: ${value.dtype}[${value.dims.join(',')}]`
}

function attributesText(attributes: Attributes): string[] {
  return Object.entries(attributes).map(([name, value]) => `${name}=${typeof value === 'object' ? `[${value.join(',')}]` : value}`)
}

/** The numbers of a constant of at most two, so that ½ reads as 0.5. */
function smallConstant(value: Value): string | null {
  const data = value.node.data as Uint8Array
  const bytes = data.slice().buffer
  const numbers = value.dtype === 'float32' ? [...new Float32Array(bytes)] : value.dtype === 'int64' ? [...new BigInt64Array(bytes)] : null
  if (!numbers || numbers.length > 2) return null
  const text = numbers.map((number) => String(typeof number === 'number' ? Number(number.toPrecision(7)) : number))
  return value.dims.length === 0 ? (text[0] ?? '') : `[${text.join(',')}]`
}
