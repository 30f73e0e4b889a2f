/** The job that forecasts: one training and its evaluations, then the next job for the next one, and at the end what they say together. */

import { AppError } from '../../errors.ts'
import { FormatError } from '../../formats/format-error.ts'
import type { Db } from '../../storage/database.ts'
import type { JobContext } from '../../storage/jobs.ts'
import type { BuildApp } from '../builds/run-build.ts'
import { announce } from '../training/changes.ts'
import { hasEnded } from '../training/run.ts'
import { concludeForecast } from './conclude-forecast.ts'
import { readForecast, type ForecastRow } from './forecast-queries.ts'
import type { ForecastPoint } from './forecast.ts'
import { fractionName, neededFractions, sameFraction, type Fraction } from './fractions.ts'
import { measureFraction } from './measure-fraction.ts'

/**
 * Goes on where an interrupted forecast was. Aborting the signal leaves the records as they are, for the queue to begin again. What goes wrong is written to
 * the forecast; only a bug is thrown too.
 */
export async function runForecast(app: BuildApp, id: number, context: JobContext): Promise<void> {
  const forecast = await readForecast(app.db, id)
  if (hasEnded(forecast.state)) return
  await app.db
    .updateTable('forecasts')
    .set({ state: 'running', startedAt: forecast.startedAt ?? new Date(), error: null })
    .where('id', '=', id)
    .where('state', 'in', ['queued', 'running'])
    .execute()
  await announce(app.db)
  try {
    const next = nextFraction(forecast)
    if (next === null) return await conclude(app, forecast)
    const point = await measureFraction(app, forecast, next, context)
    if (point !== null) await goOn(app, id, point)
  } catch (error) {
    if (context.signal.aborted) throw error
    const expected = error instanceof AppError || error instanceof FormatError
    await end(app.db, id, expected ? error.message : 'It stopped because of a fault in the software; the server log has it.')
    if (!expected) throw error
  }
}

/**
 * What is to be trained next, or null where enough is. Further choices are left out where the budget would not hold; a needed one is an error then.
 */
export function nextFraction({ fractions, points, revision, budgetSeconds }: ForecastRow): Fraction | null {
  const spent = points.reduce((sum, { seconds, reused }) => sum + (reused ? 0 : seconds), 0)
  for (const fraction of fractions) {
    if (points.some((point) => sameFraction(point, fraction))) continue
    const takes = secondsOf(points, fraction.share * revision.count)
    if (takes === null || spent + takes <= budgetSeconds) return fraction
    if (!neededFractions.some((needed) => sameFraction(needed, fraction))) continue
    throw new AppError(
      'conflict',
      `Training on ${fractionName(fraction)} would take about ${Math.ceil(takes)} more seconds, and of the budget of ${Math.round(budgetSeconds)} ${Math.round(spent)} are spent. Ask again with ${Math.ceil(1.2 * totalSeconds(points, revision.count))}; what was trained is used again.`,
    )
  }
  return null
}

/** What training and evaluation on so many examples would take, by the largest training so far: small ones are mostly the evaluation. */
export function secondsOf(points: readonly ForecastPoint[], examples: number): number | null {
  const largest = points.reduce<ForecastPoint | null>((most, point) => (most && most.examples >= point.examples ? most : point), null)
  return largest && (largest.seconds * examples) / largest.examples
}

function totalSeconds(points: readonly ForecastPoint[], count: number): number {
  return neededFractions.reduce((sum, { share }) => sum + (secondsOf(points, share * count) ?? 0), 0)
}

/** The point and the next job come to be together, so that a forecast goes on after whatever happens. */
async function goOn(app: BuildApp, id: number, point: ForecastPoint): Promise<void> {
  await app.db.transaction().execute(async (db) => {
    await db.selectFrom('forecasts').select('id').where('id', '=', id).forUpdate().executeTakeFirst()
    const { state, points } = await readForecast(db, id)
    if (state !== 'running') return
    const others = points.filter((other) => !sameFraction(other, point))
    await db
      .updateTable('forecasts')
      .set({ points: JSON.stringify([...others, point]), buildId: null })
      .where('id', '=', id)
      .execute()
    await app.jobs.enqueue(db, 'forecast', { forecastId: id })
    await announce(db)
  })
}

async function conclude(app: BuildApp, forecast: ForecastRow): Promise<void> {
  const result = await concludeForecast(app, forecast)
  await app.db
    .updateTable('forecasts')
    .set({ state: 'finished', result: JSON.stringify(result), endedAt: new Date() })
    .where('id', '=', forecast.id)
    .where('state', '=', 'running')
    .execute()
  await announce(app.db)
}

async function end(db: Db, id: number, error: string): Promise<void> {
  await db
    .updateTable('forecasts')
    .set({ state: 'failed', error, endedAt: new Date() })
    .where('id', '=', id)
    .where('state', 'in', ['queued', 'running'])
    .execute()
  await announce(db)
}
