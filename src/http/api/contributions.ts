/** Contributions: offered as files, read with their checks and reviews, revised, withdrawn, decided. */

import { createRoute } from '@hono/zod-openapi'
import type { Context } from 'hono'
import {
  contribute,
  contributionDetail,
  reviseContribution,
  withdrawContribution,
  type ContributionDetail,
} from '../../domain/contributions/contribute.ts'
import { changesOf, listContributions } from '../../domain/contributions/contribution-queries.ts'
import type { Offer } from '../../domain/contributions/contribution.ts'
import { formatOfFile, readChanges, type FileFormat } from '../../domain/contributions/read-changes.ts'
import { decideContribution } from '../../domain/datasets/decide-contribution.ts'
import { revertContribution } from '../../domain/datasets/revert-contribution.ts'
import { findModel } from '../../domain/models/model-queries.ts'
import { actorName, type Actor } from '../../domain/people/actor.ts'
import { considerPreview, type ConsideringApp } from '../../domain/previews/automatic-previews.ts'
import { previewNoteOf } from '../../domain/previews/preview-queries.ts'
import { lookForDepartures } from '../../domain/release-train/departures-clock.ts'
import { patrolOf } from '../../domain/reviews/patrol-queries.ts'
import { quorumFor } from '../../domain/reviews/quorum-queries.ts'
import { reviewsOf } from '../../domain/reviews/review-queries.ts'
import { reviewQueue, reviewQueues } from '../../domain/reviews/review-queues.ts'
import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { requireActor } from '../auth.ts'
import { uploadOf } from '../limits.ts'
import { body, failures, idText, json, modelOf, modelPath, page, pageOf, router, rowsBody, z } from './openapi.ts'
import { change, contribution, contributionRound, datasetRevision, finding, patrol, plain, previewNote, quorum, review } from './schemas.ts'
import { takenIn, takenInFields, type TakenIn } from './taken-in.ts'

const declared = z.object({
  licence: z.string().openapi({ description: 'SPDX expression the examples are given under.' }),
  language: z.string().openapi({ description: 'BCP 47.' }),
  origin: z.string().openapi({ description: 'human, translated, adapted or generated' }),
  generator: z.string().optional(),
  source: z.string(),
  message: z.string(),
  signOff: z
    .string()
    .optional()
    .openapi({ description: 'Who vouches for the right to give this (DCO 1.1); the caller, where nothing is said.' }),
  feedback: idText.optional().openapi({ description: 'What was said about an answer, where this came from that.' }),
  file: z.string().optional().openapi({ description: 'Name of the file; its ending says how to read it where the content type does not.' }),
})

const contributed = z.object({ contribution, findings: z.array(finding) }).openapi('Contributed')
const offered = contributed.extend(takenInFields).openapi('Offered')
const contributionPage = z
  .object({
    contribution,
    rounds: z.array(contributionRound),
    reviews: z.array(review),
    quorum: quorum.nullable().openapi({ description: 'Of its present round; null once it is decided.' }),
    patrol: patrol.nullable(),
    preview: previewNote.nullable(),
  })
  .openapi('ContributionPage')
const decided = z.object({ review, contribution, revision: datasetRevision.nullable() }).openapi('Decided')
const contributionPath = z.object({ contribution: idText })

const FORMATS: Record<string, FileFormat> = {
  'application/jsonlines': 'jsonl',
  'application/jsonl': 'jsonl',
  'application/x-ndjson': 'jsonl',
  'text/csv': 'csv',
  'application/x-parquet': 'parquet',
  'application/vnd.apache.parquet': 'parquet',
}

function offerOf(c: Context, actor: Actor, query: z.infer<typeof declared>): Offer {
  const { file, feedback, signOff, ...rest } = query
  const type = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  const format = FORMATS[type] ?? (file === undefined ? undefined : formatOfFile(file))
  if (format === undefined)
    throw new AppError(
      'invalid',
      `The content type ${JSON.stringify(type)} does not say how to read the file; use ${Object.keys(FORMATS).join(', ')}.`,
    )
  return { ...rest, signOff: signOff ?? actorName(actor), feedbackId: feedback ?? null, changes: readChanges(uploadOf(c), format) }
}

const answerOf = ({ contribution, rounds }: ContributionDetail) => plain({ contribution, findings: rounds.at(-1)?.checks ?? [] })

const offeredAnswer = ({ patrol, reasons, ...detail }: TakenIn) => ({ ...answerOf(detail), ...plain({ patrol, reasons }) })

/** What was stored, after it has been left to the queue whether it is previewed by itself. */
async function stored(app: ConsideringApp, detail: ContributionDetail) {
  await considerPreview(app, detail.contribution)
  return answerOf(detail)
}

