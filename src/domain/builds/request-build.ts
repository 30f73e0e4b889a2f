/** Asks for a build, and for nothing that was built before. */

import { sql } from 'kysely'
import type { Db } from '../../storage/database.ts'
import { announce } from '../training/changes.ts'
import type { TrainingApp } from '../training/start-run.ts'
import { findTwin, insertRun, storeExamples, type WantedRun } from '../training/wanted-run.ts'
import { actorId, type Actor } from '../people/actor.ts'
import type { Build } from './build.ts'
import { findBuild } from './build-queries.ts'

export interface WantedBuild extends Omit<WantedRun, 'purpose'> {
  /** Id of the release to compare with; null: the base alone. */
  readonly baselineId: number | null
  /** Ids of the suites to ask. */
  readonly suites: readonly number[]
}

/**
 * The build of exactly this, where it finished or is under way, and a queued one otherwise: what was made from the same base, dataset, recipe, start and
 * trainer is not made again, also where it is asked other suites. Says nothing about who may ask: its callers do.
 */
export async function requestBuild(app: TrainingApp, actor: Actor, wanted: WantedBuild): Promise<Build> {
  const run: WantedRun = { ...wanted, purpose: 'build' }
  const twin = await findTwin(app, run)
  if (twin !== null) {
    const known = await sameBuild(app.db, twin, wanted)
    if (known !== null) return findBuild(app.db, known)
  }
  const examples = twin === null ? await storeExamples(app, run) : null
  return app.db.transaction().execute(async (db) => {
    const runId = twin ?? (await insertRun(app, db, actor, run, examples!)).id
    const { id } = await db
      .insertInto('builds')
      .values({
        modelId: wanted.revision.modelId,
        runId,
        baselineId: wanted.baselineId,
        suites: JSON.stringify(wanted.suites),
        state: 'queued',
        comparisons: null,
        error: null,
        requestedBy: actorId(actor),
        startedAt: null,
        endedAt: null,
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    await app.jobs.enqueue(db, 'build', { buildId: id })
    await announce(db)
    return findBuild(db, id)
  })
}

async function sameBuild(db: Db, runId: number, wanted: WantedBuild): Promise<number | null> {
  const row = await db
    .selectFrom('builds')
    .select('id')
    .where('runId', '=', runId)
    .where('baselineId', wanted.baselineId === null ? 'is' : '=', wanted.baselineId)
    .where(sql<boolean>`suites = ${JSON.stringify(wanted.suites)}::jsonb`)
    .where('state', 'in', ['finished', 'queued', 'running'])
    .orderBy('id', 'desc')
    .executeTakeFirst()
  return row?.id ?? null
}
