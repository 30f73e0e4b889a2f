/** The one place where an error becomes an HTTP status. */

import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode, RedirectStatusCode } from 'hono/utils/http-status'
import { AppError, type ErrorCode } from '../errors.ts'
import { FormatError } from '../formats/format-error.ts'
import { errorBody } from '../formats/openai.ts'

const STATUS: Record<ErrorCode, ContentfulStatusCode> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  unavailable: 503,
}

export const statusOf = (code: ErrorCode): ContentfulStatusCode => STATUS[code]

/** What a bug answers with. */
export const bugStatus: ContentfulStatusCode = 500

/** After a form that worked: the browser fetches another page, whatever the method was. */
export const seeOther: RedirectStatusCode = 303

/** OpenAI's clients choose their exception class by status and show `type`. */
const TYPE: Record<ErrorCode, string> = {
  invalid: 'invalid_request_error',
  unauthenticated: 'authentication_error',
  forbidden: 'permission_error',
  'not-found': 'not_found_error',
  conflict: 'conflict_error',
  unavailable: 'service_unavailable_error',
}

/** What the log needs of a bug; what a person sees says only that there was one. */
export interface ErrorLog {
  error(fields: object, message: string): void
}

/** Every foreign error as one of ours, or null for a bug. */
export function appErrorOf(error: unknown): AppError | null {
  if (error instanceof AppError) return error
  if (error instanceof FormatError) return new AppError('invalid', error.message, { cause: error })
  // hono's own refusals: a content type the address does not take, a body that is not JSON.
  if (error instanceof HTTPException && error.status < 500)
    return new AppError('invalid', `${error.message || 'The request is malformed'}; /api/openapi.json says what this address takes.`, {
      cause: error,
    })
  if (error instanceof SyntaxError && /JSON/.test(error.message)) return new AppError('invalid', `The body is not JSON: ${error.message}.`)
  return null
}

export function errorResponse(c: Context, error: unknown, log: ErrorLog): Response {
  const known = appErrorOf(error)
  if (known === null) {
    // The path alone: a query or a body may hold what a person wrote.
    log.error({ err: error, method: c.req.method, path: c.req.path }, 'a request failed with a bug')
    return c.json(errorBody('Something went wrong on our side. The operator will find it in the log.', 'server_error', 'internal'), 500)
  }
  const { error: shown } = errorBody(known.message, TYPE[known.code], known.code)
  return c.json({ error: known.details.length ? { ...shown, details: known.details } : shown }, STATUS[known.code])
}

/** An error inside a stream that has begun: the status is gone, the body still says it. */
export function streamError(error: unknown): ReturnType<typeof errorBody> {
  const known = appErrorOf(error)
  return known
    ? errorBody(known.message, TYPE[known.code], known.code)
    : errorBody('Something went wrong on our side.', 'server_error', 'internal')
}

export function notFound(c: Context): Response {
  const sentence = `Nothing answers ${c.req.method} ${c.req.path}; the description of the API is at /api/openapi.json.`
  return c.json(errorBody(sentence, TYPE['not-found'], 'not-found'), STATUS['not-found'])
}

export function tooLarge(c: Context, limit: number): Response {
  return c.json(errorBody(`The body is larger than ${limit} bytes, the most this address takes.`, TYPE.invalid, 'invalid'), 413)
}
