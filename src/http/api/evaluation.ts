/** Evaluations: asked for, followed, read sample by sample; and what the gate makes of them. */

import { createRoute } from '@hono/zod-openapi'
import { findEvaluation, listEvaluations, samplesOf } from '../../domain/evaluation/evaluation-queries.ts'
import { watchEvaluations } from '../../domain/evaluation/watch-evaluations.ts'
import { evaluateSubject } from '../../domain/releases/evaluate-subject.ts'
import { previewRelease } from '../../domain/releases/publish-release.ts'
import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { requireActor } from '../auth.ts'
import { eventResponse } from './events.ts'
import { body, eventStream, failures, idText, json, modelOf, modelPath, page, pageOf, router, z } from './openapi.ts'
import { evaluation, gateReport, plain, sampleResult } from './schemas.ts'

const evaluationPath = z.object({ evaluation: idText })

const requested = z
  .object({ checkpointId: z.int(), subject: z.array(evaluation), base: z.array(evaluation), previous: z.array(evaluation) })
  .openapi('RequestedEvaluations')

/** More than any community's suites on three subjects. */
const MOST_WATCHED = 300

export function evaluationRoutes(app: Parameters<typeof evaluateSubject>[0] & { readonly db: Database; readonly blobs: Blobs }) {
  return router()
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{owner}/{name}/evaluations',
        summary: 'Run the current suites on a subject, its base and the previous release',
        request: {
          params: modelPath,
          body: body(z.strictObject({ run: z.int().optional(), release: z.string().optional(), checkpoint: z.int().optional() })),
        },
        responses: { 200: json(requested, 'Queued, or there already: what was measured before is not measured again.'), ...failures },
      }),
      async (c) => {
        const { run, release, checkpoint } = c.req.valid('json')
        const choice = {
          ...(run !== undefined && { run }),
          ...(release !== undefined && { release }),
          ...(checkpoint !== undefined && { checkpoint }),
        }
        return c.json(plain(await evaluateSubject(app, requireActor(c), modelOf(c.req.valid('param')), choice)), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/evaluations',
        summary: 'Evaluations, newest first',
        request: { params: modelPath, query: page },
        responses: { 200: json(z.array(evaluation), 'Evaluations.'), ...failures },
      }),
      async (c) => c.json(plain(await listEvaluations(app.db, modelOf(c.req.valid('param')), pageOf(c.req.valid('query')))), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/gate',
        summary: 'What the gate would say of a run, or of the newest one',
        request: { params: modelPath, query: z.object({ run: idText.optional() }) },
        responses: { 200: json(gateReport, 'The report.'), ...failures },
      }),
      async (c) => {
        const { run } = c.req.valid('query')
        return c.json(plain(await previewRelease(app, modelOf(c.req.valid('param')), run === undefined ? {} : { run })), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/evaluations/events',
        summary: 'Follow evaluations until all have ended',
        request: { query: z.object({ ids: z.string().openapi({ description: 'Ids with commas between.', example: '1,2,3' }) }) },
        responses: { 200: eventStream('Events `update` with all of them at each change.'), ...failures },
      }),
      async (c) => {
        const ids = c.req.valid('query').ids.split(',').map(Number)
        if (ids.length > MOST_WATCHED || !ids.every((id) => Number.isSafeInteger(id) && id > 0))
          throw new AppError('invalid', `ids must be at most ${MOST_WATCHED} whole numbers with commas between.`)
        for (const id of ids) await findEvaluation(app.db, id)
        return eventResponse(c, 'update', (signal) => watchEvaluations(app, ids, { signal }))
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/evaluations/{evaluation}',
        summary: 'One evaluation',
        request: { params: evaluationPath },
        responses: { 200: json(evaluation, 'The evaluation.'), ...failures },
      }),
      async (c) => c.json(plain(await findEvaluation(app.db, c.req.valid('param').evaluation)), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/evaluations/{evaluation}/samples',
        summary: 'What every single sample gave',
        request: { params: evaluationPath },
        responses: { 200: json(z.array(sampleResult), 'Results in the order of the suite.'), ...failures },
      }),
      async (c) => c.json(plain(await samplesOf(app, c.req.valid('param').evaluation)) as z.infer<typeof sampleResult>[], 200),
    )
}
