/** Reads for those who compare: two releases side by side, the cases of a suite with what a release answered, and where everything came from. */

import { createRoute } from '@hono/zod-openapi'
import { findEvaluation } from '../../domain/evaluation/evaluation-queries.ts'
import { casesOf } from '../../domain/evaluation/suite-cases.ts'
import { findModel } from '../../domain/models/model-queries.ts'
import { findSuite } from '../../domain/models/suite-queries.ts'
import { compareReleases, compareTraining } from '../../domain/releases/compare-releases.ts'
import { lineageOf } from '../../domain/releases/lineage-graph.ts'
import { findBriefRelease, findRelease } from '../../domain/releases/release-queries.ts'
import { scoresOverReleases } from '../../domain/releases/suite-scores.ts'
import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { failures, json, modelOf, modelPath, page, router, z } from './openapi.ts'
import { comparison, plain, sampleResult } from './schemas.ts'

const comparedReleases = z
  .object({
    from: z.string(),
    to: z.string(),
    suites: z.array(z.object({ name: z.string(), comparison })),
    apart: z.array(z.string()).openapi({ description: 'Suites that only one of them was asked, or that had other cases.' }),
    dataset: z.object({
      added: z.int(),
      removed: z.int(),
      truncated: z.boolean().openapi({ description: 'More were added or removed than are counted.' }),
      contributions: z.array(z.object({ id: z.int(), author: z.string(), message: z.string() })),
      moreContributions: z.boolean(),
    }),
    recipe: z.array(z.object({ key: z.string(), from: z.string().nullable(), to: z.string().nullable() })),
  })
  .openapi('ComparedReleases')

const casePage = z
  .object({
    cases: z.array(
      z.object({
        number: z.int(),
        sample: z.looseObject({ kind: z.string() }),
        contribution: z.int().nullable(),
        author: z.string().nullable(),
        result: sampleResult.nullable(),
      }),
    ),
    next: z.int().nullable().openapi({ description: 'The number to go on beyond; null at the end.' }),
  })
  .openapi('SuiteCases')

const lineageGraph = z
  .object({
    nodes: z.array(z.looseObject({ id: z.string(), kind: z.string() })),
    edges: z.array(z.object({ from: z.string(), to: z.string(), compared: z.boolean().optional() })),
    folded: z.boolean().openapi({ description: 'Releases before those shown are one node.' }),
  })
  .openapi('LineageGraph')

export function comparisonRoutes(app: { readonly db: Database; readonly blobs: Blobs }) {
  return router()
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/compare',
        summary: 'Two releases: differences of scores, dataset and recipe',
        request: { params: modelPath, query: z.object({ from: z.string(), to: z.string() }) },
        responses: { 200: json(comparedReleases, 'Differences are `to` minus `from`. Nothing is measured anew.'), ...failures },
      }),
      async (c) => {
        const [name, query] = [modelOf(c.req.valid('param')), c.req.valid('query')]
        const [from, to] = [await findBriefRelease(app.db, name, query.from), await findBriefRelease(app.db, name, query.to)]
        const { suites, apart } = await compareReleases(app, from, to)
        const { recipe, added, removed, truncated, contributions, moreContributions } = await compareTraining(app.db, from, to)
        const answer = {
          from: from.version,
          to: to.version,
          suites: suites.map((one) => ({ name: one.name, comparison: one.comparison })),
          apart,
          dataset: { added, removed, truncated, contributions, moreContributions },
          recipe,
        }
        return c.json(plain(answer) as never, 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/suites/{suite}/cases',
        summary: 'The cases of a suite, with what a release answered',
        request: {
          params: modelPath.extend({ suite: z.string() }),
          query: page.extend({ release: z.string().optional(), only: z.enum(['wrong']).optional() }),
        },
        responses: { 200: json(casePage, 'In the order of the suite.'), ...failures },
      }),
      async (c) => {
        const { suite: name, ...path } = c.req.valid('param')
        const { after = 0, limit = 50, release, only } = c.req.valid('query')
        const model = await findModel(app.db, modelOf(path))
        const suite = await findSuite(app.db, model.id, name)
        const scores = release === undefined ? [] : await scoresOverReleases(app.db, model.id, { suite: name })
        const score = scores.find((one) => one.version === release && one.suite.digest === suite.digest)
        if (release !== undefined && !score)
          throw new AppError(
            'not-found',
            `Release ${release.slice(0, 60)} was not asked these cases of ${name}, or is not among the newest 20.`,
          )
        const evaluation = score ? await findEvaluation(app.db, score.evaluationId) : null
        return c.json(plain(await casesOf(app, suite, { after, limit, evaluation, onlyWrong: only === 'wrong' })) as never, 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/lineage',
        summary: 'From base and contributions to the newest releases, or to one',
        request: { params: modelPath, query: z.object({ release: z.string().optional() }) },
        responses: { 200: json(lineageGraph, 'The graph.'), ...failures },
      }),
      async (c) => {
        const name = modelOf(c.req.valid('param'))
        const { release } = c.req.valid('query')
        const model = await findModel(app.db, name)
        const version = release === undefined ? undefined : (await findRelease(app.db, name, release)).version
        return c.json(plain(await lineageOf(app.db, model, version)) as never, 200)
      },
    )
}
