/** Feedback on answers, the contributions it can become, and what several people suggest for one question. */

import { createRoute } from '@hono/zod-openapi'
import { contributeCorrection } from '../../domain/feedback/contribute-correction.ts'
import { findFeedback, listFeedback } from '../../domain/feedback/feedback-queries.ts'
import { fixAnswer, fixFeedback, type Fixed } from '../../domain/feedback/fix-answer.ts'
import { giveFeedback } from '../../domain/feedback/give-feedback.ts'
import { suggestionsOf } from '../../domain/feedback/suggestions.ts'
import { actorName, type Actor } from '../../domain/people/actor.ts'
import { findRelease } from '../../domain/releases/release-queries.ts'
import { requireActor } from '../auth.ts'
import { body, failures, idText, json, modelOf, modelPath, page, pageOf, router, z } from './openapi.ts'
import { contribution, feedback, finding, plain, suggestedQuestion } from './schemas.ts'
import { takenIn, takenInFields, type OfferingApp } from './taken-in.ts'

const given = z.strictObject({
  release: z.string().optional().openapi({ description: 'The version that answered, or "latest"; left out for the base alone.' }),
  turns: z.array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: z.string() })),
  rating: z.enum(['up', 'down']),
  correction: z.string().optional(),
})

const waiting = { wait: z.boolean().optional().openapi({ description: 'true: reviewed first, even where the author is trusted.' }) }

const terms = z.strictObject({
  licence: z.string().openapi({ description: 'SPDX expression under which the correction is given.' }),
  language: z.string().openapi({ description: 'BCP 47.' }),
  signOff: z.string().optional(),
  message: z.string().optional(),
  ...waiting,
})

const corrected = z.object({ contribution, findings: z.array(finding), ...takenInFields })

const fixTerms = {
  licence: z.string().optional().openapi({ description: 'SPDX; CC0-1.0 where nothing is said and the community takes it.' }),
  language: z
    .string()
    .optional()
    .openapi({ description: "BCP 47; the one language of the community's newest examples where nothing is said." }),
  message: z.string().optional(),
  signOff: z.string().optional(),
  origin: z.string().optional().openapi({ description: 'human, where nothing is said; or translated, adapted, generated.' }),
  generator: z.string().optional().openapi({ description: 'Of a generated one: what generated it.' }),
  source: z.string().optional().openapi({ description: 'Where the better answer is from; the feedback, where nothing is said.' }),
  replaces: z.string().optional().openapi({ description: 'Digest of an example of the dataset that the correction replaces.' }),
  ...waiting,
}
const fixOfAnswer = z.strictObject({
  better: z.string().openapi({ description: 'What the answer should have been.' }),
  choice: z.int().min(0).optional().openapi({ description: 'Which of several answers, from 0.' }),
  model: z.string().optional().openapi({ description: 'Of an answer that a base gave: the community model that should learn it.' }),
  ...fixTerms,
})
const fixOfFeedback = z.strictObject({
  better: z.string().optional().openapi({ description: 'Its own correction, where nothing is said.' }),
  ...fixTerms,
})
const fixed = z.object({ feedback, contribution, findings: z.array(finding), ...takenInFields }).openapi('Fixed')

async function answerOf(app: OfferingApp, actor: Actor, { feedback, ...detail }: Fixed, { wait }: { readonly wait?: boolean | undefined }) {
  const { contribution, rounds, patrol, reasons } = await takenIn(app, actor, detail, { wait })
  return plain({ feedback, contribution, findings: rounds.at(-1)?.checks ?? [], patrol, reasons })
}

export function feedbackRoutes(app: OfferingApp) {
  return router()
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{owner}/{name}/feedback',
        summary: 'Say what you think of an answer',
        request: { params: modelPath, body: body(given) },
        responses: { 200: json(feedback, 'The record.'), ...failures },
      }),
      async (c) => {
        const { release, correction, ...rest } = c.req.valid('json')
        const model = modelOf(c.req.valid('param'))
        const version = release === 'latest' ? (await findRelease(app.db, model, 'latest')).version : release
        const record = { ...rest, ...(version !== undefined && { release: version }), ...(correction !== undefined && { correction }) }
        return c.json(plain(await giveFeedback(app, requireActor(c), model, record)), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/feedback',
        summary: 'Feedback, newest first',
        request: { params: modelPath, query: page },
        responses: { 200: json(z.array(feedback), 'Feedback.'), ...failures },
      }),
      async (c) => c.json(plain(await listFeedback(app.db, modelOf(c.req.valid('param')), pageOf(c.req.valid('query')))), 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/feedback/{feedback}/contribution',
        summary: 'Offer the corrected answer as a contribution that names this feedback as its origin',
        request: { params: z.object({ feedback: idText }), body: body(terms) },
        responses: { 200: json(corrected, 'The contribution, to be reviewed like any other.'), ...failures },
      }),
      async (c) => {
        const actor = requireActor(c)
        const { signOff = actorName(actor), message, wait, ...rest } = c.req.valid('json')
        const given = { ...rest, signOff, ...(message !== undefined && { message }) }
        const detail = await contributeCorrection(app, actor, c.req.valid('param').feedback, given)
        const { contribution, rounds, patrol, reasons } = await takenIn(app, actor, detail, { wait })
        return c.json(plain({ contribution, findings: rounds.at(-1)?.checks ?? [], patrol, reasons }), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/answers/{answer}/fix',
        summary: 'Fix a stored answer: a correction and a regression case, in one contribution',
        description: "An answer is stored where /v1/chat/completions is asked with store: true; its id is the completion's.",
        request: { params: z.object({ answer: z.string() }), body: body(fixOfAnswer) },
        responses: { 200: json(fixed, 'The feedback, and the contribution to be reviewed like any other.'), ...failures },
      }),
      async (c) => {
        const [actor, said] = [requireActor(c), c.req.valid('json')]
        return c.json(await answerOf(app, actor, await fixAnswer(app, actor, c.req.valid('param').answer, said), said), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/feedback/{feedback}/fix',
        summary: 'Fix the answer that feedback is about: a correction and a regression case, in one contribution',
        request: { params: z.object({ feedback: idText }), body: body(fixOfFeedback) },
        responses: { 200: json(fixed, 'The feedback, and the contribution to be reviewed like any other.'), ...failures },
      }),
      async (c) => {
        const [actor, said] = [requireActor(c), c.req.valid('json')]
        return c.json(await answerOf(app, actor, await fixFeedback(app, actor, c.req.valid('param').feedback, said), said), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/suggestions',
        summary: 'What open contributions suggest for one question, side by side',
        description: 'Questions answered because of feedback, and questions that several open contributions answer.',
        request: { params: modelPath, query: page.pick({ limit: true }) },
        responses: { 200: json(z.array(suggestedQuestion), 'Those asked first come first.'), ...failures },
      }),
      async (c) => c.json(plain(await suggestionsOf(app.db, modelOf(c.req.valid('param')), c.req.valid('query'))), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/feedback/{feedback}',
        summary: 'One piece of feedback',
        request: { params: z.object({ feedback: idText }) },
        responses: { 200: json(feedback, 'The record.'), ...failures },
      }),
      async (c) => c.json(plain(await findFeedback(app.db, c.req.valid('param').feedback)), 200),
    )
}
