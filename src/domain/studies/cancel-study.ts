/** Stops a study that has not ended. */

import type { Database } from '../../storage/database.ts'
import { requireRole, type Actor } from '../people/actor.ts'
import { announce } from '../training/changes.ts'
import { findStudy } from './study-queries.ts'
import type { Study } from './study.ts'

/** Reviewers and maintainers. One that has ended stays as it is. */
export async function cancelStudy(app: { readonly db: Database }, actor: Actor, id: number): Promise<Study> {
  return app.db.transaction().execute(async (db) => {
    const { modelId } = await findStudy(db, id)
    requireRole(actor, 'reviewer', modelId)
    await db
      .updateTable('studies')
      .set({ state: 'cancelled', endedAt: new Date() })
      .where('id', '=', id)
      .where('state', 'in', ['queued', 'running'])
      .execute()
    await announce(db)
    return findStudy(db, id)
  })
}
