/** Datasets: the log, one revision, what differs between two, every example with who brought it. */

import { createRoute } from '@hono/zod-openapi'
import { stream } from 'hono/streaming'
import { blame, diffRevisions, findRevision, revisionLog } from '../../domain/datasets/dataset-queries.ts'
import { exportRevision } from '../../domain/datasets/export-revision.ts'
import { findModel } from '../../domain/models/model-queries.ts'
import type { Database } from '../../storage/database.ts'
import { failures, idText, json, modelOf, modelPath, page, pageOf, router, z } from './openapi.ts'
import { datasetRevision, plain } from './schemas.ts'

const revisionPath = modelPath.extend({ revision: z.string().openapi({ example: '3', description: 'A number, or "latest".' }) })

const revisionPage = z
  .object({
    revision: datasetRevision,
    diff: z.object({ added: z.array(z.string()), removed: z.array(z.string()), truncated: z.boolean() }).nullable(),
  })
  .openapi('DatasetRevisionPage')

/** Digests in one answer; the export has them all. */
const MOST_DIFFERENCES = 1_000

export function datasetRoutes(app: { readonly db: Database }) {
  const named = async (model: string, revision: string) => {
    const { id } = await findModel(app.db, model)
    return findRevision(app.db, id, revision === 'latest' ? revision : idText.parse(revision))
  }
  return router()
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/dataset',
        summary: 'Dataset revisions, newest first',
        request: { params: modelPath, query: page },
        responses: { 200: json(z.array(datasetRevision), 'Revisions.'), ...failures },
      }),
      async (c) => {
        const { id } = await findModel(app.db, modelOf(c.req.valid('param')))
        return c.json(plain(await revisionLog(app.db, id, pageOf(c.req.valid('query')))), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/dataset/{revision}',
        summary: 'One revision, and how it differs from another',
        request: { params: revisionPath, query: z.object({ against: idText.optional() }) },
        responses: { 200: json(revisionPage, 'The revision.'), ...failures },
      }),
      async (c) => {
        const { revision: number, ...model } = c.req.valid('param')
        const { against } = c.req.valid('query')
        const revision = await named(modelOf(model), number)
        const other = against === undefined ? null : await named(modelOf(model), String(against))
        const diff = other && (await diffRevisions(app.db, other.id, revision.id, { limit: MOST_DIFFERENCES }))
        return c.json(plain({ revision, diff }), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/dataset/{revision}/examples',
        summary: 'Every example of a revision, with its provenance',
        request: { params: revisionPath, query: z.object({ format: z.enum(['jsonl', 'parquet']).default('jsonl') }) },
        responses: {
          200: {
            content: {
              'application/jsonlines': { schema: z.string() },
              'application/x-parquet': { schema: z.string().openapi({ format: 'binary' }) },
            },
            description: 'The file.',
          },
          ...failures,
        },
      }),
      async (c) => {
        const { revision: number, ...model } = c.req.valid('param')
        const { format } = c.req.valid('query')
        const revision = await named(modelOf(model), number)
        c.header('content-type', format === 'jsonl' ? 'application/jsonlines' : 'application/x-parquet')
        return stream(c, async (out) => {
          for await (const bytes of exportRevision(app, revision, format)) await out.write(bytes)
        })
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/examples/{digest}/blame',
        summary: 'Who brought an example, and who let it in',
        request: { params: modelPath.extend({ digest: z.string() }) },
        responses: {
          200: json(z.looseObject({ digest: z.string(), contributionId: z.int(), author: z.string() }).openapi('Blame'), 'Its origin.'),
          ...failures,
        },
      }),
      async (c) => {
        const { digest, ...model } = c.req.valid('param')
        const { id } = await findModel(app.db, modelOf(model))
        return c.json(plain(await blame(app.db, id, digest)), 200)
      },
    )
}
