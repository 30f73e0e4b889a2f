/** Records a review. Deciding what follows from it is the dataset's part. */

import { AppError } from '../../errors.ts'
import type { Db } from '../../storage/database.ts'
import { checkText } from '../contributions/check-text.ts'
import type { Contribution } from '../contributions/contribution.ts'
import { actorId, actorName, type Actor } from '../people/actor.ts'
import { decisions, reviewLimits, type Decision, type Review } from './review.ts'

export function parseDecision(input: string): Decision {
  const decision = decisions.find((known) => known === input)
  if (!decision)
    throw new AppError('invalid', `There is no decision ${JSON.stringify(input.slice(0, 60))}; choose ${decisions.join(', ')}.`)
  return decision
}

/** Reviews need a reason unless they accept. */
export function parseReviewMessage(decision: Decision, input: string): string {
  const { text, findings } = checkText(input.trim())
  const error = findings.find(({ severity }) => severity === 'error')
  if (text === '' && decision !== 'accept')
    throw new AppError('invalid', 'Say in the message what is wrong, so that the author can mend it.')
  if (text.length > reviewLimits.message)
    throw new AppError('invalid', `The message has ${text.length} characters; at most ${reviewLimits.message} are kept.`)
  if (error) throw new AppError('invalid', `The message: ${error.sentence}`)
  return text
}

/**
 * Refuses, in words, a review of one's own, of something already decided, or a second one of the same round. The contribution is locked by the caller.
 */
export async function insertReview(
  db: Db,
  actor: Actor,
  contribution: Contribution,
  input: { readonly decision: Decision; readonly message: string },
): Promise<Review> {
  const { id, state, round, authorId } = contribution
  if (authorId === actorId(actor))
    throw new AppError('forbidden', `Contribution ${id} is ${actorName(actor)}'s own; somebody else has to review it.`)
  if (state !== 'open' && state !== 'changes-requested')
    throw new AppError('conflict', `Contribution ${id} is ${state}; there is nothing left to review.`)
  if (state === 'changes-requested' && input.decision === 'accept')
    throw new AppError(
      'conflict',
      `Changes were asked for in round ${round} of contribution ${id}; it can be accepted once its author has revised it.`,
    )
  const stored = await db
    .insertInto('reviews')
    .values({ contributionId: id, round, reviewerId: actorId(actor), ...input })
    .onConflict((again) => again.doNothing())
    .returningAll()
    .executeTakeFirst()
  if (!stored)
    throw new AppError(
      'conflict',
      `${actorName(actor)} has already reviewed round ${round} of contribution ${id}; another person, or the next round, can be reviewed.`,
    )
  return { ...stored, reviewer: actorName(actor) }
}
