/** An evaluation: one suite on one subject, as served, with what every single sample gave. */

import type { ServedModel } from '../../engines/engine.ts'
import type { Digest } from '../../storage/blobs.ts'
import type { RunState } from '../../storage/schema.ts'
import type { ClauseBlocks, SuiteKind, SuiteRole } from '../models/suite.ts'

export type { ClauseBlocks, SuiteKind, SuiteRole } from '../models/suite.ts'

/** bits-per-byte: lower is better. The others are shares of samples answered right: higher is better. */
export type Metric = 'bits-per-byte' | 'exact-match' | 'accuracy' | 'rules-kept'

export const metricOf = {
  text: 'bits-per-byte',
  exact: 'exact-match',
  choice: 'accuracy',
  rule: 'rules-kept',
} as const satisfies Record<SuiteKind, Metric>

/** +1 where more is better, −1 where less is. */
export function directionOf(metric: Metric): 1 | -1 {
  return metric === 'bits-per-byte' ? -1 : 1
}

export interface Evaluation {
  readonly id: number
  readonly modelId: number
  readonly suite: EvaluatedSuite
  /** null: the base alone. */
  readonly checkpointId: number | null
  readonly served: ServedModel
  readonly state: RunState
  readonly metric: Metric
  readonly score: number | null
  /** Samples in the suite, and how many have been answered so far. */
  readonly count: number
  readonly done: number
  /** Per-sample results, one SampleResult a line. */
  readonly samples: Digest | null
  readonly seconds: number | null
  readonly error: string | null
  readonly createdAt: Date
}

export interface EvaluatedSuite {
  readonly id: number
  readonly name: string
  readonly kind: SuiteKind
  readonly role: SuiteRole
  /** Of the charter: the clause it tests, and when breaking that blocks a release. */
  readonly clause: number | null
  readonly blocks: ClauseBlocks | null
  readonly digest: Digest
  readonly target: boolean
  readonly tolerance: number
}

/** What one sample gave, by the suite's kind. `index` is the sample's line in the suite, from 0. */
export type SampleResult =
  | { readonly index: number; readonly kind: 'text'; readonly nats: number; readonly bytes: number; readonly tokens: number }
  | { readonly index: number; readonly kind: 'exact'; readonly answer: string; readonly right: boolean }
  /** right: the answer keeps every rule. */
  | { readonly index: number; readonly kind: 'rule'; readonly answer: string; readonly right: boolean }
  | {
      readonly index: number
      readonly kind: 'choice'
      /** Summed log-likelihood of each choice, nats. */
      readonly nats: readonly number[]
      readonly picked: number
      readonly right: boolean
      /** The pick by log-likelihood per UTF-8 byte, which favours short choices less. Reported, not scored. */
      readonly pickedPerByte: number
    }

/** Two subjects on the same samples. Differences are subject minus baseline, in the metric's own unit. */
export interface Comparison {
  readonly suite: EvaluatedSuite
  readonly metric: Metric
  readonly subject: { readonly evaluationId: number; readonly score: number }
  readonly baseline: { readonly evaluationId: number; readonly score: number }
  readonly difference: number
  /** 95 %, paired bootstrap over samples. */
  readonly interval: readonly [number, number]
  /** Chance of a difference at least this large if subject and baseline were exchangeable (paired sign-flip test). */
  readonly pValue: number
  /** The smallest true difference this many samples would show four times out of five. */
  readonly smallestDetectable: number
  readonly samples: number
  /** Positive: the interval lies on the better side and chance is an unlikely explanation. Negative: likewise on the worse side. */
  readonly verdict: 'better' | 'worse' | 'undecided'
}
