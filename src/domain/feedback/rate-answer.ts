/** A thumb up or down on a stored answer, kept as feedback. */

import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import { findModel, findModelById } from '../models/model-queries.ts'
import { formatModelName } from '../models/model-name.ts'
import type { CommunityModel } from '../models/community-model.ts'
import { actorId, requireRole, type Actor } from '../people/actor.ts'
import { findReleaseById } from '../releases/release-queries.ts'
import { findAnswer } from './answer-queries.ts'
import type { StoredAnswer } from './answer.ts'
import { findFeedback } from './feedback-queries.ts'
import type { Feedback } from './feedback.ts'
import { giveFeedback } from './give-feedback.ts'

/**
 * Whoever may read the answer. Saying the same again is the same feedback; saying otherwise is new, and the newest counts.
 * @param model of an answer that a base gave: the community model that should learn of it
 */
export async function rateAnswer(
  app: { readonly db: Database },
  actor: Actor,
  answerId: string,
  given: { readonly rating: Feedback['rating']; readonly model?: string | undefined },
): Promise<Feedback> {
  requireRole(actor, 'contributor')
  const answer = await findAnswer(app.db, actor, answerId)
  const [choice] = answer.choices
  if (!choice) throw new AppError('invalid', `Answer ${answerId} is empty; there is nothing to rate.`)
  const before = await ownRating(app.db, actor, answerId)
  if (before?.rating === given.rating) return findFeedback(app.db, before.id)
  const model = await improvedModel(app.db, answer, given.model)
  return giveFeedback(app, actor, formatModelName(model), {
    turns: [...answer.turns, { role: 'assistant', content: choice.text }],
    rating: given.rating,
    answerId,
    ...(answer.releaseId !== null && { release: (await findReleaseById(app.db, answer.releaseId)).version }),
  })
}

/** The community model that an answer is feedback for: that of the release, or of a base's answer the one that is named and made on it. */
export async function improvedModel(db: Db, answer: StoredAnswer, named: string | undefined): Promise<CommunityModel> {
  if (answer.modelId !== null) return findModelById(db, answer.modelId)
  if (named === undefined)
    throw new AppError(
      'invalid',
      `Answer ${answer.id} came from the base ${answer.model}, which no community improves; say which of its models should learn this: --model owner/name.`,
    )
  const model = await findModel(db, named)
  if (model.base !== answer.model) throw new AppError('invalid', `${named} is made on ${model.base}, and ${answer.model} gave this answer.`)
  return model
}

/** What somebody last said of each of these answers. */
export async function ratingsOf(
  db: Db,
  actor: Actor | null,
  answerIds: readonly string[],
): Promise<ReadonlyMap<string, Feedback['rating']>> {
  if (actor === null || answerIds.length === 0) return new Map()
  const rows = await ownFeedback(db, actor).where('answerId', 'in', answerIds).orderBy('id').execute()
  return new Map(rows.map(({ answerId, rating }) => [answerId as string, rating]))
}

async function ownRating(db: Db, actor: Actor, answerId: string) {
  return ownFeedback(db, actor).where('answerId', '=', answerId).orderBy('id', 'desc').limit(1).executeTakeFirst()
}

function ownFeedback(db: Db, actor: Actor) {
  const own = actorId(actor)
  return db
    .selectFrom('feedback')
    .select(['id', 'answerId', 'rating'])
    .where('personId', own === null ? 'is' : '=', own)
}
