/** Reads of builds. */

import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { Comparison } from '../evaluation/evaluation.ts'
import { changes } from '../training/changes.ts'
import { findRun } from '../training/run-queries.ts'
import { hasEnded } from '../training/run.ts'
import type { Build } from './build.ts'

export async function findBuild(db: Db, id: number): Promise<Build> {
  const row = await db.selectFrom('builds').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) throw new AppError('not-found', `There is no build ${id}.`)
  const { runId, comparisons, ...rest } = row
  return { ...rest, run: await findRun(db, runId), comparisons: comparisons as readonly Comparison[] | null }
}

/** At once, then at each change of the build or its run; ends after the update in which it has ended. Aborting ends it with the signal's reason. */
export async function* watchBuild(
  app: { readonly db: Database },
  id: number,
  options: { readonly signal?: AbortSignal } = {},
): AsyncIterable<Build> {
  let seen = ''
  for await (const _ of changes(app.db, options.signal)) {
    const build = await findBuild(app.db, id)
    const now = JSON.stringify([build.state, build.run.state, build.run.progress.step])
    if (now === seen) continue
    seen = now
    yield build
    if (hasEnded(build.state)) return
  }
}
