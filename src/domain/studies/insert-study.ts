/** The row of a study and the job that makes it, or the same study where it is there already. */

import { sql } from 'kysely'
import type { Db } from '../../storage/database.ts'
import type { Recipe } from '../../trainers/trainer.ts'
import { actorId, type Actor } from '../people/actor.ts'
import { announce } from '../training/changes.ts'
import type { TrainingApp } from '../training/start-run.ts'
import { findStudy } from './study-queries.ts'
import type { Study } from './study.ts'

export interface WantedStudy {
  readonly kind: Study['kind']
  readonly modelId: number
  readonly revisionId: number
  readonly runId: number | null
  readonly recipe: Recipe
  readonly request: Study['request']
}

export async function insertStudy(app: Pick<TrainingApp, 'jobs' | 'trainer'>, db: Db, actor: Actor, wanted: WantedStudy): Promise<Study> {
  const known = await sameStudy(app, db, wanted)
  if (known !== null) return findStudy(db, known)
  const { id } = await db
    .insertInto('studies')
    .values({
      ...wanted,
      recipe: JSON.stringify(wanted.recipe),
      request: JSON.stringify(wanted.request),
      trainer: app.trainer.version,
      state: 'queued',
      total: null,
      result: null,
      error: null,
      requestedBy: actorId(actor),
      startedAt: null,
      endedAt: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  await app.jobs.enqueue(db, 'study', { studyId: id })
  await announce(db)
  return findStudy(db, id)
}

/** One of exactly this that has finished or is under way: the same would come of it again. */
async function sameStudy({ trainer }: Pick<TrainingApp, 'trainer'>, db: Db, wanted: WantedStudy): Promise<number | null> {
  const row = await db
    .selectFrom('studies')
    .select('id')
    .where('kind', '=', wanted.kind)
    .where('modelId', '=', wanted.modelId)
    .where('revisionId', '=', wanted.revisionId)
    .where('runId', wanted.runId === null ? 'is' : '=', wanted.runId)
    .where(sql<boolean>`recipe = ${JSON.stringify(wanted.recipe)}::jsonb`)
    .where(sql<boolean>`request = ${JSON.stringify(wanted.request)}::jsonb`)
    .where('trainer', '=', trainer.version)
    .where('state', 'in', ['finished', 'queued', 'running'])
    .orderBy('id', 'desc')
    .executeTakeFirst()
  return row?.id ?? null
}
