/** Stops a build that has not ended. */

import type { Database } from '../../storage/database.ts'
import { announce } from '../training/changes.ts'
import { hasEnded } from '../training/run.ts'
import type { Build } from './build.ts'
import { findBuild } from './build-queries.ts'

/** Its run stops too, unless another build wants the same one. Who may do so is said by whoever calls. One that has ended stays as it is. */
export async function cancelBuild(app: { readonly db: Database }, id: number): Promise<Build> {
  return app.db.transaction().execute(async (db) => {
    const build = await findBuild(db, id)
    if (hasEnded(build.state)) return build
    await db.updateTable('builds').set({ state: 'cancelled', endedAt: new Date() }).where('id', '=', id).execute()
    const others = await db
      .selectFrom('builds')
      .select('id')
      .where('runId', '=', build.run.id)
      .where('state', 'in', ['queued', 'running'])
      .executeTakeFirst()
    if (!others)
      await db
        .updateTable('trainingRuns')
        .set({ state: 'cancelled', endedAt: build.run.state === 'queued' ? new Date() : null })
        .where('id', '=', build.run.id)
        .where('state', 'in', ['queued', 'running'])
        .execute()
    await announce(db)
    return findBuild(db, id)
  })
}
