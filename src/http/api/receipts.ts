/** Receipts: what a release has of whose work, and what that did as far as it was measured. */

import { createRoute } from '@hono/zod-openapi'
import { measureContribution } from '../../domain/receipts/measure-contribution.ts'
import { measurementsOf } from '../../domain/receipts/measurement-queries.ts'
import { findReceipt, receiptsOfPerson, receiptsOfRelease } from '../../domain/receipts/receipt-queries.ts'
import { findRelease } from '../../domain/releases/release-queries.ts'
import type { TrainingApp } from '../../domain/training/start-run.ts'
import { requireActor } from '../auth.ts'
import { body, failures, idText, json, modelOf, modelPath, page, pageOf, router, z } from './openapi.ts'
import { plain } from './schemas.ts'

const id = z.int()
const digest = z.templateLiteral(['sha256:', z.string()]).openapi({ type: 'string', pattern: '^sha256:[0-9a-f]{64}$' })
const date = z.iso.datetime()
const changeCounts = z.object({ better: z.int(), worse: z.int(), other: z.int() })
const side = z.object({ evaluation: id, score: z.number() })
const given = z.union([
  z.object({ kind: z.literal('answer'), text: z.string(), right: z.boolean() }),
  z.object({ kind: z.literal('text'), bitsPerByte: z.number() }),
])

export const effect = z
  .object({
    how: z.enum(['preview', 'left-out-warm', 'left-out-full']),
    label: z.string().openapi({ description: 'What was done to know it.' }),
    suites: z.array(
      z.object({
        suite: z.string(),
        metric: z.enum(['bits-per-byte', 'exact-match', 'accuracy']),
        samples: z.int(),
        with: side,
        without: side,
        difference: z.number().openapi({ description: 'With it minus without it, in the metric’s own unit.' }),
        interval: z.tuple([z.number(), z.number()]).openapi({ description: '95 %, paired bootstrap over samples.' }),
        verdict: z.enum(['better', 'worse', 'undecided']),
        changed: changeCounts.openapi({ description: 'Answers that changed because of it.' }),
        answers: z.array(
          z.object({
            index: z.int(),
            asked: z.string(),
            expected: z.string().nullable(),
            before: given,
            after: given,
            change: z.enum(['better', 'worse', 'other']),
          }),
        ),
      }),
    ),
    builds: z.array(id),
  })
  .openapi('Effect')

export const receiptBody = z
  .object({
    kind: z.literal('receipt'),
    person: z.string(),
    release: z.object({
      model: z.string(),
      version: z.string(),
      publishedAt: date,
      dataset: z.object({ number: z.int().nullable(), digest, count: z.int() }),
      artefacts: z.array(z.object({ path: z.string(), digest })),
    }),
    included: z.array(
      z.object({
        contribution: id,
        message: z.string(),
        isNew: z.boolean().openapi({ description: 'Whether the release before this one was trained without it.' }),
        examples: z.object({
          brought: z.int(),
          standing: z.int().openapi({ description: 'Those of them in the release’s dataset.' }),
          digest: digest.nullable().openapi({ description: 'Over the digests of those that stand, ascending, one a line.' }),
          takenOut: z.int(),
        }),
        gone: z.string().nullable(),
        effects: z.array(effect).openapi({ description: 'Empty: not measured.' }),
        summary: z.string(),
      }),
    ),
    notIncluded: z.array(
      z.object({
        contribution: id,
        message: z.string(),
        reason: z.enum(['waiting', 'changes-requested', 'rejected', 'withdrawn', 'accepted-later', 'replaced', 'taken-back', 'left-out']),
        sentence: z.string(),
        by: z.string().nullable(),
        words: z.string().nullable(),
      }),
    ),
    reviewed: z.array(
      z.object({
        contribution: id,
        author: z.string(),
        message: z.string(),
        examples: z.int(),
        decisions: z.array(z.enum(['accept', 'reject', 'request-changes'])),
        summary: z.string(),
      }),
    ),
  })
  .openapi('ReceiptBody')

