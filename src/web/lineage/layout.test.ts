import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LineageGraph } from '../../domain/releases/lineage-graph.ts'
import { layOut, nodeSize } from './layout.ts'

const graph: LineageGraph = {
  folded: false,
  nodes: [
    { id: 'base', kind: 'base', name: 'tiny', licence: 'MIT', source: 'tiny' },
    { id: 'contribution-1', kind: 'contribution', contribution: 1, author: 'asha', message: 'Dates' },
    { id: 'contribution-2', kind: 'contribution', contribution: 2, author: 'tomba', message: 'Hours' },
    { id: 'revision-2', kind: 'revision', number: 2, count: 40 },
    { id: 'run-1', kind: 'run', run: 1, state: 'finished' },
    { id: 'contribution-3', kind: 'contribution', contribution: 3, author: 'asha', message: 'Days' },
    { id: 'revision-3', kind: 'revision', number: 3, count: 50 },
  ],
  edges: [
    { from: 'contribution-1', to: 'revision-2' },
    { from: 'contribution-2', to: 'revision-2' },
    { from: 'revision-2', to: 'run-1' },
    { from: 'base', to: 'run-1' },
    { from: 'contribution-3', to: 'revision-3' },
    { from: 'revision-2', to: 'revision-3' },
  ],
}

test('everything stands to the right of what it was made from, inside the picture, and no two things overlap', () => {
  const { places, lines, width, height } = layOut(graph)
  const at = (id: string) => places.get(id)!
  for (const [i, { from, to }] of graph.edges.entries()) {
    if (from === 'revision-2' && to === 'revision-3') assert.equal(at(from).x, at(to).x, 'revisions share a column')
    else assert.ok(at(from).x + nodeSize.width < at(to).x + 1, `${from} left of ${to}`)
    assert.ok((lines[i]?.length ?? 0) >= 2, 'a line is drawn for it')
  }
  for (const { x, y } of places.values()) {
    assert.ok(x - nodeSize.width / 2 >= 0 && x + nodeSize.width / 2 <= width)
    assert.ok(y - nodeSize.height / 2 >= 0 && y + nodeSize.height / 2 <= height)
  }
  const all = [...places.values()]
  for (const [i, one] of all.entries())
    for (const other of all.slice(i + 1))
      assert.ok(Math.abs(one.x - other.x) >= nodeSize.width || Math.abs(one.y - other.y) >= nodeSize.height)
})
