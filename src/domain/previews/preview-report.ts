/** What a preview shows: score changes with intervals, changed answers, what got worse, and what it cost. */

import type { Comparison } from '../evaluation/evaluation.ts'
import type { ChangedAnswers, GivenAnswer } from './changed-answers.ts'
import type { Staleness } from './preview-queries.ts'
import type { Preview } from './preview.ts'

export interface PreviewReport {
  readonly preview: Preview
  /** Why it no longer says what a new one would say; empty while it is current. */
  readonly stale: readonly Staleness[]
  /** What it says, in sentences, the verdict first. */
  readonly summary: readonly string[]
  /** Whether nothing tells the proposal from its control; null while that is not known. */
  readonly onlyNoise: boolean | null
  /** Per suite; empty until the build with the proposal has finished. */
  readonly suites: readonly SuiteEffect[]
  /** The regression cases that the proposal itself brings: what it teaches and asks at once, so no measure of anything else. null: it brings none, or not known yet. */
  readonly ownCases: SuiteEffect | null
  /** What was answered to each of them, changed or not. */
  readonly ownAnswers: readonly GivenAnswer[]
  readonly cost: PreviewCost
}

export interface SuiteEffect {
  /** With the proposal against the release, or against the base where there is none. */
  readonly against: Comparison
  /** With the proposal against the control: what the proposal does. null while that is not known. */
  readonly effect: Comparison | null
  /** The control against the release: what more training does by itself. */
  readonly drift: Comparison | null
  readonly answers: ChangedAnswers
}

/** Seconds, as far as they have been spent. */
export interface PreviewCost {
  readonly build: BuildCost
  /** null: there is no control. */
  readonly control: BuildCost | null
  /** From the request to the end, waiting included; null until then. */
  readonly total: number | null
}

export interface BuildCost {
  readonly training: number | null
  readonly evaluation: number | null
  /** It had been built before this preview was asked for, and cost it nothing. */
  readonly reused: boolean
}
