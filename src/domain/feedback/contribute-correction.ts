/** Turns a correction into a contribution that names the feedback as its origin. */

import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { contribute, type ContributionDetail } from '../contributions/contribute.ts'
import { findModelById } from '../models/model-queries.ts'
import { requireRole, type Actor } from '../people/actor.ts'
import { findFeedback } from './feedback-queries.ts'

export interface CorrectionTerms {
  /** SPDX expression under which the correction is given. */
  readonly licence: string
  /** BCP 47. */
  readonly language: string
  /** The Developer Certificate of Origin: who vouches for the right to give this. */
  readonly signOff: string
  readonly message?: string
}

/**
 * Offers the conversation with the corrected answer as one example; whoever gave the feedback, or a reviewer, may do so. It is checked and reviewed
 * like any other. `conflict` where there is no correction, or where it was offered before.
 */
export async function contributeCorrection(
  app: { readonly db: Database; readonly blobs: Blobs },
  actor: Actor,
  feedbackId: number,
  terms: CorrectionTerms,
): Promise<ContributionDetail> {
  const feedback = await findFeedback(app.db, feedbackId)
  if (actor.kind !== 'person' || actor.id !== feedback.personId) requireRole(actor, 'reviewer', feedback.modelId)
  if (feedback.correction === null)
    throw new AppError('conflict', `Feedback ${feedbackId} says no better answer; give feedback with a correction.`)
  const [before] = feedback.contributions
  if (before !== undefined) throw new AppError('conflict', `Feedback ${feedbackId} became contribution ${before} already.`)
  const { owner, name } = await findModelById(app.db, feedback.modelId)
  return contribute(app, actor, `${owner}/${name}`, {
    message: terms.message ?? `Corrects an answer (feedback ${feedbackId}).`,
    licence: terms.licence,
    language: terms.language,
    origin: 'human',
    source: `feedback ${feedbackId} on ${owner}/${name}`,
    signOff: terms.signOff,
    changes: [
      { kind: 'add', content: { messages: [...feedback.turns.slice(0, -1), { role: 'assistant', content: feedback.correction }] } },
    ],
    feedbackId,
  })
}
