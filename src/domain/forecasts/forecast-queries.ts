/** Reads of forecasts. */

import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { RunState } from '../../storage/schema.ts'
import type { Recipe } from '../../trainers/trainer.ts'
import { findBuild } from '../builds/build-queries.ts'
import { latestRevision } from '../datasets/dataset-queries.ts'
import { findModel } from '../models/model-queries.ts'
import { listSuites } from '../models/suite-queries.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'
import { changes } from '../training/changes.ts'
import { hasEnded } from '../training/run.ts'
import { describeForecast } from './describe-forecast.ts'
import type { Forecast, ForecastPoint, ForecastProgress, ForecastResult } from './forecast.ts'
import { fractionName, sameFraction, type Fraction } from './fractions.ts'

export async function findForecast(db: Db, id: number): Promise<Forecast> {
  return toForecast(db, await readForecast(db, id))
}

/** Newest first; `after` is the id to go on below. */
export async function listForecasts(db: Db, model: string, page: Page = {}): Promise<Forecast[]> {
  const { id } = await findModel(db, model)
  let query = forecasts(db).where('forecasts.modelId', '=', id)
  if (page.after !== undefined) query = query.where('forecasts.id', '<', page.after)
  const found: Forecast[] = []
  for (const row of await query.orderBy('forecasts.id', 'desc').limit(pageLimit(page)).execute())
    found.push(await toForecast(db, toRow(row)))
  return found
}

/** At once, then at each change of the forecast or of what it trains; ends after the update in which it has ended. */
export async function* watchForecast(
  app: { readonly db: Database },
  id: number,
  options: { readonly signal?: AbortSignal } = {},
): AsyncIterable<Forecast> {
  let seen = ''
  for await (const _ of changes(app.db, options.signal)) {
    const forecast = await findForecast(app.db, id)
    const now = JSON.stringify([forecast.state, forecast.progress])
    if (now === seen) continue
    seen = now
    yield forecast
    if (hasEnded(forecast.state)) return
  }
}

/** A forecast as the job that makes it needs it. */
export interface ForecastRow {
  readonly id: number
  readonly modelId: number
  readonly model: string
  readonly revision: Forecast['revision']
  readonly suites: readonly number[]
  readonly recipe: Recipe
  readonly budgetSeconds: number
  readonly state: RunState
  readonly fractions: readonly Fraction[]
  readonly points: readonly ForecastPoint[]
  readonly buildId: number | null
  readonly result: ForecastResult | null
  readonly error: string | null
  readonly requestedBy: number | null
  readonly createdAt: Date
  readonly startedAt: Date | null
  readonly endedAt: Date | null
}

export async function readForecast(db: Db, id: number): Promise<ForecastRow> {
  const row = await forecasts(db).where('forecasts.id', '=', id).executeTakeFirst()
  if (!row) throw new AppError('not-found', `There is no forecast ${id}; "forecast <owner/name>" makes one.`)
  return toRow(row)
}

function forecasts(db: Db) {
  return db
    .selectFrom('forecasts')
    .innerJoin('communityModels', 'communityModels.id', 'forecasts.modelId')
    .innerJoin('datasetRevisions', 'datasetRevisions.id', 'forecasts.revisionId')
    .selectAll('forecasts')
    .select([
      'communityModels.owner',
      'communityModels.name',
      'datasetRevisions.number as revisionNumber',
      'datasetRevisions.digest as revisionDigest',
      'datasetRevisions.count as revisionCount',
    ])
}

type Selected = Awaited<ReturnType<ReturnType<typeof forecasts>['execute']>>[number]

function toRow({ owner, name, revisionId, revisionNumber, revisionDigest, revisionCount, trainer: _, ...row }: Selected): ForecastRow {
  return {
    ...row,
    model: `${owner}/${name}`,
    // Forecasts are made of accepted revisions, which keep their number.
    revision: { id: revisionId, number: revisionNumber!, digest: revisionDigest, count: revisionCount },
    recipe: row.recipe as Recipe,
    fractions: row.fractions as readonly Fraction[],
    points: row.points as readonly ForecastPoint[],
    result: row.result as ForecastResult | null,
  }
}

async function toForecast(db: Db, { fractions, buildId, ...row }: ForecastRow): Promise<Forecast> {
  return {
    ...row,
    progress: await progressOf(db, { fractions, buildId, ...row }),
    sentences: row.result === null ? [] : describeForecast(row, row.result),
    stale: await staleness(db, row),
  }
}

async function progressOf(db: Db, { state, fractions, points, buildId, revision }: ForecastRow): Promise<ForecastProgress> {
  const of = fractions.length
  if (hasEnded(state)) return { done: points.length, of, fraction: null, step: null, steps: null, secondsLeft: 0 }
  const waiting = fractions.filter((fraction) => !points.some((point) => sameFraction(point, fraction)))
  const current = waiting[0] ?? null
  const progress = buildId === null ? null : (await findBuild(db, buildId)).run.progress
  const rate = rateOf(points)
  const later = waiting.slice(1).reduce((sum, { share }) => sum + share * revision.count, 0)
  const now = progress?.secondsLeft ?? (rate === null ? null : rate * (current?.share ?? 0) * revision.count)
  return {
    done: points.length,
    of,
    fraction: current && fractionName(current),
    step: progress?.step ?? null,
    steps: progress?.steps ?? null,
    secondsLeft: rate === null || now === null ? null : now + rate * later,
  }
}

/** Seconds per example, by what was trained so far. */
function rateOf(points: readonly ForecastPoint[]): number | null {
  const examples = points.reduce((sum, point) => sum + point.examples, 0)
  return examples === 0 ? null : points.reduce((sum, { seconds }) => sum + seconds, 0) / examples
}

async function staleness(
  db: Db,
  { modelId, model, revision, suites }: Pick<ForecastRow, 'modelId' | 'model' | 'revision' | 'suites'>,
): Promise<string | null> {
  const newest = await latestRevision(db, modelId)
  if (newest && newest.id !== revision.id)
    return `The dataset has moved on since, from revision ${revision.number} (${revision.count} examples) to ${newest.number} (${newest.count}); "forecast ${model}" makes a new one.`
  const current = (await listSuites(db, modelId)).map(({ id }) => id)
  if (current.join() !== suites.join()) return `The eval suites have changed since; "forecast ${model}" makes a new one.`
  return null
}
