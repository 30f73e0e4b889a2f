/** The one error that people see. Anything else that is thrown is a bug: hidden from the user, logged for the operator. */

export type ErrorCode = 'invalid' | 'unauthenticated' | 'forbidden' | 'not-found' | 'conflict' | 'unavailable'

/** One of several facts behind an error, e.g. what is wrong with one row of a file. */
export interface ErrorDetail {
  readonly sentence: string
  /** 1-based row of what was offered, where the fact is about one. */
  readonly row?: number | null
  readonly check?: string
  readonly severity?: 'error' | 'warning'
}

export class AppError extends Error {
  readonly code: ErrorCode
  /** Every fact the sentence sums up; empty where the sentence says it all. */
  readonly details: readonly ErrorDetail[]

  /** @param sentence names the thing, the fact and the way out, e.g. "Rank 512 exceeds hidden size 288 in q_proj; choose a rank up to 288." */
  constructor(code: ErrorCode, sentence: string, options?: { cause?: unknown; details?: readonly ErrorDetail[] }) {
    super(sentence, options)
    this.name = 'AppError'
    this.code = code
    this.details = options?.details ?? []
  }
}

/** The sentence of anything thrown, for a person; for a bug the caller decides whether to show it. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
