/** A review: one person's decision on one round of a contribution. */

export const decisions = ['accept', 'reject', 'request-changes'] as const
export type Decision = (typeof decisions)[number]

export interface Review {
  readonly id: number
  readonly contributionId: number
  readonly round: number
  readonly reviewerId: number | null
  /** Name of the reviewer; "operator" for the local operator. */
  readonly reviewer: string
  readonly decision: Decision
  readonly message: string
  readonly createdAt: Date
}

export const reviewLimits = { message: 4_000 } as const
