/** Previews: what a proposal does to the model, before it is decided. */

import { createRoute } from '@hono/zod-openapi'
import { cancelPreview } from '../../domain/previews/cancel-preview.ts'
import { findPreview } from '../../domain/previews/preview-queries.ts'
import { reportPreview } from '../../domain/previews/report-preview.ts'
import { requestPreview } from '../../domain/previews/request-preview.ts'
import { watchPreview } from '../../domain/previews/watch-preview.ts'
import type { TrainingApp } from '../../domain/training/start-run.ts'
import { requireActor } from '../auth.ts'
import { eventResponse } from './events.ts'
import { eventStream, failures, idText, json, router, z } from './openapi.ts'
import { plain, preview, previewReport } from './schemas.ts'

const contributionPath = z.object({ contribution: idText })

export function previewRoutes(app: TrainingApp) {
  return router()
    .openapi(
      createRoute({
        method: 'post',
        path: '/contributions/{contribution}/preview',
        summary: 'Build an undecided contribution, to see what it does',
        description: 'For its author, reviewers and maintainers. What was built before is not built again.',
        request: { params: contributionPath },
        responses: { 200: json(preview, 'The preview, most often queued.'), ...failures },
      }),
      async (c) => c.json(plain(await requestPreview(app, requireActor(c), c.req.valid('param').contribution)), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/contributions/{contribution}/preview',
        summary: 'What its newest preview has found out so far',
        request: { params: contributionPath },
        responses: { 200: json(previewReport, 'Score changes, changed answers, what got worse, cost.'), ...failures },
      }),
      async (c) => c.json(plain(await reportPreview(app, c.req.valid('param').contribution)), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/contributions/{contribution}/preview/events',
        summary: 'Follow its newest preview until it ends',
        request: { params: contributionPath },
        responses: { 200: eventStream('Events `update` with the preview as it is now.'), ...failures },
      }),
      async (c) => {
        const { contribution } = c.req.valid('param')
        await findPreview(app.db, contribution)
        return eventResponse(c, 'update', (signal) => watchPreview(app, contribution, { signal }))
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/contributions/{contribution}/preview/cancel',
        summary: 'Stop its preview',
        request: { params: contributionPath },
        responses: { 200: json(preview, 'The preview.'), ...failures },
      }),
      async (c) => c.json(plain(await cancelPreview(app, requireActor(c), c.req.valid('param').contribution)), 200),
    )
}