export const receipt = z
  .object({
    id,
    digest: digest.openapi({ description: 'sha256 over the body as RFC 8785 JSON.' }),
    body: receiptBody,
    createdAt: date,
    supersedes: digest.nullable(),
    supersededBy: digest.nullable().openapi({ description: 'The edition that replaced it, because more was measured; null: the newest.' }),
  })
  .openapi('Receipt')

export const receiptsOfARelease = z
  .object({ issued: z.boolean().openapi({ description: 'False while they are being written.' }), receipts: z.array(receipt) })
  .openapi('ReceiptsOfRelease')

export const measurement = z
  .object({
    id,
    releaseId: id,
    contributionId: id,
    method: z.enum(['full', 'warm']),
    withBuildId: id.nullable(),
    withoutBuildId: id,
    requestedBy: id.nullable(),
    createdAt: date,
    state: z.enum(['queued', 'running', 'finished', 'failed', 'cancelled']),
    error: z.string().nullable(),
  })
  .openapi('Measurement')

const releasePath = modelPath.extend({ version: z.string().openapi({ example: '0.1.0', description: 'A version, or "latest".' }) })
const wanted = z.strictObject({
  contribution: id,
  method: z.string().optional().openapi({
    description:
      'warm: a short training from the release before, with it and without it. full: the release’s own training without it. Left out: warm where it can be.',
  }),
})

export function receiptRoutes(app: TrainingApp) {
  return router()
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/releases/{version}/receipts',
        summary: 'Receipts of a release, the newest edition of each',
        request: { params: releasePath, query: page },
        responses: { 200: json(receiptsOfARelease, 'Receipts.'), ...failures },
      }),
      async (c) => {
        const { version, ...model } = c.req.valid('param')
        return c.json(plain(await receiptsOfRelease(app.db, modelOf(model), version, pageOf(c.req.valid('query')))) as never, 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/people/{person}/receipts',
        summary: 'Receipts of a person, newest first',
        request: { params: z.object({ person: z.string().openapi({ example: 'asha' }) }), query: page },
        responses: { 200: json(z.array(receipt), 'Receipts below the id `after`.'), ...failures },
      }),
      async (c) => c.json(plain(await receiptsOfPerson(app.db, c.req.valid('param').person, pageOf(c.req.valid('query')))) as never, 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/receipts/{digest}',
        summary: 'One edition of a receipt, by its digest',
        request: { params: z.object({ digest: z.string() }) },
        responses: { 200: json(receipt, 'The receipt.'), ...failures },
      }),
      async (c) => c.json(plain(await findReceipt(app.db, c.req.valid('param').digest)) as never, 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{owner}/{name}/releases/{version}/measurements',
        summary: 'Measure what a contribution did in a release, by leaving it out',
        description: 'For its author, those who reviewed it, and maintainers. What was measured is not measured again.',
        request: { params: releasePath, body: body(wanted) },
        responses: {
          200: json(measurement, 'The measurement, most often queued. The receipts get another edition once it has finished.'),
          ...failures,
        },
      }),
      async (c) => {
        const { version, ...model } = c.req.valid('param')
        return c.json(plain(await measureContribution(app, requireActor(c), modelOf(model), version, c.req.valid('json'))), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/releases/{version}/measurements',
        summary: 'What was asked to be measured by leaving it out of a release',
        request: { params: releasePath, query: z.object({ contribution: idText.optional() }) },
        responses: { 200: json(z.array(measurement), 'Measurements.'), ...failures },
      }),
      async (c) => {
        const { version, ...model } = c.req.valid('param')
        const { id } = await findRelease(app.db, modelOf(model), version)
        return c.json(plain(await measurementsOf(app.db, id, c.req.valid('query').contribution)), 200)
      },
    )
}

/** The same, as types for those who call the API. */
export type ReceiptAnswer = z.infer<typeof receipt>
export type ReceiptsAnswer = z.infer<typeof receiptsOfARelease>
export type MeasurementAnswer = z.infer<typeof measurement>
