/** Records what somebody says about an answer. */

import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import type { Actor } from '../people/actor.ts'
import type { Feedback, FeedbackTurn } from './feedback.ts'

export interface GivenFeedback {
  /** Version of the release that answered; absent for the base alone. */
  readonly release?: string
  readonly turns: readonly FeedbackTurn[]
  readonly rating: 'up' | 'down'
  readonly correction?: string
}

export async function giveFeedback(app: { readonly db: Database }, actor: Actor, model: string, given: GivenFeedback): Promise<Feedback> {
  throw new AppError('unavailable', 'This verb is being written.', { cause: [app, actor, model, given] })
}
