/** Reviews a contribution and does what follows: once enough people accept it, the next dataset revision is made. */

import { sql } from 'kysely'
import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database, Db } from '../../storage/database.ts'
import { endAsking } from '../contributions/ask-reviewers.ts'
import { dropClaims } from '../contributions/claims.ts'
import { lockContribution } from '../contributions/contribute.ts'
import { digestsOfChanges, findContribution, preparedChangesOf } from '../contributions/contribution-queries.ts'
import type { Contribution, ContributionState } from '../contributions/contribution.ts'
import { checkAgainstModel } from '../contributions/examine-offer.ts'
import { noteAccepted } from '../contributions/note-accepted.ts'
import { casesAmong, clausesAmong } from '../contributions/prepared-change.ts'
import { lockModel } from '../models/model-queries.ts'
import { reviseCharter } from '../models/revise-charter.ts'
import { reviseRegressions } from '../models/revise-regressions.ts'
import { actorId, requireRole, type Actor } from '../people/actor.ts'
import { quorumFor } from '../reviews/quorum-queries.ts'
import { insertReview, parseDecision, parseReviewMessage } from '../reviews/review-contribution.ts'
import { reviewsOf } from '../reviews/review-queries.ts'
import type { Decision, Review } from '../reviews/review.ts'
import { tellAuthor } from '../reviews/tell-author.ts'
import type { DatasetRevision } from './dataset-revision.ts'
import { reviseDataset } from './revise-dataset.ts'

export interface Decided {
  readonly review: Review
  readonly contribution: Contribution
  /** The revision this decision made; null while more reviews are needed, where it was not accepted, or where it changes no example. */
  readonly revision: DatasetRevision | null
}

/**
 * One transaction: the review, the contribution's state and the new revision come together or not at all. Two decisions about one model wait for each
 * other. Throws `conflict`, with what is in the way in `details`, where the dataset or the suites have moved on since the contribution was checked.
 */
export async function decideContribution(
  app: { readonly db: Database; readonly blobs: Blobs },
  actor: Actor,
  id: number,
  input: { readonly decision: string; readonly message?: string | undefined },
): Promise<Decided> {
  const decision = parseDecision(input.decision)
  const message = parseReviewMessage(decision, input.message ?? '')
  const { modelId } = await findContribution(app.db, id)
  requireRole(actor, 'reviewer', modelId)
  return app.db.transaction().execute(async (db) => {
    await lockModel(db, modelId)
    const contribution = await lockContribution(db, id)
    const review =
      (await repeatedReview(db, actor, contribution, decision)) ?? (await insertReview(db, actor, contribution, { decision, message }))
    const revision = decision === 'accept' ? await acceptIfEnough({ db, blobs: app.blobs }, contribution) : null
    if (decision === 'reject') await rejectIfEnough(db, contribution)
    if (decision === 'request-changes')
      await db.updateTable('contributions').set({ state: 'changes-requested' }).where('id', '=', id).execute()
    const decided = await findContribution(db, id)
    await endAsking(db, decided, decided.state === 'open' ? review.reviewerId : undefined)
    await tellAuthor(db, decided, review, revision)
    return { review, contribution: decided, revision }
  })
}

/**
 * A quorum can fall, as reviewers leave, to what a proposal has already: whoever accepted or rejected it before can then do so again, and it is decided.
 * Null where this is not so.
 */
async function repeatedReview(db: Db, actor: Actor, contribution: Contribution, decision: Decision): Promise<Review | null> {
  if (decision === 'request-changes' || contribution.state !== 'open') return null
  const own = (await reviewsOf(db, contribution.id)).find(
    (review) => review.round === contribution.round && review.reviewerId === actorId(actor) && review.decision === decision,
  )
  if (!own) return null
  const { needed, accepting, rejection } = await quorumFor(db, contribution)
  const enough = decision === 'accept' ? accepting >= needed : rejection.rejecting >= rejection.needed
  return enough ? own : null
}

async function rejectIfEnough(db: Db, contribution: Contribution): Promise<void> {
  const { needed, rejecting } = (await quorumFor(db, contribution)).rejection
  if (rejecting >= needed) await settle(db, contribution, 'rejected')
}

async function acceptIfEnough(
  app: { readonly db: Db; readonly blobs: Blobs },
  contribution: Contribution,
): Promise<DatasetRevision | null> {
  const { needed, accepting } = await quorumFor(app.db, contribution)
  return accepting < needed ? null : acceptNow(app, contribution)
}

/**
 * Takes a contribution into the dataset, the regression suites and the charter, within a transaction that holds the model's lock and the contribution's.
 * Null where the dataset stays as it is.
 */
export async function acceptNow(
  app: { readonly db: Db; readonly blobs: Blobs },
  contribution: Contribution,
): Promise<DatasetRevision | null> {
  const { id, modelId, round } = contribution
  await refuseStale(app, contribution)
  const change = await digestsOfChanges(app.db, id, round)
  const revision = change.coming.length + change.going.length > 0 ? await reviseDataset(app.db, modelId, [id], change) : null
  await reviseTests(app, contribution)
  await settle(app.db, contribution, 'accepted')
  await noteAccepted(app.db, contribution)
  if (contribution.reverts !== null) await endPatrol(app.db, contribution.reverts, contribution)
  return revision
}

/** The regression suites its cases are for, and the charter with its clauses' suites. */
async function reviseTests(app: { readonly db: Db; readonly blobs: Blobs }, { id, modelId, round, counts }: Contribution): Promise<void> {
  if (counts.case + counts.clause === 0) return
  const changes = await preparedChangesOf(app.db, id, round)
  const [cases, clauses] = [casesAmong(changes), clausesAmong(changes).map(({ change }) => change)]
  if (cases.length > 0) await reviseRegressions(app, modelId, id, cases)
  if (clauses.length > 0) await reviseCharter(app, modelId, id, clauses)
}

/** What was taken back needs no patrol any more. */
async function endPatrol(db: Db, reverted: number, { id: revertId, modelId }: Contribution): Promise<void> {
  await db
    .updateTable('patrols')
    .set({ state: 'reverted', revertId, decidedAt: new Date() })
    .where('contributionId', '=', reverted)
    .where('state', '=', 'waiting')
    .execute()
  await endAsking(db, { id: reverted, modelId })
}

/** The dataset and the suites may have changed since the contribution was checked. */
async function refuseStale(app: { readonly db: Db; readonly blobs: Blobs }, { id, modelId, round, author }: Contribution): Promise<void> {
  const findings = await checkAgainstModel(app, modelId, await preparedChangesOf(app.db, id, round), 'errors')
  const errors = findings.filter(({ severity }) => severity === 'error')
  const first = errors[0]
  if (!first) return
  throw new AppError(
    'conflict',
    `Contribution ${id} no longer fits: ${errors.length} of its changes ${errors.length === 1 ? 'is' : 'are'} in the way of what came since. ` +
      `Row ${first.row}: ${first.sentence} Ask ${author} to revise it.`,
    { details: errors.slice(0, 500) },
  )
}

/** Acceptances of a model are strictly ordered in time, also where the clock is not. */
async function settle(db: Db, { id, modelId }: Contribution, state: ContributionState): Promise<void> {
  const last = sql`(select max(decided_at) from contributions where model_id = ${modelId} and state = 'accepted')`
  const now = sql<Date>`greatest(clock_timestamp(), coalesce(${last} + interval '1 microsecond', clock_timestamp()))`
  await db.updateTable('contributions').set({ state, decidedAt: now }).where('id', '=', id).execute()
  await dropClaims(db, id)
}
