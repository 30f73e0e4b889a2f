import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lowered } from './emit.ts'
import { gradients } from './gradient.ts'
import { Graph, labelled, type Value } from './graph.ts'
import { add, attend, gather, gemm, mul, reduceSum, reshape, rmsNorm, swiGlu } from './ops.ts'
import { printed } from './print.ts'

const lines = (...text: string[]): string => text.join('\n')

test('a graph prints one line for each operation that is needed', () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', [2, 3])
  const w = graph.input('w', 'float32', [4, 3])
  add(x, graph.scalar(1))
  const h = labelled('h', gemm(x, w, { transB: true, alpha: 0.5 }))
  assert.equal(
    printed(new Map([['y', mul(h, graph.scalar(3))]])),
    lines(
      'x: float32[2,3] = input',
      'w: float32[4,3] = input',
      'h: float32[2,4] = Gemm(x, w, transB=1, alpha=0.5)',
      'y: float32[2,4] = Mul(h, 3)',
    ),
  )
})

test('the gradient of a product adds onto what is there instead of in a pass of its own', () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', [2, 2])
  const w = graph.input('w', 'float32', [2, 2])
  const y = gemm(gemm(x, w), w)
  const loss = reshape(reduceSum(y, [0, 1]), [])
  const sum = graph.input('sum', 'float32', [2, 2])
  const [dW] = gradients(loss, [w], { startingAt: new Map([[w, sum]]) }) as [Value]
  assert.equal(
    printed(new Map([['dw', dW]])),
    lines(
      'x: float32[2,2] = input',
      'w: float32[2,2] = input',
      '%1: float32[2,2] = Gemm(x, w)',
      'sum: float32[2,2] = input',
      '%2: float32[1,1] = Reshape(1, dims=[1,1])',
      '%3: float32[2,2] = Expand(%2, dims=[2,2])',
      '%4: float32[2,2] = Gemm(%3, w, transB=1)',
      '%5: float32[2,2] = Gemm(%1, %3, sum, transA=1)',
      'dw: float32[2,2] = Gemm(x, %4, %5, transA=1)',
    ),
  )
})

const countOf = (outputs: ReadonlyMap<string, Value>, op: string): number =>
  printed(lowered(outputs)).match(new RegExp(` ${op}\\(`, 'g'))?.length ?? 0

test('the gate of SwiGlu, its result and a norm are made again for the backward pass', () => {
  const graph = new Graph()
  const [gate, up, w] = [graph.input('gate', 'float32', [2, 3]), graph.input('up', 'float32', [2, 3]), graph.input('w', 'float32', [3])]
  const loss = reshape(reduceSum(gemm(rmsNorm(swiGlu(gate, up), w, 0.5), gate, { transB: true }), [0, 1]), [])
  const [dGate] = gradients(loss, [gate]) as [Value]
  const forward = new Map([['loss', loss]])
  assert.deepEqual([countOf(forward, 'Sigmoid'), countOf(forward, 'RmsNorm')], [1, 1])
  const both = new Map([...forward, ['dgate', dGate]])
  assert.deepEqual([countOf(both, 'Sigmoid'), countOf(both, 'RmsNorm')], [2, 2])
})

test('attention’s weights are kept, or made again where the graph recomputes', () => {
  const softmaxes = (recompute: boolean): number => {
    const graph = new Graph()
    const q = graph.input('q', 'float32', [1, 3, 1, 1, 4])
    const [k, v] = ['k', 'v'].map((name) => graph.input(name, 'float32', [1, 1, 3, 4])) as [Value, Value]
    const o = attend({ q: add(q, q), k, v }, [graph.floats(new Float32Array(9), [3, 3])], 0.5)
    const loss = reshape(reduceSum(o, [0, 1, 2, 3, 4]), [])
    const derivatives = gradients(loss, [q, k, v], { recompute })
    return countOf(new Map([['loss', loss], ...derivatives.map((d, i): [string, Value] => [`d${i}`, d])]), 'Softmax')
  }
  assert.deepEqual([softmaxes(false), softmaxes(true)], [1, 2])
})

test('the gradient of a table of rows is a product with the marks of its distinct rows', () => {
  const graph = new Graph()
  const table = graph.input('table', 'float32', [5, 2])
  const index = graph.input('index', 'int64', [3])
  const loss = reshape(reduceSum(gather(table, index), [0, 1]), [])
  const [dTable] = gradients(loss, [table]) as [Value]
  assert.equal(
    printed(new Map([['dtable', dTable]])),
    lines(
      'index: int64[3] = input',
      '%1: int64[U] = Unique(index, dim=U)',
      '%2: int64[3,1] = Unsqueeze(index, axes=[1])',
      '%3: int64[1,U] = Reshape(%1, dims=[1,U])',
      '%4: bool[3,U] = Equal(%2, %3)',
      '%5: float32[3,U] = ToFloat(%4)',
      '%6: float32[5,2] = Zeros(dims=[5,2])',
      '%7: int64[U,1] = Unsqueeze(%1, axes=[1])',
      '%8: float32[1,1] = Reshape(1, dims=[1,1])',
      '%9: float32[3,2] = Expand(%8, dims=[3,2])',
      '%10: float32[U,2] = Gemm(%5, %9, transA=1)',
      'dtable: float32[5,2] = AddRows(%6, %7, %10, reduction=add)',
    ),
  )
})

test('a second output is printed where something reads it', () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', [2, 4])
  const w = graph.input('w', 'float32', [4])
  const loss = reshape(reduceSum(rmsNorm(x, w, 0.5), [0, 1]), [])
  const [dX] = gradients(loss, [x]) as [Value]
  assert.match(
    printed(
      new Map([
        ['loss', loss],
        ['dx', dX],
      ]),
    ),
    /^%\d+: float32\[2,4\], %\d+: float32\[2,1\] = RmsNorm\(%\d+, w, /m,
  )
})

test('what the loss does not depend on has no gradient', () => {
  const graph = new Graph()
  const [x, y] = [graph.input('x', 'float32', []), graph.input('y', 'float32', [])]
  assert.throws(() => gradients(mul(x, x), [y]), /does not depend on Input/)
})
