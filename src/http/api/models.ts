/** Base models and community models. */

import { createRoute } from '@hono/zod-openapi'
import { revisionLog } from '../../domain/datasets/dataset-queries.ts'
import { addBase } from '../../domain/models/add-base.ts'
import { createModel } from '../../domain/models/create-model.ts'
import { findBase, findModel, listBases, listModels } from '../../domain/models/model-queries.ts'
import { listSuites } from '../../domain/models/suite-queries.ts'
import { latestRelease } from '../../domain/releases/release-queries.ts'
import { quorumNow } from '../../domain/reviews/quorum-queries.ts'
import { changeSettings, settingsLog } from '../../domain/training/change-settings.ts'
import { parseRecipe } from '../../domain/training/recipe.ts'
import { AppError } from '../../errors.ts'
import { requireActor } from '../auth.ts'
import { body, failures, json, modelOf, modelPath, page, pageOf, router, z } from './openapi.ts'
import { baseModel, communityModel, datasetRevision, plain, quorum, release, suite } from './schemas.ts'

const newBase = z.strictObject({
  folder: z.string().optional().openapi({ description: "A folder on the server's machine; for the operator alone." }),
  hub: z.string().optional().openapi({ description: 'hf:owner/name, fetched from the Hugging Face Hub (or HF_ENDPOINT).' }),
  name: z.string(),
  licence: z.string().openapi({ description: 'SPDX expression.' }),
  source: z.string().optional(),
})

const newModel = z.strictObject({
  name: z.string().openapi({ example: 'marathi/saathi' }),
  base: z.string(),
  description: z.string().default(''),
  charter: z.array(z.string()).default([]),
  quorum: z
    .int()
    .optional()
    .openapi({ description: 'Accepting reviews a contribution needs, however many review. Left out: more, the more people review.' }),
  recipe: z.string().default('').openapi({ description: 'YAML: what differs from the default recipe.' }),
  allow: z
    .array(z.string())
    .nullable()
    .default(null)
    .openapi({ description: 'Licences whose examples may be trained on; null admits every one that is known.' }),
})

const settingsChange = z.strictObject({
  description: z.string().optional(),
  recipe: z.string().optional().openapi({ description: 'YAML: what differs from the default recipe.' }),
  allow: z
    .array(z.string())
    .nullable()
    .optional()
    .openapi({ description: 'Licences whose examples may be trained on; null: every one that is known.' }),
  message: z.string().openapi({ description: 'Why; everybody in the community can read it.' }),
})

const settingsRecord = z
  .object({
    id: z.number(),
    settings: z.object({ description: z.string(), recipe: z.string(), licencePolicy: z.object({ allow: z.array(z.string()).nullable() }) }),
    message: z.string(),
    by: z.string(),
    createdAt: z.string(),
  })
  .openapi('SettingsRecord')

const modelPage = z
  .object({ model: communityModel, quorum, suites: z.array(suite), dataset: datasetRevision.nullable(), latest: release.nullable() })
  .openapi('CommunityModelPage')

export function modelRoutes(app: Parameters<typeof addBase>[0] & Parameters<typeof createModel>[0]) {
  return router()
    .openapi(
      createRoute({
        method: 'post',
        path: '/bases',
        summary: 'Check a base model, store it, and make what the engine serves',
        request: { body: body(newBase) },
        responses: { 200: json(baseModel, 'The base model.'), ...failures },
      }),
      async (c) => {
        const actor = requireActor(c)
        const { folder, hub, ...rest } = c.req.valid('json')
        if ((folder === undefined) === (hub === undefined))
          throw new AppError('invalid', 'Name either a folder or a model of the hub (hf:owner/name).')
        // A folder is read with the server's rights: whoever may name one could read any model on that machine.
        if (folder !== undefined && actor.kind !== 'operator')
          throw new AppError('forbidden', 'Only the operator may add a folder of the server; use hf:owner/name.')
        const from = folder === undefined ? { hub: hub as string } : { folder }
        return c.json(plain(await addBase(app, actor, { from, ...rest }, { signal: c.req.raw.signal })) as never, 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/bases',
        summary: 'All base models',
        request: { query: page },
        responses: { 200: json(z.array(baseModel), 'Base models.'), ...failures },
      }),
      async (c) => c.json(plain(await listBases(app.db, pageOf(c.req.valid('query')))) as never, 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/bases/{base}',
        summary: 'One base model',
        request: { params: z.object({ base: z.string() }) },
        responses: { 200: json(baseModel, 'The base model.'), ...failures },
      }),
      async (c) => c.json(plain(await findBase(app.db, c.req.valid('param').base)) as never, 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/models',
        summary: 'Start a community model on a base',
        request: { body: body(newModel) },
        responses: { 200: json(communityModel, 'The community model.'), ...failures },
      }),
      async (c) => {
        const { name, allow, ...rest } = c.req.valid('json')
        // A recipe that cannot be read would else be found when somebody wants to train.
        parseRecipe(rest.recipe)
        return c.json(plain(await createModel(app, requireActor(c), name, { ...rest, licencePolicy: { allow } })), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models',
        summary: 'All community models',
        request: { query: page },
        responses: { 200: json(z.array(communityModel), 'Community models.'), ...failures },
      }),
      async (c) => c.json(plain(await listModels(app.db, pageOf(c.req.valid('query')))), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}',
        summary: 'One community model: what it is, what it has, its newest release',
        request: { params: modelPath },
        responses: { 200: json(modelPage, 'The community model.'), ...failures },
      }),
      async (c) => {
        const name = modelOf(c.req.valid('param'))
        const model = await findModel(app.db, name)
        const [suites, log, latest, needed] = await Promise.all([
          listSuites(app.db, model.id),
          revisionLog(app.db, model.id, { limit: 1 }),
          latestRelease(app.db, model.id),
          quorumNow(app.db, model.id),
        ])
        return c.json(plain({ model, quorum: needed, suites, dataset: log[0] ?? null, latest }) as never, 200)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{owner}/{name}/settings',
        summary: 'Change what a community says of itself and trains by',
        request: { params: modelPath, body: body(settingsChange) },
        responses: { 200: json(communityModel, 'The community model.'), ...failures },
      }),
      async (c) => {
        const { message, allow, ...rest } = c.req.valid('json')
        const changes = { ...rest, ...(allow !== undefined && { licencePolicy: { allow } }) }
        return c.json(plain(await changeSettings(app, requireActor(c), modelOf(c.req.valid('param')), { changes, message })), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/settings/log',
        summary: 'Who changed its settings, how and why, newest first',
        request: { params: modelPath, query: page },
        responses: { 200: json(z.array(settingsRecord), 'Changes; empty while nothing was changed.'), ...failures },
      }),
      async (c) => {
        const { id } = await findModel(app.db, modelOf(c.req.valid('param')))
        return c.json(plain(await settingsLog(app.db, id, pageOf(c.req.valid('query')))) as never, 200)
      },
    )
}
