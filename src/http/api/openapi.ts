/** Small pieces that every route description uses. */

import { OpenAPIHono, z } from '@hono/zod-openapi'
import type { Hook } from '@hono/zod-openapi'
import { AppError } from '../../errors.ts'
import { failure } from './schemas.ts'

const refuse: Hook<unknown, never, string, unknown> = (result) => {
  if (result.success) return
  const issue = result.error.issues[0]
  const place = issue?.path.join('.') ?? ''
  throw new AppError('invalid', `${place === '' ? 'The request' : place}: ${issue?.message ?? 'is not what this address expects'}.`)
}

/** A router that turns a request which does not fit its description into our error. */
export function router(): OpenAPIHono {
  return new OpenAPIHono({ defaultHook: refuse as never })
}

export const modelPath = z.object({
  owner: z.string().openapi({ example: 'marathi' }),
  name: z.string().openapi({ example: 'saathi' }),
})

export const modelOf = ({ owner, name }: { owner: string; name: string }) => `${owner}/${name}`

/** An id in a path or query. */
export const idText = z.coerce
  .number()
  .int()
  .min(1)
  .max(2 ** 31 - 1)

export const page = z.object({
  after: idText.optional().openapi({ description: 'Go on beyond this id.' }),
  limit: z.coerce.number().int().min(1).max(200).optional(),
})

/** `{ after, limit }` without the keys that were not given. */
export const pageOf = ({ after, limit }: { after?: number | undefined; limit?: number | undefined }) => ({
  ...(after !== undefined && { after }),
  ...(limit !== undefined && { limit }),
})

export function json<T extends z.ZodType>(schema: T, description: string) {
  return { content: { 'application/json': { schema } }, description }
}

export function body<T extends z.ZodType>(schema: T) {
  return { content: { 'application/json': { schema } }, required: true }
}

/** What any address may also answer. */
export const failures = {
  '4XX': { content: { 'application/json': { schema: failure } }, description: 'What is wrong, in words.' },
  '5XX': { content: { 'application/json': { schema: failure } }, description: 'Not now, or a bug on our side.' },
} as const

/**
 * A file of rows as the body; its content type says how to read it. A plain schema, not a zod one: the router would take `application/jsonlines` for
 * JSON and refuse it, and would read a stream that is ours to read.
 */
export const rowsBody = {
  content: {
    'application/jsonlines': { schema: { type: 'string' as const, description: 'One JSON object a line.' } },
    'text/csv': { schema: { type: 'string' as const } },
    'application/x-parquet': { schema: { type: 'string' as const, format: 'binary' } },
  },
  required: true,
}

export const eventStream = (description: string) => ({
  content: { 'text/event-stream': { schema: z.string() } },
  description,
})

export { z }
