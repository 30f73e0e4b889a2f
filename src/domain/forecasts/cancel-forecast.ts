/** Stops a forecast that has not ended. */

import type { Database } from '../../storage/database.ts'
import { cancelUnwanted } from '../builds/cancel-unwanted.ts'
import { requireRole, type Actor } from '../people/actor.ts'
import { announce } from '../training/changes.ts'
import { hasEnded } from '../training/run.ts'
import { findForecast, readForecast } from './forecast-queries.ts'
import type { Forecast } from './forecast.ts'

/** Reviewers and maintainers. What was trained stays, and the next forecast of the same uses it. One that has ended stays as it is. */
export async function cancelForecast(app: { readonly db: Database }, actor: Actor, id: number): Promise<Forecast> {
  const buildId = await app.db.transaction().execute(async (db) => {
    await db.selectFrom('forecasts').select('id').where('id', '=', id).forUpdate().executeTakeFirst()
    const forecast = await readForecast(db, id)
    requireRole(actor, 'reviewer', forecast.modelId)
    if (hasEnded(forecast.state)) return null
    await db.updateTable('forecasts').set({ state: 'cancelled', endedAt: new Date() }).where('id', '=', id).execute()
    await announce(db)
    return forecast.buildId
  })
  if (buildId !== null) await cancelUnwanted(app, buildId)
  return findForecast(app.db, id)
}
