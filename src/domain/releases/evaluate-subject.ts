/** Asks for everything a gate needs: the current suites on a subject, on its base and on the previous release. */

import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import type { Actor } from '../people/actor.ts'
import type { Evaluation } from '../evaluation/evaluation.ts'

/** The newest finished run where nothing is named. Evaluations that exist already come back as they are. */
export interface SubjectChoice {
  readonly run?: number
  /** A version, or 'latest'. */
  readonly release?: string
  readonly checkpoint?: number
}

export interface RequestedEvaluations {
  readonly checkpointId: number
  /** The subject's own, in the order of the suites. */
  readonly subject: readonly Evaluation[]
  readonly base: readonly Evaluation[]
  /** Empty where there is no previous release. */
  readonly previous: readonly Evaluation[]
}

export async function evaluateSubject(
  app: { readonly db: Database },
  actor: Actor,
  model: string,
  choice: SubjectChoice = {},
): Promise<RequestedEvaluations> {
  throw new AppError('unavailable', 'This verb is being written.', { cause: [app, actor, model, choice] })
}
