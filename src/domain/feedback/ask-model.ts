/** One question to a model, answered whole and kept for whoever asked: what a page does where the browser runs no scripts. */

import { randomBytes } from 'node:crypto'
import type { Engine } from '../../engines/engine.ts'
import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { Actor } from '../people/actor.ts'
import { findRelease, servedModelOf } from '../releases/release-queries.ts'
import type { Release } from '../releases/release.ts'
import { feedbackLimits, type FeedbackTurn } from './feedback.ts'
import { storeAnswer } from './store-answer.ts'

export interface Question {
  /** As the OpenAI API knows it: owner/name, owner/name@version, or a base's name. */
  readonly model: string
  /** The conversation up to and including the question. */
  readonly turns: readonly FeedbackTurn[]
  /** 0 always gives the likeliest answer. */
  readonly temperature: number
  readonly maxTokens: number
}

export interface Asked {
  /** null: asked by nobody we know, so it was kept for nobody. */
  readonly id: string | null
  readonly model: string
  readonly text: string
  /** length: cut off where the answer became too long. */
  readonly reason: 'stop' | 'length'
}

/** Anybody may ask; an answer is kept, to be rated or fixed, for a person or the operator. */
export async function askModel(
  app: { readonly db: Database; readonly engine: Engine },
  actor: Actor | null,
  { model, turns, temperature, maxTokens }: Question,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Asked> {
  checkTurns(turns)
  const { served, release } = await resolve(app.db, model)
  const sampling = { temperature, topP: 1, seed: null, maxTokens, stop: [], logprobs: null }
  let text = ''
  for await (const piece of app.engine.chat(served, turns, sampling, options)) {
    if (piece.kind === 'text') {
      text += piece.text
      continue
    }
    const { reason, promptTokens, completionTokens } = piece
    if (actor === null) return { id: null, model, text, reason }
    const id = `chatcmpl-${randomBytes(12).toString('hex')}`
    await storeAnswer(app, actor, {
      id,
      model,
      modelId: release?.modelId ?? null,
      releaseId: release?.id ?? null,
      turns,
      choices: [{ text, reason }],
      usage: { promptTokens, completionTokens },
      metadata: {},
    })
    return { id, model, text, reason }
  }
  throw new AppError('unavailable', 'The engine ended an answer without finishing it; ask again.')
}

async function resolve(db: Db, model: string): Promise<{ served: Awaited<ReturnType<typeof servedModelOf>>; release: Release | null }> {
  if (!model.includes('/')) return { served: await servedModelOf(db, { base: model }), release: null }
  const [name, version] = model.split('@') as [string, string | undefined]
  const release = await findRelease(db, name, version ?? 'latest')
  return { served: await servedModelOf(db, { release }), release }
}

function checkTurns(turns: readonly FeedbackTurn[]): void {
  if (turns.at(-1)?.role !== 'user' || turns.at(-1)?.content.trim() === '') throw new AppError('invalid', 'Ask something first.')
  if (turns.length > feedbackLimits.turns)
    throw new AppError('invalid', `This conversation has ${turns.length} turns, more than ${feedbackLimits.turns}; begin a new one.`)
  const characters = turns.reduce((sum, { content }) => sum + content.length, 0)
  if (characters > feedbackLimits.characters)
    throw new AppError(
      'invalid',
      `This conversation has ${characters} characters, more than ${feedbackLimits.characters}; begin a new one.`,
    )
}
