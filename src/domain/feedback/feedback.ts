/** Feedback: what somebody said about an answer. It can become a contribution that names it as origin. */

export interface FeedbackTurn {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

export interface Feedback {
  readonly id: number
  readonly modelId: number
  /** The release that answered; null: the base alone. */
  readonly releaseId: number | null
  /** null: the local operator. */
  readonly personId: number | null
  /** The conversation up to and including the answer. */
  readonly turns: readonly FeedbackTurn[]
  readonly rating: 'up' | 'down'
  /** What the answer should have been. */
  readonly correction: string | null
  /** The stored answer it is about, while that is kept. */
  readonly answerId: string | null
  /** Contributions that were made from it. */
  readonly contributions: readonly number[]
  readonly createdAt: Date
}

export const feedbackLimits = {
  /** A conversation longer than this is not one answer's context any more. */
  turns: 100,
  /** Characters of the conversation, and of the correction: as one example may have. */
  characters: 200_000,
} as const
