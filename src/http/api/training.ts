/** Training runs: started, followed, cancelled, resumed. */

import { createRoute } from '@hono/zod-openapi'
import { averageRuns } from '../../domain/training/average-runs.ts'
import { cancelRun } from '../../domain/training/cancel-run.ts'
import { resumeRun } from '../../domain/training/resume-run.ts'
import { findRun, listRuns, stepsOf } from '../../domain/training/run-queries.ts'
import { startRun, type TrainingApp } from '../../domain/training/start-run.ts'
import { watchRun } from '../../domain/training/watch-run.ts'
import { requireActor } from '../auth.ts'
import { eventResponse } from './events.ts'
import { body, eventStream, failures, idText, json, modelOf, modelPath, page, pageOf, router, z } from './openapi.ts'
import { plain, runStep, trainingRun } from './schemas.ts'

const runPath = z.object({ run: idText })

export function trainingRoutes(app: TrainingApp) {
  return router()
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{owner}/{name}/runs',
        summary: 'Queue a training run on the newest dataset revision',
        request: {
          params: modelPath,
          body: body(
            z.strictObject({
              recipe: z.string().optional().openapi({ description: 'YAML: what differs from the recipe of the model.' }),
              again: z.boolean().default(false),
            }),
          ),
        },
        responses: {
          200: json(trainingRun, 'The run; one that did exactly this before is returned as it is, unless `again`.'),
          ...failures,
        },
      }),
      async (c) => {
        const { recipe, again } = c.req.valid('json')
        return c.json(
          plain(await startRun(app, requireActor(c), modelOf(c.req.valid('param')), { again, ...(recipe !== undefined && { recipe }) })),
          200,
        )
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/runs',
        summary: 'Runs, newest first',
        request: { params: modelPath, query: page },
        responses: { 200: json(z.array(trainingRun), 'Runs.'), ...failures },
      }),
      async (c) => c.json(plain(await listRuns(app.db, modelOf(c.req.valid('param')), pageOf(c.req.valid('query')))), 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{owner}/{name}/averages',
        summary: 'Make a candidate of several finished runs: its weights are the mean of theirs',
        description:
          'For reviewers and maintainers. Of one base, dataset revision, adapter form and seed. One of exactly these runs is returned as it is.',
        request: { params: modelPath, body: body(z.strictObject({ runs: z.array(z.int()).max(1_000) })) },
        responses: { 200: json(trainingRun, 'A run that trains nothing, most often queued.'), ...failures },
      }),
      async (c) => c.json(plain(await averageRuns(app, requireActor(c), modelOf(c.req.valid('param')), c.req.valid('json').runs)), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/runs/{run}',
        summary: 'One run',
        request: { params: runPath },
        responses: { 200: json(trainingRun, 'The run.'), ...failures },
      }),
      async (c) => c.json(plain(await findRun(app.db, c.req.valid('param').run)), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/runs/{run}/steps',
        summary: 'Its steps, in order',
        request: { params: runPath, query: z.object({ after: z.coerce.number().int().min(0).optional() }) },
        responses: { 200: json(z.array(runStep), 'Steps beyond `after`.'), ...failures },
      }),
      async (c) => {
        const { after } = c.req.valid('query')
        return c.json(plain(await stepsOf(app.db, c.req.valid('param').run, after === undefined ? {} : { after })), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/runs/{run}/events',
        summary: 'Follow a run until it ends',
        request: { params: runPath, query: z.object({ after: z.coerce.number().int().min(0).optional() }) },
        responses: {
          200: eventStream(
            'Events `update` with { run, steps }: the run now, and its steps since the last event, at first those beyond `after`.',
          ),
          ...failures,
        },
      }),
      async (c) => {
        const { run } = c.req.valid('param')
        const { after = 0 } = c.req.valid('query')
        await findRun(app.db, run)
        return eventResponse(c, 'update', (signal) => watchRun(app, run, { signal, after }))
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/runs/{run}/cancel',
        summary: 'Stop a run',
        request: { params: runPath },
        responses: { 200: json(trainingRun, 'The run.'), ...failures },
      }),
      async (c) => c.json(plain(await cancelRun(app, requireActor(c), c.req.valid('param').run)), 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/runs/{run}/resume',
        summary: 'Go on with a cancelled or failed run from its newest checkpoint',
        request: { params: runPath },
        responses: { 200: json(trainingRun, 'The run.'), ...failures },
      }),
      async (c) => c.json(plain(await resumeRun(app, requireActor(c), c.req.valid('param').run)), 200),
    )
}
