/** Stored completions: what `store: true` keeps for whoever asks, read and deleted as OpenAI's clients do it. */

import { Hono, type Context } from 'hono'
import { z } from 'zod'
import type { StoredAnswer } from '../../domain/feedback/answer.ts'
import { findAnswer, listAnswers } from '../../domain/feedback/answer-queries.ts'
import { deleteAnswer, storeAnswer } from '../../domain/feedback/store-answer.ts'
import { AppError } from '../../errors.ts'
import {
  deletedCompletion,
  listOf,
  storedCompletion,
  storedMessages,
  type ChatRequest,
  type FinishReason,
  type Usage,
} from '../../formats/openai.ts'
import type { Database } from '../../storage/database.ts'
import { requireActor } from '../auth.ts'
import type { Servable } from './servable.ts'

export interface StoringApp {
  readonly db: Database
}

/** Keeps the choices of an answer under its id. */
export type Keep = (id: string, choices: readonly { readonly text: string; readonly reason: FinishReason }[], usage: Usage) => Promise<void>

/** Null where nothing is to be kept. Asking nobody's answers to be kept is refused before anything is generated. */
export function keeperOf(c: Context, app: StoringApp, { release }: Servable, request: ChatRequest): Keep | null {
  if (!request.store) return null
  if (c.get('actor') === null)
    throw new AppError('unauthenticated', 'store keeps an answer for somebody: send a token of yours as the API key, or leave store out.')
  const actor = requireActor(c)
  const { model, turns, metadata } = request
  return (id, choices, usage) =>
    storeAnswer(app, actor, {
      id,
      model,
      modelId: release?.modelId ?? null,
      releaseId: release?.id ?? null,
      turns,
      choices: choices.map(({ text, reason }) => ({ text, reason })),
      usage: { promptTokens: usage.promptTokens, completionTokens: usage.completionTokens },
      metadata,
    })
}

const listQuery = z.object({
  model: z.string().optional(),
  after: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  order: z.enum(['asc', 'desc']).default('asc'),
})

export function storedRoutes(app: StoringApp): Hono {
  return new Hono()
    .get('/chat/completions', async (c) => {
      const query = listQuery.safeParse(c.req.query())
      if (!query.success)
        throw new AppError('invalid', 'A list of stored answers takes model, after, limit (1 to 100) and order (asc or desc).')
      const { limit, ...filter } = query.data
      // One more says whether there are more.
      const answers = await listAnswers(app.db, requireActor(c), { ...filter, limit: limit + 1 })
      return c.json(listOf(answers.slice(0, limit).map(completionOf), answers.length > limit))
    })
    .get('/chat/completions/:id', async (c) => c.json(completionOf(await findAnswer(app.db, requireActor(c), c.req.param('id')))))
    .get('/chat/completions/:id/messages', async (c) => {
      const { id, turns } = await findAnswer(app.db, requireActor(c), c.req.param('id'))
      return c.json(storedMessages(id, turns))
    })
    .delete('/chat/completions/:id', async (c) => {
      await deleteAnswer(app, requireActor(c), c.req.param('id'))
      return c.json(deletedCompletion(c.req.param('id')))
    })
}

function completionOf({ id, model, createdAt, choices, usage, metadata }: StoredAnswer) {
  return storedCompletion({ id, model, created: Math.floor(createdAt.getTime() / 1000) }, choices, usage, metadata)
}
