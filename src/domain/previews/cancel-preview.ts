/** Stops a preview, and those of its builds that nobody else waits for. */

import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import { cancelUnwanted } from '../builds/cancel-unwanted.ts'
import { findContribution } from '../contributions/contribution-queries.ts'
import type { Contribution } from '../contributions/contribution.ts'
import { requireRole, type Actor } from '../people/actor.ts'
import { announce } from '../training/changes.ts'
import { hasEnded } from '../training/run.ts'
import { findPreview } from './preview-queries.ts'
import type { Preview } from './preview.ts'

/** Its author, reviewers and maintainers. A cancelled one stays as it is; `conflict` where it has ended otherwise. */
export async function cancelPreview(app: { readonly db: Database }, actor: Actor, contributionId: number): Promise<Preview> {
  requireAuthorOrReviewer(actor, await findContribution(app.db, contributionId))
  const preview = await findPreview(app.db, contributionId)
  if (preview.state === 'cancelled') return preview
  if (hasEnded(preview.state))
    throw new AppError(
      'conflict',
      `The preview of contribution ${contributionId} has ${preview.state} already; there is nothing to cancel.`,
    )
  await dropUnfinished(app, contributionId)
  return findPreview(app.db, contributionId)
}

/** Throws `forbidden` for everybody but the author, reviewers and maintainers. */
export function requireAuthorOrReviewer(actor: Actor, { authorId, modelId }: Pick<Contribution, 'authorId' | 'modelId'>): void {
  if (actor.kind === 'operator' || actor.id !== authorId) requireRole(actor, 'reviewer', modelId)
}

/** Cancels the previews of a contribution that are under way, all or all but one. */
export async function dropUnfinished(
  app: { readonly db: Database },
  contributionId: number,
  { but }: { readonly but?: number } = {},
): Promise<void> {
  const dropped = await app.db.transaction().execute(async (db) => {
    const rows = await unfinished(db)
      .where('previews.contributionId', '=', contributionId)
      .where('previews.id', '!=', but ?? 0)
      .execute()
    for (const { id } of rows) await db.updateTable('previews').set({ cancelledAt: new Date() }).where('id', '=', id).execute()
    if (rows.length > 0) await announce(db)
    return rows
  })
  const builds = new Set(dropped.flatMap(({ buildId, controlId }) => (controlId === null ? [buildId] : [buildId, controlId])))
  for (const id of builds) await cancelUnwanted(app, id)
}

/** Previews that wait for a build. */
export function unfinished(db: Db) {
  return db
    .selectFrom('previews')
    .select(['previews.id', 'previews.contributionId', 'previews.requestedBy', 'previews.buildId', 'previews.controlId'])
    .where('previews.cancelledAt', 'is', null)
    .where((where) =>
      where.exists(
        where
          .selectFrom('builds')
          .select('builds.id')
          .where((on) => on.or([on('builds.id', '=', on.ref('previews.buildId')), on('builds.id', '=', on.ref('previews.controlId'))]))
          .where('builds.state', 'in', ['queued', 'running']),
      ),
    )
}
