/** Gathers what the page of one proposal shows. */

import { conflictsOf, type Conflict } from '../../domain/contributions/claims.ts'
import { contributionDetail, type ContributionDetail } from '../../domain/contributions/contribute.ts'
import { changesOf } from '../../domain/contributions/contribution-queries.ts'
import type { Change } from '../../domain/contributions/contribution.ts'
import { outcomeOf, type Outcome } from '../../domain/datasets/outcome-queries.ts'
import { operator, type Actor } from '../../domain/people/actor.ts'
import { isUndecided } from '../../domain/previews/preview-queries.ts'
import type { PreviewReport } from '../../domain/previews/preview-report.ts'
import { patrolOf } from '../../domain/reviews/patrol-queries.ts'
import type { Patrol } from '../../domain/reviews/patrol.ts'
import { quorumFor } from '../../domain/reviews/quorum-queries.ts'
import type { Quorum } from '../../domain/reviews/quorum.ts'
import { reviewsOf } from '../../domain/reviews/review-queries.ts'
import { neighboursInQueue, reviewQueues, type ReviewQueue } from '../../domain/reviews/review-queues.ts'
import type { Review } from '../../domain/reviews/review.ts'
import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { readDiscussion, type Discussion } from '../discussion/read-discussion.ts'
import type { Visit } from '../visit.ts'
import { readReport } from './keep-report.ts'

export interface QueuePlace {
  readonly queue: ReviewQueue
  readonly before: number | null
  readonly after: number | null
}

export interface Proposal extends ContributionDetail, Outcome {
  readonly reviews: readonly Review[]
  /** null once it is decided. */
  readonly quorum: Quorum | null
  readonly patrol: Patrol | null
  readonly preview: PreviewReport | null
  readonly conflicts: readonly Conflict[]
  /** One page of its changes, and the position to go on after. */
  readonly changes: readonly Change[]
  readonly after: number
  readonly next: number | null
  readonly discussion: Discussion
  /** Where it stands in the queue the visitor is working through; null outside of one. */
  readonly place: QueuePlace | null
}

/** Changes of a page: what somebody reads in one go. */
export const changesShown = 20

export async function readProposal(app: { readonly db: Database; readonly blobs: Blobs }, visit: Visit, id: number): Promise<Proposal> {
  const { db } = app
  const detail = await contributionDetail(db, id)
  const { contribution } = detail
  const after = Math.max(0, Math.trunc(Number(visit.url.searchParams.get('after')) || 0))
  const changes = await changesOf(db, id, { after, limit: changesShown + 1 })
  const undecided = isUndecided(contribution)
  return {
    ...detail,
    ...(await outcomeOf(db, id)),
    reviews: await reviewsOf(db, id),
    quorum: undecided ? await quorumFor(db, contribution) : null,
    patrol: await patrolOf(db, id),
    preview: await readReport(app, id),
    conflicts: undecided ? await conflictsOf(db, id) : [],
    changes: changes.slice(0, changesShown),
    after,
    next: changes.length > changesShown ? after + changesShown : null,
    discussion: await readDiscussion(db, visit, { kind: 'contribution', id: String(id) }),
    place: await placeInQueue(db, visit.actor, contribution.modelId, visit.url.searchParams.get('queue'), id),
  }
}

export async function placeInQueue(
  db: Database,
  actor: Actor | null,
  modelId: number,
  wanted: string | null,
  id: number,
): Promise<QueuePlace | null> {
  const queue = reviewQueues.find((known) => known === wanted)
  if (queue === undefined) return null
  try {
    // Everybody sees what waits; "mine" needs somebody.
    if (queue === 'mine' && actor === null) return null
    return { queue, ...(await neighboursInQueue(db, actor ?? operator, modelId, queue, id)) }
  } catch (error) {
    // A link that a reviewer passed on: it shows the proposal, without the reviewer's queue.
    if (error instanceof AppError && error.code === 'forbidden') return null
    throw error
  }
}
