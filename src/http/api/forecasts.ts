/** Forecasts: what more data would probably bring, made, followed, read, stopped. */

import { createRoute } from '@hono/zod-openapi'
import { cancelForecast } from '../../domain/forecasts/cancel-forecast.ts'
import { findForecast, listForecasts, watchForecast } from '../../domain/forecasts/forecast-queries.ts'
import { requestForecast } from '../../domain/forecasts/request-forecast.ts'
import type { TrainingApp } from '../../domain/training/start-run.ts'
import { requireActor } from '../auth.ts'
import { eventResponse } from './events.ts'
import { body, eventStream, failures, idText, json, modelOf, modelPath, page, pageOf, router, z } from './openapi.ts'
import { forecast, plain } from './schemas.ts'

const forecastPath = z.object({ forecast: idText })

export function forecastRoutes(app: TrainingApp) {
  return router()
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{owner}/{name}/forecasts',
        summary: 'Forecast what more data would bring, from trainings on fractions of what is there',
        description: 'For reviewers and maintainers. One of exactly this that has finished or is under way is returned as it is.',
        request: {
          params: modelPath,
          body: body(
            z.strictObject({
              budgetSeconds: z
                .number()
                .positive()
                .optional()
                .openapi({ description: 'What trainings and evaluations may take together; an hour where nothing is said.' }),
            }),
          ),
        },
        responses: { 200: json(forecast, 'The forecast, most often queued.'), ...failures },
      }),
      async (c) => {
        const { budgetSeconds } = c.req.valid('json')
        const options = budgetSeconds === undefined ? {} : { budgetSeconds }
        return c.json(plain(await requestForecast(app, requireActor(c), modelOf(c.req.valid('param')), options)), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/forecasts',
        summary: 'Forecasts, newest first',
        request: { params: modelPath, query: page },
        responses: { 200: json(z.array(forecast), 'Forecasts.'), ...failures },
      }),
      async (c) => c.json(plain(await listForecasts(app.db, modelOf(c.req.valid('param')), pageOf(c.req.valid('query')))), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/forecasts/{forecast}',
        summary: 'One forecast',
        request: { params: forecastPath },
        responses: { 200: json(forecast, 'Points, laws, bands, predictions, backtest, needs and cost.'), ...failures },
      }),
      async (c) => c.json(plain(await findForecast(app.db, c.req.valid('param').forecast)), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/forecasts/{forecast}/events',
        summary: 'Follow a forecast until it ends',
        request: { params: forecastPath },
        responses: { 200: eventStream('Events `update` with the forecast as it is now.'), ...failures },
      }),
      async (c) => {
        const { forecast: id } = c.req.valid('param')
        await findForecast(app.db, id)
        return eventResponse(c, 'update', (signal) => watchForecast(app, id, { signal }))
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/forecasts/{forecast}/cancel',
        summary: 'Stop a forecast',
        request: { params: forecastPath },
        responses: { 200: json(forecast, 'The forecast; what was trained stays.'), ...failures },
      }),
      async (c) => c.json(plain(await cancelForecast(app, requireActor(c), c.req.valid('param').forecast)), 200),
    )
}
