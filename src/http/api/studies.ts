/** Studies: a learning rate to train with, and which examples pulled towards an answer. Asked for, followed, read, stopped, taken up. */

import { createRoute } from '@hono/zod-openapi'
import { cancelStudy } from '../../domain/studies/cancel-study.ts'
import { requestRateSearch } from '../../domain/studies/request-rate-search.ts'
import { requestTrace } from '../../domain/studies/request-trace.ts'
import { findStudy, listStudies, watchStudy } from '../../domain/studies/study-queries.ts'
import { takeRate } from '../../domain/studies/take-rate.ts'
import type { TrainingApp } from '../../domain/training/start-run.ts'
import { requireActor } from '../auth.ts'
import { eventResponse } from './events.ts'
import { body, eventStream, failures, idText, json, modelOf, modelPath, page, pageOf, router, z } from './openapi.ts'
import { communityModel, plain } from './schemas.ts'
import { study } from './study-schemas.ts'

const studyPath = z.object({ study: idText })

/** Without the keys that were not given. */
const given = <T extends object>(values: T) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>
  }

export function studyRoutes(app: TrainingApp) {
  return router()
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{owner}/{name}/rate-searches',
        summary: 'Look for a learning rate, by a short run whose rate grows',
        description:
          'For reviewers and maintainers. It writes no weights. One of exactly this that has finished or is under way is returned as it is.',
        request: {
          params: modelPath,
          body: body(
            z.strictObject({
              recipe: z.string().optional().openapi({ description: 'YAML: what differs from the recipe of the model.' }),
              from: z.number().optional().openapi({ description: 'The first rate; 1e-6 where nothing is said.' }),
              to: z.number().optional().openapi({ description: 'The last; 1 where nothing is said.' }),
              steps: z.int().optional().openapi({ description: '20 to 1,000; 100 where nothing is said.' }),
            }),
          ),
        },
        responses: { 200: json(study, 'The study, most often queued.'), ...failures },
      }),
      async (c) => {
        const asked = await requestRateSearch(app, requireActor(c), modelOf(c.req.valid('param')), given(c.req.valid('json')))
        return c.json(plain(asked), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{owner}/{name}/traces',
        summary: 'Ask which training examples pulled towards an answer, and which pushed away',
        description:
          'For reviewers and maintainers. One pass over all examples of the run. Question and answer are kept with the study, where everybody can read them.',
        request: {
          params: modelPath,
          body: body(
            z.strictObject({
              run: z.int().optional().openapi({ description: 'A finished run; the newest where neither a run nor a release is named.' }),
              release: z.string().optional().openapi({ description: 'The version of a release.' }),
              question: z.string().optional().openapi({ description: 'What was answered; without one the answer is a text by itself.' }),
              answer: z.string(),
              keep: z.int().optional().openapi({ description: 'Examples to keep on each side, 1 to 200; 20 where nothing is said.' }),
            }),
          ),
        },
        responses: { 200: json(study, 'The study, most often queued.'), ...failures },
      }),
      async (c) => {
        const { answer, ...options } = c.req.valid('json')
        const asked = await requestTrace(app, requireActor(c), modelOf(c.req.valid('param')), { answer, ...given(options) })
        return c.json(plain(asked), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/studies',
        summary: 'Studies, newest first',
        request: { params: modelPath, query: page.extend({ kind: z.enum(['rate', 'trace']).optional() }) },
        responses: { 200: json(z.array(study), 'Studies.'), ...failures },
      }),
      async (c) => {
        const { kind, ...rest } = c.req.valid('query')
        const of = { ...pageOf(rest), ...(kind !== undefined && { kind }) }
        return c.json(plain(await listStudies(app.db, modelOf(c.req.valid('param')), of)), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/studies/{study}',
        summary: 'One study',
        request: { params: studyPath },
        responses: { 200: json(study, 'What was asked, of what, and what was found.'), ...failures },
      }),
      async (c) => c.json(plain(await findStudy(app.db, c.req.valid('param').study)), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/studies/{study}/events',
        summary: 'Follow a study until it ends',
        request: { params: studyPath },
        responses: { 200: eventStream('Events `update` with the study as it is now.'), ...failures },
      }),
      async (c) => {
        const { study: id } = c.req.valid('param')
        await findStudy(app.db, id)
        return eventResponse(c, 'update', (signal) => watchStudy(app, id, { signal }))
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/studies/{study}/cancel',
        summary: 'Stop a study',
        request: { params: studyPath },
        responses: { 200: json(study, 'The study.'), ...failures },
      }),
      async (c) => c.json(plain(await cancelStudy(app, requireActor(c), c.req.valid('param').study)), 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/studies/{study}/take-rate',
        summary: 'Put the learning rate that a study suggests into the recipe',
        description: 'For maintainers. A change of the settings like any other, with its reason.',
        request: {
          params: studyPath,
          body: body(
            z.strictObject({ message: z.string().optional().openapi({ description: 'Why; the study is named where nothing is said.' }) }),
          ),
        },
        responses: { 200: json(communityModel, 'The community model with its new recipe.'), ...failures },
      }),
      async (c) => {
        const { message } = c.req.valid('json')
        return c.json(plain(await takeRate(app, requireActor(c), c.req.valid('param').study, message)), 200)
      },
    )
}
