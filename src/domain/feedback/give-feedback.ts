/** Records what somebody says about an answer. */

import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import { findModel } from '../models/model-queries.ts'
import { actorId, type Actor } from '../people/actor.ts'
import { findRelease } from '../releases/release-queries.ts'
import { findFeedback } from './feedback-queries.ts'
import { feedbackLimits, type Feedback, type FeedbackTurn } from './feedback.ts'

export interface GivenFeedback {
  /** Version of the release that answered, or 'latest'; absent for the base alone. */
  readonly release?: string
  /** The conversation up to and including the answer. */
  readonly turns: readonly FeedbackTurn[]
  readonly rating: 'up' | 'down'
  /** What the answer should have been. */
  readonly correction?: string
  /** The stored answer it is about; whoever calls has seen to it that it is the actor's to speak of. */
  readonly answerId?: string
}

/** Anybody with an account. Also on a retracted release: that is when it matters. */
export async function giveFeedback(app: { readonly db: Database }, actor: Actor, model: string, given: GivenFeedback): Promise<Feedback> {
  const turns = checkTurns(given.turns)
  const correction = given.correction?.normalize('NFC').trim() || null
  if (correction !== null && correction.length > feedbackLimits.characters)
    throw new AppError('invalid', `The correction is longer than ${feedbackLimits.characters} characters; shorten it.`)
  if (correction !== null && correction === turns.at(-1)!.content.normalize('NFC').trim())
    throw new AppError('invalid', 'The correction is the answer itself; say what it should have been, or leave it out.')
  if (given.rating !== 'up' && given.rating !== 'down') throw new AppError('invalid', 'A rating is "up" or "down".')
  return app.db.transaction().execute(async (db) => {
    const { id: modelId } = await findModel(db, model)
    const releaseId = given.release === undefined ? null : (await findRelease(db, model, given.release)).id
    const { id } = await db
      .insertInto('feedback')
      .values({
        modelId,
        releaseId,
        personId: actorId(actor),
        turns: JSON.stringify(turns),
        rating: given.rating,
        correction,
        answerId: given.answerId ?? null,
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    return findFeedback(db, id)
  })
}

function checkTurns(turns: readonly FeedbackTurn[]): readonly FeedbackTurn[] {
  const [last, before] = [turns.at(-1), turns.at(-2)]
  if (last?.role !== 'assistant' || before?.role !== 'user')
    throw new AppError(
      'invalid',
      'Feedback is about an answer: the conversation must end with the user asking and the assistant answering.',
    )
  if (turns.length > feedbackLimits.turns)
    throw new AppError('invalid', `The conversation has ${turns.length} turns; send the last ${feedbackLimits.turns}.`)
  const characters = turns.reduce((sum, { content }) => sum + content.length, 0)
  if (characters > feedbackLimits.characters)
    throw new AppError('invalid', `The conversation has ${characters} characters; send at most ${feedbackLimits.characters}.`)
  return turns.map(({ role, content }) => ({ role, content }))
}
