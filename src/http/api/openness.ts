/** Openness by the Model Openness Framework: of a release, of a base, and what maintainers declare. */

import { createRoute } from '@hono/zod-openapi'
import { baseVerdict } from '../../domain/models/base-openness.ts'
import { declareBaseOpenness, declareCommunityOpenness, type DeclarationInput } from '../../domain/models/declare-openness.ts'
import { findBase, findModel } from '../../domain/models/model-queries.ts'
import { currentDeclaration, declarationLog, type DeclarationSubject } from '../../domain/models/openness-queries.ts'
import { componentsOfRecord } from '../../domain/models/openness-record.ts'
import { opennessOf } from '../../domain/releases/release-openness.ts'
import { opennessRecord } from '../../domain/releases/release-record.ts'
import { findRelease } from '../../domain/releases/release-queries.ts'
import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import { requireActor } from '../auth.ts'
import { body, failures, json, modelOf, modelPath, page, pageOf, router, z } from './openapi.ts'
import { baseOpenness, declarationBody, declaredOpenness, opennessOfRelease } from './openness-schemas.ts'
import { plain } from './schemas.ts'

const basePath = z.object({ base: z.string() })
const releasePath = modelPath.extend({ version: z.string().openapi({ example: '0.1.0', description: 'A version, or "latest".' }) })

export function opennessRoutes(app: { readonly db: Database }) {
  const declared = async (subject: DeclarationSubject, query: Parameters<typeof pageOf>[0] = {}) => ({
    current: await currentDeclaration(app.db, subject),
    history: await declarationLog(app.db, subject, pageOf(query)),
  })
  const ofBase = async (name: string, query = {}) => {
    const base = await findBase(app.db, name)
    return plain({ ...(await declared({ baseId: base.id }, query)), verdict: await baseVerdict(app.db, base) })
  }
  const ofModel = async (name: string, query = {}) => plain(await declared({ modelId: (await findModel(app.db, name)).id }, query))
  return router()
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/releases/{version}/openness',
        summary: 'How open a release is, component by component',
        request: { params: releasePath },
        responses: { 200: json(opennessOfRelease, 'Its grade by the Model Openness Framework. Not legal advice.'), ...failures },
      }),
      async (c) => {
        const { version, ...model } = c.req.valid('param')
        return c.json(plain(await opennessOf(app.db, await findRelease(app.db, modelOf(model), version))) as never, 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/releases/{version}/openness.yml',
        summary: 'The same as a record that the Model Openness Tool reads',
        request: { params: releasePath },
        responses: { 200: { content: { 'application/yaml': { schema: z.string() } }, description: 'YAML.' }, ...failures },
      }),
      async (c) => {
        const { version, ...model } = c.req.valid('param')
        const release = await findRelease(app.db, modelOf(model), version)
        return c.body(opennessRecord(release, new URL(c.req.url).origin), 200, { 'content-type': 'application/yaml; charset=utf-8' })
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/openness',
        summary: 'What a community declares to be open beyond what its releases show, with its history',
        request: { params: modelPath, query: page },
        responses: { 200: json(declaredOpenness, 'What counts now, and every declaration.'), ...failures },
      }),
      async (c) => c.json(await ofModel(modelOf(c.req.valid('param')), c.req.valid('query')), 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{owner}/{name}/openness',
        summary: 'Declare where a community has its technical report, research paper or checkpoints',
        request: { params: modelPath, body: body(declarationBody) },
        responses: { 200: json(declaredOpenness, 'What counts now, and every declaration.'), ...failures },
      }),
      async (c) => {
        const name = modelOf(c.req.valid('param'))
        await declareCommunityOpenness(app, requireActor(c), name, inputOf(c.req.valid('json')))
        return c.json(await ofModel(name), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/bases/{base}/openness',
        summary: 'How open a base model is, what is declared of it and every declaration',
        request: { params: basePath, query: page },
        responses: { 200: json(baseOpenness, 'Its grade and the declarations.'), ...failures },
      }),
      async (c) => c.json((await ofBase(c.req.valid('param').base, c.req.valid('query'))) as never, 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/bases/{base}/openness',
        summary: 'Declare what is open of a base model',
        request: { params: basePath, body: body(declarationBody) },
        responses: { 200: json(baseOpenness, 'Its grade and the declarations.'), ...failures },
      }),
      async (c) => {
        const { base } = c.req.valid('param')
        await declareBaseOpenness(app, requireActor(c), base, inputOf(c.req.valid('json')))
        return c.json((await ofBase(base)) as never, 200)
      },
    )
}

function inputOf({ components, record, source, message }: z.infer<typeof declarationBody>): DeclarationInput {
  if ((components === undefined) === (record === undefined))
    throw new AppError('invalid', 'Give either components or a record of the Model Openness Tool.')
  if (record !== undefined && !source?.trim())
    throw new AppError('invalid', 'Say in source where the record can be read: it is the address of what the record gives none.')
  return { components: components ?? componentsOfRecord(record as string, source as string), source, message }
}
