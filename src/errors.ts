/** The one error that people see. Anything else that is thrown is a bug: hidden from the user, logged for the operator. */

export type ErrorCode = 'invalid' | 'unauthenticated' | 'forbidden' | 'not-found' | 'conflict' | 'unavailable'

export class AppError extends Error {
  readonly code: ErrorCode

  /** @param sentence names the thing, the fact and the way out, e.g. "Rank 512 exceeds hidden size 288 in q_proj; choose a rank up to 288." */
  constructor(code: ErrorCode, sentence: string, options?: { cause?: unknown }) {
    super(sentence, options)
    this.name = 'AppError'
    this.code = code
  }
}

/** The sentence of anything thrown, for a person; for a bug the caller decides whether to show it. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
