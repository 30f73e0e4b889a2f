import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lowered } from './emit.ts'
import { gradients } from './gradient.ts'
import { Graph, labelled, type Value } from './graph.ts'
import { add, gather, gemm, mul, reduceSum, reshape, rmsNorm, swiGlu } from './ops.ts'
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
  const [dW] = gradients(loss, [w], new Map([[w, sum]])) as [Value]
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

test('SwiGlu becomes three operations, and its gradient shares the sigmoid with them unless it recomputes', () => {
  const text = (recompute: boolean): string => {
    const graph = new Graph({ recompute })
    const [gate, up] = [graph.input('gate', 'float32', [3]), graph.input('up', 'float32', [3])]
    const loss = reshape(reduceSum(swiGlu(gate, up), [0]), [])
    const [dGate] = gradients(loss, [gate]) as [Value]
    return printed(
      lowered(
        new Map([
          ['loss', loss],
          ['dgate', dGate],
        ]),
        { recompute },
      ),
    )
  }
  assert.equal(text(false).match(/Sigmoid/g)?.length, 1)
  assert.equal(text(true).match(/Sigmoid/g)?.length, 2)
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
      '%1: float32[1,1] = Reshape(1, dims=[1,1])',
      '%2: float32[3,2] = Expand(%1, dims=[3,2])',
      '%3: int64[U] = Unique(index, dim=U)',
      '%4: int64[3,1] = Unsqueeze(index, axes=[1])',
      '%5: int64[1,U] = Reshape(%3, dims=[1,U])',
      '%6: bool[3,U] = Equal(%4, %5)',
      '%7: float32[3,U] = ToFloat(%6)',
      '%8: float32[U,2] = Gemm(%7, %2, transA=1)',
      '%9: float32[5,2] = Zeros(dims=[5,2])',
      '%10: int64[U,1] = Unsqueeze(%3, axes=[1])',
      'dtable: float32[5,2] = AddRows(%9, %10, %8, reduction=add)',
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
    /^%\d+: float32\[2,4\], %\d+: float32\[2,1\] = RmsNorm\(x, w, /m,
  )
})

test('what the loss does not depend on has no gradient', () => {
  const graph = new Graph()
  const [x, y] = [graph.input('x', 'float32', []), graph.input('y', 'float32', [])]
  assert.throws(() => gradients(mul(x, x), [y]), /does not depend on Input/)
})
