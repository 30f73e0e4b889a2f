/** Takes a release back: it stays on record with the reason, and is no longer served. */

import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import { requireRole, type Actor } from '../people/actor.ts'
import { findRelease } from './release-queries.ts'
import type { Release } from './release.ts'

/** A sentence or two; the long story belongs where it can be discussed. */
const reasonLimit = 2000

/** Maintainers. The reason is shown to everybody who asks for the release. Retracting twice is a `conflict`. */
export async function retractRelease(
  app: { readonly db: Database },
  actor: Actor,
  model: string,
  version: string,
  reason: string,
): Promise<Release> {
  const said = reason.trim()
  if (said === '' || said.length > reasonLimit)
    throw new AppError(
      'invalid',
      `Say why ${version} is retracted, in 1 to ${reasonLimit} characters: whoever relies on it will read that.`,
    )
  return app.db.transaction().execute(async (db) => {
    const release = await findRelease(db, model, version)
    requireRole(actor, 'maintainer', release.modelId)
    if (release.state === 'retracted')
      throw new AppError('conflict', `${model} ${release.version} was retracted already: ${release.retraction ?? ''}`)
    await db
      .updateTable('releases')
      .set({ state: 'retracted', retraction: /[.!?।]$/u.test(said) ? said : `${said}.` })
      .where('id', '=', release.id)
      .execute()
    return findRelease(db, model, release.version)
  })
}
