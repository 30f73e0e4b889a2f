/**
 * A build: a dataset that nobody accepted, or not for this, trained and asked as it would be served, to find out what it does. It is never released.
 * Previews, the search for what broke a gate, and forecasts are made of builds.
 */

import type { Comparison } from '../evaluation/evaluation.ts'
import type { RunState } from '../../storage/schema.ts'
import type { TrainingRun } from '../training/run.ts'

export interface Build {
  readonly id: number
  readonly modelId: number
  /** With its dataset, recipe and where its weights began. */
  readonly run: TrainingRun
  /** The release it is compared with; null: the base alone. */
  readonly baselineId: number | null
  /** Ids of the suites it is asked. */
  readonly suites: readonly number[]
  readonly state: RunState
  /** Per suite, in their order: the build against the baseline. Null until it has finished. */
  readonly comparisons: readonly Comparison[] | null
  readonly error: string | null
  /** null: the local operator, or nobody. */
  readonly requestedBy: number | null
  readonly createdAt: Date
  readonly startedAt: Date | null
  readonly endedAt: Date | null
}
