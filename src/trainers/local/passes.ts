/** The shape of what goes through a graph at once. */

import type { Shape } from '../../ml/lora/training-graph.ts'

/** Rows there is room for, and positions of the longest example. */
export interface Room {
  readonly rows: number
  readonly longest: number
}

/**
 * Into how many parts attention takes the queries of runs whose longest example has so many positions: long sequences in parts skip keys that their queries never
 * see, 0.9 times the time at 512 positions, 0.8 at 1,024 and 0.7 at 2,048; below, the parts cost what they save (docs/log.md, 21 November 2026).
 */
const partsOf = (longest: number): number => (longest < 384 ? 1 : longest < 768 ? 2 : 4)

/** A length that attention's parts divide. */
export function lengthInParts(length: number, { longest }: Pick<Room, 'longest'>): number {
  const parts = partsOf(longest)
  return parts * Math.ceil(length / parts)
}

/** The shape of a graph with so many rows, for every length up to the longest. */
export const shapeOfPasses = (rows: number, longest: number): Shape => ({
  batch: rows,
  length: lengthInParts(longest, { longest }),
  varying: true,
  parts: partsOf(longest),
})
