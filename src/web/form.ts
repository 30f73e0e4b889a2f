/** Reads forms that browsers send. What was typed is kept as text, so that a refused form can be shown again as it was. */

import type { Context } from 'hono'
import type { z } from 'zod'
import { AppError } from '../errors.ts'

/** Fields as typed: the last value of each name, and all of them for names that may come several times. */
export interface Typed {
  readonly [field: string]: string
}

export const formLimits = {
  /** A field is text that a person wrote or pasted; a document belongs into an upload. */
  field: 1024 * 1024,
} as const

/** All text fields of an urlencoded or multipart form. */
export async function typedIn(c: Context): Promise<Typed> {
  const body = await c.req.parseBody()
  const typed: Record<string, string> = {}
  for (const [name, value] of Object.entries(body)) {
    if (typeof value !== 'string') continue
    if (value.length > formLimits.field)
      throw new AppError('invalid', `The field ${name.slice(0, 40)} has more than ${formLimits.field} characters; upload it as a file.`)
    // Browsers send line ends as CR LF, whatever was typed.
    typed[name] = value.replaceAll('\r\n', '\n')
  }
  return typed
}

/** The form as the schema has it. Throws `invalid` with a line for each field that is wrong. */
export function readForm<S extends z.ZodType>(schema: S, typed: Typed): z.output<S> {
  const read = schema.safeParse(typed)
  if (read.success) return read.data
  const lines = read.error.issues.map(({ path, message }) => (path.length ? `${path.join('.')}: ${message}` : message))
  throw new AppError('invalid', lines.join(' '))
}

/** Runs what a form asks for; what it refuses comes back instead of being thrown, so that the page can be shown again with everything typed. */
export async function attempt<T>(
  work: () => Promise<T>,
): Promise<{ readonly done: T; readonly refused: null } | { readonly done: null; readonly refused: AppError }> {
  try {
    return { done: await work(), refused: null }
  } catch (error) {
    if (error instanceof AppError && error.code !== 'unauthenticated') return { done: null, refused: error }
    throw error
  }
}
