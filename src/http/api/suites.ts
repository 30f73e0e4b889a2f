/** The eval suites of a community model: which there are, what they ask of a release, and which are asked no more. */

import { createRoute } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { addSuite } from '../../domain/models/add-suite.ts'
import { changeSuiteGate } from '../../domain/models/change-suite.ts'
import { findModel } from '../../domain/models/model-queries.ts'
import type { SamplesFormat } from '../../domain/models/read-samples.ts'
import { retireSuite, takeUpSuite } from '../../domain/models/retire-suite.ts'
import { listRetiredSuites, listSuites } from '../../domain/models/suite-queries.ts'
import { retirementsOf } from '../../domain/models/suite-retirement.ts'
import { AppError } from '../../errors.ts'
import { requireActor } from '../auth.ts'
import { uploadOf } from '../limits.ts'
import { body, failures, json, modelOf, modelPath, page, pageOf, router, rowsBody, z } from './openapi.ts'
import { plain, suite } from './schemas.ts'

const suitePath = modelPath.extend({ suite: z.string() })

const why = z.strictObject({ message: z.string().openapi({ description: 'Why; everybody in the community can read it.' }) })

const retirement = z
  .object({
    id: z.number(),
    retired: z.boolean().openapi({ description: 'false: taken up again.' }),
    message: z.string(),
    by: z.string(),
    createdAt: z.string(),
  })
  .openapi('SuiteRetirement')

export type SuiteRetirementAnswer = z.infer<typeof retirement>

export function suiteRoutes(app: Parameters<typeof addSuite>[0]) {
  return router()
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{owner}/{name}/suites/{suite}/gate',
        summary: 'Change whether a release must improve a suite, and how much it may lose',
        request: {
          params: suitePath,
          body: body(z.strictObject({ target: z.boolean().optional(), tolerance: z.number().optional() })),
        },
        responses: { 200: json(suite, 'The suite.'), ...failures },
      }),
      async (c) => {
        const { suite: name, ...model } = c.req.valid('param')
        return c.json(plain(await changeSuiteGate(app, requireActor(c), modelOf(model), name, c.req.valid('json'))), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{owner}/{name}/suites',
        summary: 'Add an eval suite, or replace the one of that name',
        request: {
          params: modelPath,
          query: z.object({
            name: z.string(),
            kind: suite.shape.kind,
            role: z.enum(['measure', 'regression']).optional(),
            target: z.enum(['true', 'false']).optional(),
            tolerance: z.coerce.number().optional(),
            licence: z.string().optional().openapi({ description: 'SPDX expression under which its cases are given.' }),
            source: z.string().optional().openapi({ description: 'Where its cases are from.' }),
          }),
          body: rowsBody,
        },
        responses: { 200: json(suite, 'The suite.'), ...failures },
      }),
      async (c) => {
        const { target, ...rest } = c.req.valid('query')
        const input = { ...rest, samples: uploadOf(c), format: formatOf(c), ...(target !== undefined && { target: target === 'true' }) }
        return c.json(plain(await addSuite(app, requireActor(c), modelOf(c.req.valid('param')), input)), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/suites',
        summary: 'Its current eval suites',
        request: {
          params: modelPath,
          query: z.object({ retired: z.enum(['true']).optional().openapi({ description: 'Those that were retired instead.' }) }),
        },
        responses: { 200: json(z.array(suite), 'Suites.'), ...failures },
      }),
      async (c) => {
        const { id } = await findModel(app.db, modelOf(c.req.valid('param')))
        return c.json(plain(await (c.req.valid('query').retired ? listRetiredSuites : listSuites)(app.db, id)), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{owner}/{name}/suites/{suite}/retire',
        summary: 'Ask no later release a suite; its cases and scores stay',
        request: { params: suitePath, body: body(why) },
        responses: { 200: json(suite, 'The suite.'), ...failures },
      }),
      async (c) => {
        const { suite: name, ...model } = c.req.valid('param')
        return c.json(plain(await retireSuite(app, requireActor(c), modelOf(model), name, c.req.valid('json'))), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{owner}/{name}/suites/{suite}/take-up',
        summary: 'Ask releases a retired suite again',
        request: { params: suitePath, body: body(why) },
        responses: { 200: json(suite, 'The suite.'), ...failures },
      }),
      async (c) => {
        const { suite: name, ...model } = c.req.valid('param')
        return c.json(plain(await takeUpSuite(app, requireActor(c), modelOf(model), name, c.req.valid('json'))), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/suites/{suite}/retirements',
        summary: 'Who retired a suite or took it up again, and why, newest first',
        request: { params: suitePath, query: page },
        responses: { 200: json(z.array(retirement), 'Empty where it was never retired.'), ...failures },
      }),
      async (c) => {
        const { suite: name, ...model } = c.req.valid('param')
        const { id } = await findModel(app.db, modelOf(model))
        return c.json(plain(await retirementsOf(app.db, id, name, pageOf(c.req.valid('query')))) as never, 200)
      },
    )
}

/** Lines of JSON unless a table is said to come; a Parquet file is neither. */
function formatOf(c: Context): SamplesFormat {
  const type = c.req.header('content-type') ?? ''
  if (type.includes('parquet')) throw new AppError('invalid', 'A suite is read from JSONL or CSV; a Parquet file cannot be.')
  return type.startsWith('text/csv') ? 'csv' : 'jsonl'
}
