/** Which of a step's micro-batches run side by side, and which alone on all threads: a function of what they cost, so that every run sums them alike. */

/** A batch that has all threads to itself takes this share of its time on one of two. Measured at 7 M and 135 M parameters: 0.55 to 0.65. */
const alone = 0.6

export type Lanes<T> = readonly [readonly T[], readonly T[]]

export interface Dealt<T> {
  /** Two lanes of about the same cost. */
  readonly lanes: Lanes<T>
  /** At most one, when the lanes are done. */
  readonly together: readonly T[]
  /** Until all are done, in units of `costOf`. */
  readonly cost: number
}

/** Deals so that all are done soonest: in lanes, with one by itself where lanes would end unevenly. */
export function deal<T>(batches: readonly T[], costOf: (batch: T) => number): Dealt<T> {
  const costs = new Map(batches.map((batch) => [batch, costOf(batch)]))
  const dealtBut = (one: T | undefined): Dealt<T> => {
    const lanes = inLanes(one === undefined ? batches : batches.filter((batch) => batch !== one), costOf) // prettier-ignore
    const longest = Math.max(...lanes.map((lane) => lane.reduce((sum, batch) => sum + costs.get(batch)!, 0)))
    return { lanes, together: one === undefined ? [] : [one], cost: longest + (one === undefined ? 0 : alone * costs.get(one)!) }
  }
  const order = [...batches].sort((a, b) => costs.get(b)! - costs.get(a)!)
  const ways = [undefined, ...new Set([...order.slice(0, 1), ...order.slice(-1)])].map(dealtBut)
  return ways.reduce((best, way) => (way.cost < best.cost ? way : best))
}

/** Longest processing time first, each to the lane that has less (Graham 1969): at most 7/6 of the least possible for two lanes. */
export function inLanes<T>(items: readonly T[], costOf: (item: T) => number): Lanes<T> {
  const costs = items.map((item) => [item, costOf(item)] as const).sort(([, a], [, b]) => b - a)
  const lanes: [T[], T[]] = [[], []]
  const taken: [number, number] = [0, 0]
  for (const [item, cost] of costs) {
    const lane = taken[1] < taken[0] ? 1 : 0
    lanes[lane].push(item)
    taken[lane] += cost
  }
  return lanes
}
