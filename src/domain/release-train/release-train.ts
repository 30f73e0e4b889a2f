/** A release train: one departure of a community, from its dataset to a release, and the line anyone can read about it. */

import type { TrainStage, TrainState } from '../../storage/schema.ts'
import type { Comparison } from '../evaluation/evaluation.ts'
import type { GateReport } from '../releases/release.ts'
import type { Verdict } from './find-culprits.ts'

export type { TrainStage, TrainState } from '../../storage/schema.ts'

/** A contribution accepted since the release before. */
export interface Passenger {
  readonly id: number
  /** null: the local operator. */
  readonly authorId: number | null
  readonly author: string
  readonly message: string
  /** Examples it adds, replaces or removes. */
  readonly examples: number
}

/** One build of the search for what broke the gate. */
export interface Trial {
  /** 0 searches, 1 confirms. */
  readonly draw: 0 | 1
  /** Ids, ascending, of the contributions it was trained with; none: the control, without any of those aboard. */
  readonly contributions: readonly number[]
  readonly buildId: number
  /** null: a control. */
  readonly verdict: Verdict | null
  /** Against the control, per suite that failed the gate. */
  readonly comparisons: readonly Comparison[]
  readonly seconds: number
}

/** What the author of a contribution that was left out is told. */
export interface Letter {
  readonly contribution: number
  readonly authorId: number | null
  readonly author: string
  readonly text: string
}

export interface ReleaseTrain {
  readonly id: number
  readonly modelId: number
  /** `owner/name`. */
  readonly model: string
  /** 1, 2, 3 … within its community model. */
  readonly number: number
  readonly state: TrainState
  readonly stage: TrainStage
  /** Why it left. */
  readonly reason: string
  readonly startedBy: number | null
  readonly baselineId: number | null
  readonly revisionId: number
  readonly runId: number | null
  /** The build that the search waits for. */
  readonly buildId: number | null
  readonly gate: GateReport | null
  /** The report with everybody aboard, where that failed. */
  readonly firstGate: GateReport | null
  readonly leftOut: readonly number[]
  readonly outcome: string | null
  readonly letters: readonly Letter[]
  readonly reversalId: number | null
  readonly releaseId: number | null
  /** Version of that release. */
  readonly release: string | null
  readonly createdAt: Date
  readonly endedAt: Date | null
  readonly passengers: readonly Passenger[]
  /** In the order they were built. */
  readonly trials: readonly Trial[]
  readonly statusLine: string
}

const doing = {
  train: 'training',
  evaluate: 'evaluating',
  gate: 'at the gate',
  search: 'searching for what broke the gate',
  propose: 'preparing the proposal',
  publish: 'publishing',
} as const satisfies Record<TrainStage, string>

/** e.g. "Train 3 of marathi/saathi: evaluating, left 09:12 UTC on 21 November 2026, 4 contributions by 3 people aboard." */
export function statusLineOf(train: Omit<ReleaseTrain, 'statusLine'>): string {
  const { number, model, state, stage, leftOut, passengers, trials, createdAt } = train
  const aboard = passengers.filter(({ id }) => !leftOut.includes(id))
  const people = new Set(aboard.map(({ authorId }) => authorId)).size
  const load = `${counted(aboard.length, 'contribution')} by ${people === 1 ? 'one person' : `${people} people`} aboard`
  const without = leftOut.length === 0 ? '' : `, ${counted(leftOut.length, 'contribution')} left out (${leftOut.join(', ')})`
  const builds = stage === 'search' ? ` (${counted(trials.length, 'build')} so far)` : ''
  const now = state === 'running' ? `${doing[stage]}${builds}` : endings[state](train)
  return `Train ${number} of ${model}: ${now}, left ${clock(createdAt)}, ${load}${without}.`
}

const endings: Record<Exclude<TrainState, 'running'>, (train: Omit<ReleaseTrain, 'statusLine'>) => string> = {
  proposed: () => 'a release is proposed and waits for a maintainer',
  published: ({ release }) => `released as ${release ?? 'a release that is gone'}`,
  overtaken: () => 'overtaken, because the dataset moved on before the proposal was accepted',
  stopped: () => 'stopped at the gate',
  failed: () => 'failed',
  cancelled: () => 'cancelled',
}

/** Whether nothing more will happen to it. A proposal is not over: somebody has to decide. */
export function isOver(state: TrainState): boolean {
  return state !== 'running' && state !== 'proposed'
}

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function clock(date: Date): string {
  const day = date.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })
  return `${date.toISOString().slice(11, 16)} UTC on ${day}`
}
