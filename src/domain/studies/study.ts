/** A study: what the trainer finds out without making weights. A learning rate to train with, or which examples pulled towards an answer. */

import type { Digest } from '../../storage/blobs.ts'
import type { RunState } from '../../storage/schema.ts'
import type { RateSearch, Recipe } from '../../trainers/trainer.ts'
import type { ExampleContent } from '../contributions/example.ts'

interface StudyRecord {
  readonly id: number
  readonly modelId: number
  /** `owner/name`. */
  readonly model: string
  /** Whose examples are read. */
  readonly revision: { readonly id: number; readonly number: number; readonly digest: Digest; readonly count: number }
  /** Effective: nothing left to a default. */
  readonly recipe: Recipe
  readonly trainer: string
  readonly state: RunState
  /** Steps or examples; `of` is null until it is known. */
  readonly progress: { readonly done: number; readonly of: number | null }
  readonly error: string | null
  /** null: the local operator. */
  readonly requestedBy: number | null
  readonly createdAt: Date
  readonly startedAt: Date | null
  readonly endedAt: Date | null
}

export type RateStudy = StudyRecord & {
  readonly kind: 'rate'
  readonly runId: null
  readonly request: RateSearch
  readonly result: RateResult | null
}

export type TraceStudy = StudyRecord & {
  readonly kind: 'trace'
  /** Whose adapter is asked. */
  readonly runId: number
  readonly request: TraceQuestion
  readonly result: TraceResult | null
}

/** What was asked, what came of it, and that in plain sentences. */
export type Study = (RateStudy | TraceStudy) & { readonly sentences: readonly string[] }

export interface RateResult {
  readonly steps: readonly { readonly rate: number; readonly loss: number; readonly smooth: number }[]
  /** Null where no rate lowered the loss. */
  readonly suggested: number | null
}

/** An answer, and what it answered; without a question it is a text by itself. */
export interface TraceQuestion {
  readonly question: string | null
  readonly answer: string
  /** Examples that are kept on each side. */
  readonly keep: number
}

export interface TraceResult {
  /** All that were asked. */
  readonly examples: number
  /** How many of them pull towards the answer. */
  readonly towards: number
  /** Preferences, of which the chosen answer was asked. */
  readonly preferences: number
  /** The strongest first. */
  readonly pull: readonly TracedExample[]
  /** Those that push away from the answer, the strongest first. */
  readonly push: readonly TracedExample[]
}

export interface TracedExample {
  readonly digest: Digest
  /** Its page. */
  readonly link: string
  /** The contribution that brought it. */
  readonly contribution: number | null
  readonly content: ExampleContent
  /** The product of its gradient with the answer's: positive pulls towards it. */
  readonly product: number
  /** The same as a share of the strongest of all, -1 to 1. */
  readonly strength: number
  /** Mean nats per token that the adapter still has to learn of it. */
  readonly loss: number
}
