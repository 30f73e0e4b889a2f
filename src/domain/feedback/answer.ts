/** A stored answer: what somebody asked a model to answer and to remember, so that they can come back to it. */

import type { FeedbackTurn } from './feedback.ts'

export interface StoredAnswer {
  /** As OpenAI's clients know it: chatcmpl-… */
  readonly id: string
  /** What was asked for: owner/name, owner/name@version or a base. */
  readonly model: string
  /** null: a base alone answered. */
  readonly modelId: number | null
  readonly releaseId: number | null
  /** Whose it is; null: the local operator's. */
  readonly personId: number | null
  /** The conversation up to the question. */
  readonly turns: readonly FeedbackTurn[]
  readonly choices: readonly AnswerChoice[]
  readonly usage: { readonly promptTokens: number; readonly completionTokens: number }
  /** Whatever its owner wanted to remember with it. */
  readonly metadata: Readonly<Record<string, string>>
  readonly createdAt: Date
}

export interface AnswerChoice {
  readonly text: string
  readonly reason: 'stop' | 'length'
}

export const answerRetention = {
  /** Days after which an answer is deleted, unless feedback is about it; OpenAI keeps them as long. */
  days: 30,
  /** Answers kept of one person: the oldest beyond go first. */
  perPerson: 1_000,
} as const
