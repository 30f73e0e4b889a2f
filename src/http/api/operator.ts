/** What whoever runs the instance looks at, and the backup. */

import { createRoute } from '@hono/zod-openapi'
import { stream } from 'hono/streaming'
import { changeJob, instanceOverview, jobStates, listJobs, type OperatorApp } from '../../domain/instance.ts'
import { AppError } from '../../errors.ts'
import { requireActor } from '../auth.ts'
import { failures, idText, json, page, router, z } from './openapi.ts'
import { plain } from './schemas.ts'

export type { OperatorApp } from '../../domain/instance.ts'

const overview = z
  .object({
    version: z.string(),
    node: z.string(),
    up: z.int(),
    memory: z.int(),
    database: z.object({ kind: z.enum(['embedded', 'postgres']), bytes: z.int() }),
    blobs: z.object({ count: z.int(), bytes: z.int() }).openapi({ description: 'Counted every night.' }),
    disk: z.object({ free: z.int(), total: z.int() }),
    jobs: z.object({ waiting: z.int(), running: z.int(), failed: z.int(), oldestWaitingSeconds: z.number() }),
    loaded: z.int(),
    people: z.int(),
    communities: z.int(),
    limits: z.array(z.object({ name: z.string(), most: z.int(), minutes: z.int().nullable() })),
  })
  .openapi('InstanceOverview')
const job = z
  .object({
    id: z.int(),
    kind: z.string(),
    payload: z.unknown(),
    state: z.enum(jobStates),
    attempt: z.int(),
    error: z.string().nullable(),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    endedAt: z.iso.datetime().nullable(),
  })
  .openapi('Job')
export type OverviewAnswer = z.infer<typeof overview>
export type JobAnswer = z.infer<typeof job>

export function operatorRoutes(app: OperatorApp) {
  const change = (verb: 'retry' | 'cancel', summary: string) =>
    createRoute({
      method: 'post',
      path: `/operator/jobs/{job}/${verb}` as const,
      summary,
      request: { params: z.object({ job: idText }) },
      responses: { 200: json(job, 'The job now.'), ...failures },
    })
  return router()
    .openapi(
      createRoute({
        method: 'get',
        path: '/operator',
        summary: 'How the instance is doing',
        responses: { 200: json(overview, 'Health, sizes, limits.'), ...failures },
      }),
      async (c) => c.json(plain(await instanceOverview(app, requireActor(c))), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/operator/jobs',
        summary: 'Background work',
        request: { query: page.extend({ state: z.enum(jobStates).optional() }) },
        responses: { 200: json(z.array(job), 'The newest first; a page goes on below id `after`.'), ...failures },
      }),
      async (c) => c.json(plain(await listJobs(app, requireActor(c), c.req.valid('query'))) as JobAnswer[], 200),
    )
    .openapi(change('retry', 'Let a job that failed wait again'), async (c) =>
      c.json(plain(await changeJob(app, requireActor(c), 'retry', c.req.valid('param').job)) as JobAnswer, 200),
    )
    .openapi(change('cancel', 'Cancel a job'), async (c) =>
      c.json(plain(await changeJob(app, requireActor(c), 'cancel', c.req.valid('param').job)) as JobAnswer, 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/operator/backup',
        summary: 'Everything the instance knows, in one tar file; for the operator alone',
        responses: {
          200: { content: { 'application/x-tar': { schema: z.string().openapi({ format: 'binary' }) } }, description: 'The backup.' },
          ...failures,
        },
      }),
      async (c) => {
        // It holds what signs people in.
        if (requireActor(c).kind !== 'operator')
          throw new AppError('forbidden', 'Only the operator takes a backup, at the machine: commonweights backup <file>.')
        // What goes wrong before the first byte is still answered as an error.
        const bytes = app.backup(c.req.raw.signal)[Symbol.asyncIterator]()
        const first = await bytes.next()
        c.header('content-type', 'application/x-tar')
        return stream(c, async (out) => {
          for (let next = first; !next.done; next = await bytes.next()) await out.write(next.value)
        })
      },
    )
}
