/** The charter: as it is, as it was, and changes proposed to it. */

import { createRoute } from '@hono/zod-openapi'
import { contribute } from '../../domain/contributions/contribute.ts'
import { diffCharters } from '../../domain/models/charter.ts'
import { charterLog, findCharter } from '../../domain/models/charter-queries.ts'
import { findModel } from '../../domain/models/model-queries.ts'
import { actorName } from '../../domain/people/actor.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { requireActor } from '../auth.ts'
import { body, failures, json, modelOf, modelPath, page, pageOf, router, z } from './openapi.ts'
import { charter, charterDiff, charterRecord, contribution, finding, plain } from './schemas.ts'

const revision = z.coerce
  .number()
  .int()
  .min(0)
  .max(2 ** 31 - 1)

const proposal = z.strictObject({
  message: z.string(),
  signOff: z.string().optional(),
  changes: z
    .array(
      z.looseObject({
        action: z.enum(['add', 'replace', 'remove']),
        number: z.int().optional().openapi({ description: 'Of the clause; a new one gets the next by itself.' }),
        text: z.string().optional(),
        blocks: z.enum(['never', 'when-lost', 'always']).optional(),
        tolerance: z.number().optional(),
        cases: z.array(z.looseObject({})).optional(),
        after: z.int().nullable().optional().openapi({ description: 'The clause it stands behind; 0: the beginning.' }),
      }),
    )
    .min(1)
    .openapi({ description: 'What a replacement leaves out stays as it is.' }),
})

const offered = z.object({ contribution, findings: z.array(finding) })

export function charterRoutes(app: { readonly db: Database; readonly blobs: Blobs }) {
  const modelId = async (path: { owner: string; name: string }) => (await findModel(app.db, modelOf(path))).id
  return router()
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/charter',
        summary: 'The charter, as it is or as it was',
        request: { params: modelPath, query: z.object({ revision: revision.optional() }) },
        responses: { 200: json(charter, 'Its clauses in order.'), ...failures },
      }),
      async (c) => {
        const wanted = c.req.valid('query').revision ?? 'latest'
        return c.json(plain(await findCharter(app.db, await modelId(c.req.valid('param')), wanted)) as never, 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/charter/log',
        summary: 'Who changed what in the charter, newest first',
        request: { params: modelPath, query: page },
        responses: { 200: json(z.array(charterRecord), 'Revisions, each with what it changed.'), ...failures },
      }),
      async (c) => c.json(plain(await charterLog(app.db, await modelId(c.req.valid('param')), pageOf(c.req.valid('query')))) as never, 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/charter/diff',
        summary: 'What differs between two revisions of the charter',
        request: { params: modelPath, query: z.object({ from: revision, to: revision.optional() }) },
        responses: { 200: json(charterDiff, 'Clauses added, removed and changed.'), ...failures },
      }),
      async (c) => {
        const { from, to } = c.req.valid('query')
        const id = await modelId(c.req.valid('param'))
        return c.json(plain(diffCharters(await findCharter(app.db, id, from), await findCharter(app.db, id, to ?? 'latest'))) as never, 200)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{owner}/{name}/charter/proposals',
        summary: 'Propose to change the charter, as a contribution like any other',
        request: { params: modelPath, body: body(proposal) },
        responses: { 200: json(offered, 'The contribution, with what its checks remarked.'), ...failures },
      }),
      async (c) => {
        const actor = requireActor(c)
        const { message, signOff = actorName(actor), changes } = c.req.valid('json')
        const { contribution, rounds } = await contribute(app, actor, modelOf(c.req.valid('param')), {
          ...{ message, signOff },
          // It brings no example that would need them.
          ...{ licence: '', language: '', origin: '', source: '' },
          changes: changes.map((change) => ({ kind: 'clause', change })),
        })
        return c.json(plain({ contribution, findings: rounds.at(-1)?.checks ?? [] }), 200)
      },
    )
}
