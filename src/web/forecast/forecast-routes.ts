/** Forecasts of a community: the newest, older ones, asking for one, and stopping it. */

import { Hono, type Context } from 'hono'
import { latestRevision } from '../../domain/datasets/dataset-queries.ts'
import { cancelForecast } from '../../domain/forecasts/cancel-forecast.ts'
import { findForecast, listForecasts } from '../../domain/forecasts/forecast-queries.ts'
import { requestForecast } from '../../domain/forecasts/request-forecast.ts'
import { findModel } from '../../domain/models/model-queries.ts'
import { listSuites } from '../../domain/models/suite-queries.ts'
import { hasRole } from '../../domain/people/actor.ts'
import type { TrainingApp } from '../../domain/training/start-run.ts'
import { AppError } from '../../errors.ts'
import { attempt, typedIn } from '../form.ts'
import { modelPath } from '../markup.ts'
import { goOn, show } from '../page.ts'
import { idIn } from '../parts/numbers-in-paths.ts'
import { requireVisitor, sayNext } from '../visit.ts'
import { forecastPage } from './forecast-page.ts'

/** A page shows one forecast and links the others; older ones are in the API. */
const listed = 12

export function forecastRoutes(app: TrainingApp): Hono {
  return new Hono()
    .get('/models/:owner/:name/forecast', async (c) => showForecast(app, c))
    .post('/models/:owner/:name/forecast', async (c) => {
      const [actor, typed] = [requireVisitor(c), await typedIn(c)]
      const minutes = Number(typed['minutes'])
      const { done, refused } = await attempt(() =>
        requestForecast(app, actor, nameIn(c), Number.isFinite(minutes) && minutes > 0 ? { budgetSeconds: minutes * 60 } : {}),
      )
      if (refused) return showForecast(app, c, refused)
      sayNext(c, done.state === 'finished' ? 'forecast.saidKnown' : 'forecast.saidAsked')
      return goOn(c, modelPath(done.model, '/forecast'))
    })
    .post('/forecasts/:forecast/cancel', async (c) => {
      const forecast = await cancelForecast(app, requireVisitor(c), idIn(c.req.param('forecast')))
      sayNext(c, 'forecast.saidCancelled')
      return goOn(c, modelPath(forecast.model, '/forecast'))
    })
}

const nameIn = (c: Context) => `${c.req.param('owner')}/${c.req.param('name')}`

async function showForecast(app: TrainingApp, c: Context, refused: AppError | null = null): Promise<Response> {
  const model = await findModel(app.db, nameIn(c))
  const all = await listForecasts(app.db, `${model.owner}/${model.name}`, { limit: listed })
  const wanted = c.req.query('of')
  const chosen = wanted === undefined ? (all.find(({ state }) => state === 'finished') ?? null) : await findForecast(app.db, idIn(wanted))
  if (chosen !== null && chosen.modelId !== model.id)
    throw new AppError('not-found', `Forecast ${chosen.id} is of ${chosen.model}, not of ${nameIn(c)}.`)
  const { actor } = c.get('visit')
  return show(
    c,
    forecastPage(
      c.get('visit'),
      {
        model,
        shown: chosen,
        running: all.find(({ state }) => state === 'queued' || state === 'running') ?? null,
        all,
        mayAsk: actor !== null && hasRole(actor, 'reviewer', model.id),
        examples: (await latestRevision(app.db, model.id))?.count ?? 0,
        suites: (await listSuites(app.db, model.id)).length,
      },
      refused,
    ),
  )
}
