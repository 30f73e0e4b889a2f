/** Looks at what was accepted without review: it stays, or it is taken back. */

import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database, Db } from '../../storage/database.ts'
import { endAsking } from '../contributions/ask-reviewers.ts'
import { lockContribution } from '../contributions/contribute.ts'
import { findContribution } from '../contributions/contribution-queries.ts'
import type { Contribution } from '../contributions/contribution.ts'
import { lockModel } from '../models/model-queries.ts'
import { notify } from '../notifications/notify.ts'
import { actorId, actorName, requireRole, type Actor } from '../people/actor.ts'
import { findPatrol } from '../reviews/patrol-queries.ts'
import type { Patrol } from '../reviews/patrol.ts'
import { parseReviewMessage } from '../reviews/review-contribution.ts'
import { acceptNow } from './decide-contribution.ts'
import type { DatasetRevision } from './dataset-revision.ts'
import { revertContribution } from './revert-contribution.ts'

type App = { readonly db: Database; readonly blobs: Blobs }

export interface Patrolled {
  readonly patrol: Patrol
  /** The revision without it, where it was taken back. */
  readonly revision: DatasetRevision | null
}

/**
 * Reviewers, about the work of others. `ok` marks it seen. `revert` takes it back at once: one reviewer could have rejected it before, so one may undo it
 * now; its author can offer it again for review. A revert costs its author trust.
 */
export async function patrolContribution(
  app: App,
  actor: Actor,
  id: number,
  input: { readonly decision: 'ok' | 'revert'; readonly message: string },
): Promise<Patrolled> {
  const message = parseReviewMessage(input.decision === 'ok' ? 'accept' : 'reject', input.message)
  const contribution = await findContribution(app.db, id)
  requireRole(actor, 'reviewer', contribution.modelId)
  if (contribution.authorId === actorId(actor))
    throw new AppError('forbidden', `Contribution ${id} is ${actorName(actor)}'s own; somebody else has to look at it.`)
  requireWaiting(await findPatrol(app.db, id))
  const revert = input.decision === 'revert' ? await openRevert(app, actor, id, message) : null
  return app.db.transaction().execute(async (db) => {
    await lockModel(db, contribution.modelId)
    requireWaiting(await findPatrol(db, id))
    const revision = revert === null ? null : await acceptNow({ db, blobs: app.blobs }, await lockContribution(db, revert.id))
    await db
      .updateTable('patrols')
      .set({
        state: revert === null ? 'seen' : 'reverted',
        patrollerId: actorId(actor),
        message,
        revertId: revert?.id ?? null,
        decidedAt: new Date(),
      })
      .where('contributionId', '=', id)
      .execute()
    await endAsking(db, contribution)
    if (revert !== null) await endAsking(db, revert)
    if (revert !== null)
      await notify(db, {
        personIds: [contribution.authorId],
        actorId: actorId(actor),
        kind: 'reverted',
        sentence: `${actorName(actor)} took back your contribution ${id}, which had been accepted at once: ${message} You can offer it again; it is reviewed then.`,
        link: `/contributions/${id}`,
      })
    return { patrol: await findPatrol(db, id), revision }
  })
}

function requireWaiting({ contributionId, state, patroller }: Patrol): void {
  if (state === 'waiting') return
  throw new AppError(
    'conflict',
    `Contribution ${contributionId} was looked at already: it is ${state}, by ${patroller ?? 'a contribution that was reviewed'}.`,
  )
}

/** The reverse of the contribution; the one that this actor offered before, where that was interrupted before it was accepted. */
async function openRevert(app: App, actor: Actor, id: number, message: string): Promise<Contribution> {
  const left = await openRevertOf(app.db, actor, id)
  return (
    left ??
    (await revertContribution(app, actor, id, { message: `Reverts contribution ${id}: ${message}`, signOff: actorName(actor) }))
      .contribution
  )
}

async function openRevertOf(db: Db, actor: Actor, id: number): Promise<Contribution | null> {
  const row = await db
    .selectFrom('contributions')
    .select('id')
    .where('reverts', '=', id)
    .where('authorId', 'is not distinct from', actorId(actor))
    .where('state', '=', 'open')
    .orderBy('id')
    .executeTakeFirst()
  return row ? findContribution(db, row.id) : null
}
