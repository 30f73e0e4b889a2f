/**
 * A preview: a proposal built before it is merged, beside a control: the same recipe on the same dataset without it. What differs between the two is what
 * the proposal does; what both changed against the release, more training does by itself.
 */

import type { RunState } from '../../storage/schema.ts'
import type { Build } from '../builds/build.ts'
import { hasEnded } from '../training/run.ts'

export interface Preview {
  readonly id: number
  readonly contributionId: number
  readonly round: number
  /** The dataset revision the proposal was added to; null: nothing was accepted yet. */
  readonly headRevisionId: number | null
  /** The release it began at and is compared with; null: there was none, so it began at the base and took the whole recipe. */
  readonly releaseId: number | null
  /** With the proposal. */
  readonly build: Build
  /** Without it; null where nothing is left to train on. Other previews on the same dataset have the same one. */
  readonly control: Build | null
  /** Began by itself, because the proposal was small. */
  readonly automatic: boolean
  /** null: the local operator, or nobody. */
  readonly requestedBy: number | null
  readonly createdAt: Date
  /** Of both builds together. While it is running, the first may have finished: that much can be read already. */
  readonly state: RunState
  /** Why it failed, for a person. */
  readonly error: string | null
  /** From the request to the last build's end; null until then, and 0 where everything had been built before. */
  readonly seconds: number | null
}

type Builds = Pick<Preview, 'build' | 'control'>

export function stateOf({ build, control }: Builds, cancelled: boolean): RunState {
  const states = control === null ? [build.state] : [build.state, control.state]
  if (cancelled) return 'cancelled'
  for (const ended of ['failed', 'cancelled'] as const) if (states.includes(ended)) return ended
  for (const all of ['finished', 'queued'] as const) if (states.every((state) => state === all)) return all
  return 'running'
}

export function errorOf({ build, control }: Builds): string | null {
  if (build.state === 'failed') return build.error
  if (control?.state === 'failed') return `The control, the same recipe without the proposal, failed: ${control.error ?? ''}`
  return null
}

export function secondsOf({ build, control }: Builds, createdAt: Date, cancelledAt: Date | null): number | null {
  if (!hasEnded(stateOf({ build, control }, cancelledAt !== null))) return null
  const ends = cancelledAt ? [cancelledAt] : [build.endedAt, control?.endedAt]
  return Math.max(0, ...ends.map((end) => ((end?.getTime() ?? 0) - createdAt.getTime()) / 1000))
}
