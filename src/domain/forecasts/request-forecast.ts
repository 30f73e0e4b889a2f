/** Asks for a forecast of a community model, and for nothing that was forecast before. */

import { sql } from 'kysely'
import { AppError } from '../../errors.ts'
import type { Db } from '../../storage/database.ts'
import type { Recipe } from '../../trainers/trainer.ts'
import { latestRevision } from '../datasets/dataset-queries.ts'
import { findBaseById, findModel } from '../models/model-queries.ts'
import { listSuites } from '../models/suite-queries.ts'
import { actorId, requireRole, type Actor } from '../people/actor.ts'
import { announce } from '../training/changes.ts'
import type { TrainingApp } from '../training/start-run.ts'
import { recipeOf } from '../training/wanted-run.ts'
import { findForecast } from './forecast-queries.ts'
import type { Forecast } from './forecast.ts'
import { fewestExamples, furtherFractions, neededFractions } from './fractions.ts'

export interface ForecastOptions {
  /** Seconds that trainings and evaluations may take together; an hour where nothing is said. */
  readonly budgetSeconds?: number
}

const standardBudget = 3600
/** A day. */
const largestBudget = 86_400

/**
 * Reviewers and maintainers. The forecast of the newest revision with the model's own recipe and its current suites, where one of exactly this has finished
 * or is under way, and a queued one otherwise. Trainings that were made before are used again.
 */
export async function requestForecast(app: TrainingApp, actor: Actor, name: string, options: ForecastOptions = {}): Promise<Forecast> {
  const { budgetSeconds = standardBudget } = options
  if (!(budgetSeconds > 0 && budgetSeconds <= largestBudget))
    throw new AppError('invalid', `A budget of ${budgetSeconds} seconds cannot be kept; choose one above 0, up to ${largestBudget}.`)
  return app.db.transaction().execute(async (db) => {
    const model = await findModel(db, name)
    requireRole(actor, 'reviewer', model.id)
    const recipe = recipeOf(model, await findBaseById(db, model.baseId))
    const revision = await latestRevision(db, model.id)
    if (!revision || revision.count < fewestExamples)
      throw new AppError(
        'conflict',
        `The dataset of ${name} has ${revision?.count ?? 0} examples; a forecast compares eighths of it and needs at least ${fewestExamples}. Contribute more, then ask again.`,
      )
    const suites = await listSuites(db, model.id)
    if (suites.length === 0)
      throw new AppError(
        'conflict',
        `${name} has no eval suite, so a forecast could measure nothing; "suite add ${name} <file.jsonl>" adds one.`,
      )
    const ids = suites.map(({ id }) => id)
    const known = await sameForecast(db, { revisionId: revision.id, suites: ids, recipe, trainer: app.trainer.version })
    if (known !== null) return findForecast(db, known)
    const { id } = await db
      .insertInto('forecasts')
      .values({
        modelId: model.id,
        revisionId: revision.id,
        suites: JSON.stringify(ids),
        recipe: JSON.stringify(recipe),
        trainer: app.trainer.version,
        budgetSeconds,
        state: 'queued',
        fractions: JSON.stringify([...neededFractions, ...furtherFractions]),
        points: '[]',
        buildId: null,
        result: null,
        error: null,
        requestedBy: actorId(actor),
        startedAt: null,
        endedAt: null,
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    await app.jobs.enqueue(db, 'forecast', { forecastId: id })
    await announce(db)
    return findForecast(db, id)
  })
}

async function sameForecast(
  db: Db,
  wanted: { readonly revisionId: number; readonly suites: readonly number[]; readonly recipe: Recipe; readonly trainer: string },
): Promise<number | null> {
  const row = await db
    .selectFrom('forecasts')
    .select('id')
    .where('revisionId', '=', wanted.revisionId)
    .where(sql<boolean>`suites = ${JSON.stringify(wanted.suites)}::jsonb`)
    .where(sql<boolean>`recipe = ${JSON.stringify(wanted.recipe)}::jsonb`)
    .where('trainer', '=', wanted.trainer)
    .where('state', 'in', ['finished', 'queued', 'running'])
    .orderBy('id', 'desc')
    .executeTakeFirst()
  return row?.id ?? null
}
