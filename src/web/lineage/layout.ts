/** Where the nodes of a lineage stand: contributions at the left, releases at the right, and everything points to what was made of it. Pure. */

import * as dagre from '@dagrejs/dagre'
import type { LineageGraph } from '../../domain/releases/lineage-graph.ts'

interface Point {
  readonly x: number
  readonly y: number
}

/** What is used of dagre's graph: the types it publishes name a package that it brings inside itself. */
interface LayoutGraph {
  setGraph(options: object): void
  setDefaultEdgeLabel(label: () => object): void
  setNode(id: string, size: object): void
  setEdge(from: string, to: string, label: object, name: string): void
  graph(): { readonly width?: number; readonly height?: number }
  node(id: string): Point
  edge(edge: { readonly v: string; readonly w: string; readonly name: string }): { readonly points?: readonly Point[] } | undefined
}

const { Graph } = dagre.graphlib as unknown as { readonly Graph: new (options: { readonly multigraph: boolean }) => LayoutGraph }
const layout = dagre.layout as unknown as (graph: LayoutGraph) => void

export const nodeSize = { width: 158, height: 54 } as const

export interface LaidOut {
  readonly width: number
  readonly height: number
  /** The middle of each node. */
  readonly places: ReadonlyMap<string, { readonly x: number; readonly y: number }>
  /** The bends of each edge, in the order of the graph's edges. */
  readonly lines: readonly (readonly { readonly x: number; readonly y: number }[])[]
}

export function layOut({ nodes, edges }: LineageGraph): LaidOut {
  const graph = new Graph({ multigraph: true })
  graph.setGraph({ rankdir: 'LR', nodesep: 18, ranksep: 34, marginx: 8, marginy: 8 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id } of nodes) graph.setNode(id, { ...nodeSize })
  const kindOf = new Map(nodes.map(({ id, kind }) => [id, kind]))
  // Revisions follow each other down one column, and so do releases: a picture that grew to the right with each of them would fit no screen.
  const below = edges.map(({ from, to, compared }) => compared || (kindOf.get(from) === 'revision' && kindOf.get(to) === 'revision'))
  for (const [i, { from, to }] of edges.entries()) if (!below[i]) graph.setEdge(from, to, {}, String(i))
  layout(graph)
  const { width = 0, height = 0 } = graph.graph()
  const place = (id: string) => {
    const { x, y } = graph.node(id)
    return [id, { x, y }] as const
  }
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    places: new Map(nodes.map(({ id }) => place(id))),
    lines: edges.map(({ from, to }, i) => {
      if (below[i]) return [graph.node(from), graph.node(to)].map(({ x, y }) => ({ x, y }))
      return graph.edge({ v: from, w: to, name: String(i) })?.points ?? []
    }),
  }
}