export function contributionRoutes(app: ConsideringApp & { readonly db: Database; readonly blobs: Blobs }) {
  return router()
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{owner}/{name}/contributions',
        summary: 'Offer examples for review',
        description: 'A file whose checks find an error is turned away whole, with every finding in `details`; nothing is stored then.',
        request: {
          params: modelPath,
          query: declared.extend({
            wait: z.enum(['true', 'false']).optional().openapi({ description: 'true: reviewed first, even where the author is trusted.' }),
          }),
          body: rowsBody,
        },
        responses: { 200: json(offered, 'The contribution, with what its checks remarked.'), ...failures },
      }),
      async (c) => {
        const actor = requireActor(c)
        const { wait, ...declaration } = c.req.valid('query')
        const detail = await contribute(app, actor, modelOf(c.req.valid('param')), offerOf(c, actor, declaration))
        return c.json(offeredAnswer(await takenIn(app, actor, detail, { wait: wait === 'true' })), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/contributions',
        summary: 'Contributions, in the order they were offered',
        request: {
          params: modelPath,
          query: page.extend({
            state: contribution.shape.state.optional(),
            queue: z.enum(reviewQueues).optional().openapi({
              description: "Open ones: waiting, all; mentor, newcomers'; mine, those the caller can review now. Instead of state.",
            }),
          }),
        },
        responses: {
          200: json(
            z.array(contribution.extend({ accepting: z.int().optional() })),
            'Contributions; in a queue, with their accepting reviews.',
          ),
          ...failures,
        },
      }),
      async (c) => {
        const { state, queue, ...rest } = c.req.valid('query')
        const { id } = await findModel(app.db, modelOf(c.req.valid('param')))
        if (queue !== undefined) {
          if (state !== undefined) throw new AppError('invalid', 'Ask for a queue or for a state: whatever is in a queue is open.')
          return c.json(plain(await reviewQueue(app.db, requireActor(c), id, queue, pageOf(rest))), 200)
        }
        return c.json(plain(await listContributions(app.db, { modelId: id, state }, pageOf(rest))), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/contributions/{contribution}',
        summary: 'One contribution: rounds, checks, reviews',
        request: { params: contributionPath },
        responses: { 200: json(contributionPage, 'The contribution.'), ...failures },
      }),
      async (c) => {
        const { contribution: id } = c.req.valid('param')
        const detail = await contributionDetail(app.db, id)
        const undecided = detail.contribution.state === 'open' || detail.contribution.state === 'changes-requested'
        const more = {
          reviews: await reviewsOf(app.db, id),
          quorum: undecided ? await quorumFor(app.db, detail.contribution) : null,
          patrol: await patrolOf(app.db, id),
          preview: await previewNoteOf(app.db, id),
        }
        return c.json(plain({ ...detail, ...more }), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/contributions/{contribution}/changes',
        summary: 'Its changes, with the examples',
        request: {
          params: contributionPath,
          query: z.object({ after: z.coerce.number().int().min(0).optional(), limit: page.shape.limit, round: idText.optional() }),
        },
        responses: { 200: json(z.array(change), 'Changes after position `after`.'), ...failures },
      }),
      async (c) => {
        const { round, ...rest } = c.req.valid('query')
        return c.json(plain(await changesOf(app.db, c.req.valid('param').contribution, { ...pageOf(rest), round })), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/contributions/{contribution}/revise',
        summary: 'Answer a request for changes with a new round',
        request: { params: contributionPath, query: declared, body: rowsBody },
        responses: { 200: json(contributed, 'The contribution.'), ...failures },
      }),
      async (c) => {
        const actor = requireActor(c)
        const offer = offerOf(c, actor, c.req.valid('query'))
        return c.json(await stored(app, await reviseContribution(app, actor, c.req.valid('param').contribution, offer)), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/contributions/{contribution}/withdraw',
        summary: 'Take back an offer of your own',
        request: { params: contributionPath },
        responses: { 200: json(contribution, 'The contribution.'), ...failures },
      }),
      async (c) => c.json(plain((await withdrawContribution(app, requireActor(c), c.req.valid('param').contribution)).contribution), 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/contributions/{contribution}/revert',
        summary: 'Offer the opposite of an accepted contribution, for review',
        request: { params: contributionPath, body: body(z.strictObject({ message: z.string() })) },
        responses: { 200: json(contributed, 'The new contribution.'), ...failures },
      }),
      async (c) => {
        const { contribution: id } = c.req.valid('param')
        const actor = requireActor(c)
        return c.json(
          await stored(app, await revertContribution(app, actor, id, { ...c.req.valid('json'), signOff: actorName(actor) })),
          200,
        )
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/contributions/{contribution}/reviews',
        summary: 'Decide on a contribution of somebody else',
        request: { params: contributionPath, body: body(z.strictObject({ decision: review.shape.decision, message: z.string() })) },
        responses: { 200: json(decided, 'The review, and the dataset revision where this completed the quorum.'), ...failures },
      }),
      async (c) => {
        const { decision, message } = c.req.valid('json')
        const decided = await decideContribution(app, requireActor(c), c.req.valid('param').contribution, { decision, message })
        if (decided.revision !== null) await lookForDepartures(app, app.db)
        return c.json(plain(decided), 200)
      },
    )
}
