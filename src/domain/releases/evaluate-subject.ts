/** Asks for everything a gate needs: the current suites on a subject, on its base and on the previous release. */

import type { Database } from '../../storage/database.ts'
import type { Jobs } from '../../storage/jobs.ts'
import { requestEvaluations } from '../evaluation/request-evaluations.ts'
import type { Evaluation } from '../evaluation/evaluation.ts'
import { findModel } from '../models/model-queries.ts'
import { requireRole, type Actor } from '../people/actor.ts'
import { findCandidate, type SubjectChoice } from './candidate.ts'

export type { SubjectChoice } from './candidate.ts'

export interface RequestedEvaluations {
  readonly runId: number
  readonly checkpointId: number
  /** The subject's own, in the order of the suites. */
  readonly subject: readonly Evaluation[]
  readonly base: readonly Evaluation[]
  /** Empty where there is no previous release. */
  readonly previous: readonly Evaluation[]
}

/** Reviewers and maintainers. What was evaluated before comes back as it is; the rest is queued: watch it with watchEvaluations. */
export async function evaluateSubject(
  app: { readonly db: Database; readonly jobs: Pick<Jobs, 'enqueue'> },
  actor: Actor,
  model: string,
  choice: SubjectChoice = {},
): Promise<RequestedEvaluations> {
  return app.db.transaction().execute(async (db) => {
    requireRole(actor, 'reviewer', (await findModel(db, model)).id)
    const { run, checkpoint, served, servedBase, suites, previous, servedPrevious } = await findCandidate(db, model, choice)
    return {
      runId: run.id,
      checkpointId: checkpoint.id,
      subject: await requestEvaluations(app.jobs, db, suites, { checkpointId: checkpoint.id, served }),
      base: await requestEvaluations(app.jobs, db, suites, { checkpointId: null, served: servedBase }),
      previous:
        previous && servedPrevious
          ? await requestEvaluations(app.jobs, db, suites, { checkpointId: previous.checkpointId, served: servedPrevious })
          : [],
    }
  })
}
