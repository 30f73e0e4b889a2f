/** An eval suite of a community model, and the shapes of its samples. */

import type { ChatMessage } from '../../trainers/trainer.ts'
import type { Digest } from '../../storage/blobs.ts'
import type { ClauseBlocks, SuiteRole } from '../../storage/schema.ts'
import type { AnswerRules } from './answer-rules.ts'

export type { ClauseBlocks, SuiteRole } from '../../storage/schema.ts'

export const suiteKinds = ['exact', 'choice', 'rule', 'text'] as const
export type SuiteKind = (typeof suiteKinds)[number]

export interface Suite {
  readonly id: number
  readonly modelId: number
  readonly name: string
  readonly kind: SuiteKind
  /**
   * measure: how well a release does on what nobody may teach it. regression: whether answers that were wrong are wrong again; they may be trained on.
   * charter: whether a release keeps a clause.
   */
  readonly role: SuiteRole
  /** The samples, JSONL in blob storage. */
  readonly digest: Digest
  readonly count: number
  /** A release must improve its target suites; the others must not regress beyond their tolerance. */
  readonly target: boolean
  /** Largest loss of score a release may have, in the suite's own unit (share right, or bits per byte). */
  readonly tolerance: number
  /** The suite of the same name that this one replaced. */
  readonly supersedes: number | null
  /** Of the charter: the number of the clause it tests, and when breaking that blocks a release. */
  readonly clause: number | null
  readonly blocks: ClauseBlocks | null
  /** The contribution that made this version of it; null: a maintainer's upload. */
  readonly contributionId: number | null
  /** SPDX expression under which its cases are given, and where they are from; what nobody said is null and ''. */
  readonly licence: string | null
  readonly source: string
  /** When it was retired: no later release is asked it. null: it is asked. */
  readonly retiredAt: Date | null
  readonly createdAt: Date
}

/** Where fixes put their cases when nothing else is said. */
export const regressionsName = 'regressions'

/** What a model is asked: a conversation ending in the user's turn, or plain text to continue. */
export type SampleInput = { readonly messages: readonly ChatMessage[] } | { readonly prompt: string }

/** What a sample is about and its language (BCP 47), where its authors say so: scores are then also told apart by them. */
export interface SampleLabels {
  readonly topic?: string
  readonly language?: string
  /** The contribution that brought it. */
  readonly contribution?: number
}

export type TextSample = { readonly kind: 'text'; readonly text: string } & SampleLabels

export type ExactSample = { readonly kind: 'exact'; readonly expected: string } & SampleInput & SampleLabels

export type ChoiceSample = { readonly kind: 'choice'; readonly choices: readonly string[]; readonly answer: number } & SampleInput &
  SampleLabels

/** The answer has to keep every rule. */
export type RuleSample = { readonly kind: 'rule'; readonly expect: AnswerRules } & SampleInput & SampleLabels

export type SuiteSample = TextSample | ExactSample | ChoiceSample | RuleSample

export const suiteLimits = {
  /** A release waits for every sample; 100,000 greedy answers take hours on one machine. */
  samples: 100_000,
  /** Characters of one line. A whole story or document fits. */
  line: 1_000_000,
  /** Characters of the conversation and answer together. */
  text: 400_000,
  choices: 26,
  /** Characters of a topic: a word or two, that stand as a row of a table. */
  topic: 100,
  turns: 100,
  /** Characters of where a suite's cases are from. */
  source: 500,
} as const
