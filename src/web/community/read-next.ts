/** What somebody can do for a community at this moment, by their role and by how things stand; each answered by one bounded query. */

import { latestRevision } from '../../domain/datasets/dataset-queries.ts'
import type { CommunityHealth } from '../../domain/feedback/community-health.ts'
import type { Suite } from '../../domain/models/suite.ts'
import { hasRole, type Actor } from '../../domain/people/actor.ts'
import { releasedRevision, scheduleOf, trainUnderWay } from '../../domain/release-train/train-queries.ts'
import type { Schedule } from '../../domain/release-train/schedule.ts'
import type { BriefRelease } from '../../domain/releases/release-queries.ts'
import { reviewQueue } from '../../domain/reviews/review-queues.ts'
import type { Db } from '../../storage/database.ts'

export interface Next {
  /** The visitor's own proposal that was sent back. */
  readonly sentBack: { readonly id: number; readonly message: string } | null
  /** Proposals the visitor can review now; at most `many`. */
  readonly toReview: number
  readonly train: { readonly id: number; readonly number: number; readonly state: string } | null
  /** Proposals accepted since the newest release; at most `many`. */
  readonly aboard: number
  readonly schedule: Schedule
  readonly lacksTarget: boolean
  /** A suite that the newest release answered rightly in all of it, where every target is so. */
  readonly ceiling: string | null
  readonly wrong: CommunityHealth['answersWaiting']
}

/** More are not counted. */
export const many = 100

export async function readNext(
  db: Db,
  actor: Actor | null,
  modelId: number,
  {
    health,
    suites,
    release,
  }: { readonly health: CommunityHealth; readonly suites: readonly Suite[]; readonly release: BriefRelease | null },
): Promise<Next> {
  const reviews = actor !== null && hasRole(actor, 'reviewer', modelId)
  const [sentBack, queue, train, aboard, schedule] = await Promise.all([
    actor?.kind === 'person' ? sentBackOf(db, modelId, actor.id) : null,
    reviews ? reviewQueue(db, actor, modelId, 'mine', { limit: many }) : [],
    trainUnderWay(db, modelId),
    acceptedSince(db, modelId, release),
    scheduleOf(db, modelId),
  ])
  const targets = release?.gate.suites.filter(({ comparison }) => comparison.suite.target) ?? []
  const full =
    targets.length > 0 && targets.every(({ comparison: { metric, subject } }) => metric !== 'bits-per-byte' && subject.score === 1)
  return {
    sentBack,
    toReview: queue.length,
    train: train && { id: train.id, number: train.number, state: train.state },
    aboard,
    schedule,
    lacksTarget: !suites.some(({ target }) => target),
    ceiling: full ? (targets[0]?.name ?? null) : null,
    wrong: health.answersWaiting,
  }
}

async function sentBackOf(db: Db, modelId: number, authorId: number): Promise<Next['sentBack']> {
  const row = await db
    .selectFrom('contributions')
    .select(['id', 'message'])
    .where('modelId', '=', modelId)
    .where('authorId', '=', authorId)
    .where('state', '=', 'changes-requested')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}

async function acceptedSince(db: Db, modelId: number, release: BriefRelease | null): Promise<number> {
  const [head, before] = [await latestRevision(db, modelId), await releasedRevision(db, release?.id ?? null)]
  if (!head || head.number <= (before?.number ?? 0)) return 0
  const rows = await db
    .selectFrom('datasetRevisions')
    .innerJoin('revisionContributions', 'revisionContributions.revisionId', 'datasetRevisions.id')
    .select('revisionContributions.contributionId')
    .where('datasetRevisions.modelId', '=', modelId)
    .where('datasetRevisions.number', '>', before?.number ?? 0)
    .limit(many)
    .execute()
  return rows.length
}
