/** What a wiki is looked through by: examples by their words, recent changes, proposals in lists and conflicts, how communities are doing. */

import { createRoute } from '@hono/zod-openapi'
import { conflictsOf } from '../../domain/contributions/claims.ts'
import { findContribution } from '../../domain/contributions/contribution-queries.ts'
import { listProposals, proposalKinds } from '../../domain/contributions/proposal-lists.ts'
import { examplePage } from '../../domain/datasets/example-page.ts'
import { exampleTallies, searchExamples } from '../../domain/datasets/example-search.ts'
import { revertExample } from '../../domain/datasets/revert-example.ts'
import { communityHealth } from '../../domain/feedback/community-health.ts'
import { findModel } from '../../domain/models/model-queries.ts'
import { actorName } from '../../domain/people/actor.ts'
import { communityCards } from '../../domain/releases/community-cards.ts'
import { changeKinds, recentChanges, type ChangesFilter } from '../../domain/releases/recent-changes.ts'
import { releasesWithExample } from '../../domain/releases/releases-with-example.ts'
import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { requireActor } from '../auth.ts'
import { body, failures, idText, json, modelOf, modelPath, page, pageOf, router, z } from './openapi.ts'
import { contribution, finding, plain, type Plain } from './schemas.ts'

const digest = z.templateLiteral(['sha256:', z.string()])
const example = z.looseObject({
  digest,
  content: z.looseObject({}),
  provenance: z.looseObject({ origin: z.string(), source: z.string(), licence: z.string(), language: z.string() }),
})
const place = page.extend({ after: z.coerce.number().int().min(0).optional().openapi({ description: 'The `next` of the page before.' }) })

const foundExamples = z
  .object({
    examples: z.array(example.extend({ place: z.int(), contribution: z.int(), author: z.string() })),
    next: z.int().nullable().openapi({ description: 'What to pass as `after` for the next page; null at the end.' }),
    complete: z.boolean().openapi({ description: 'False while the index is being made: not everything is found yet.' }),
  })
  .openapi('FoundExamples')
const tally = z.array(z.object({ value: z.string(), count: z.int() }))
const tallies = z.object({ language: tally, origin: tally, licence: tally, contributor: tally }).openapi('ExampleTallies')
const onePage = example
  .extend({
    standing: z.boolean().openapi({ description: 'Whether the newest dataset has it.' }),
    blame: z.looseObject({ contributionId: z.int(), author: z.string() }).nullable(),
    history: z.array(z.looseObject({ contribution: z.int(), state: z.string(), kind: z.string(), other: z.string().nullable() })),
    competing: z.array(z.looseObject({ digest: z.string().nullable(), answer: z.string(), contribution: z.int(), standing: z.boolean() })),
    releases: z.array(
      z.object({ version: z.string(), state: z.enum(['published', 'retracted']), revision: z.int(), createdAt: z.string() }),
    ),
  })
  .openapi('ExamplePage')

const change = z
  .object({
    kind: z.enum(changeKinds),
    at: z.iso.datetime(),
    model: z.string(),
    person: z.string(),
    contribution: z.int().nullable(),
    subject: z.string().openapi({ description: "A contribution's message, a release's version, a suite's name, or whose role." }),
    outcome: z
      .string()
      .nullable()
      .openapi({ description: 'accepted, rejected, withdrawn; published, retracted; retired, taken-up; a role, or none.' }),
  })
  .openapi('RecentChange')
const changesPage = z.object({ changes: z.array(change), next: z.string().nullable() }).openapi('RecentChanges')
const changesQuery = z.object({
  kinds: z
    .string()
    .optional()
    .openapi({ description: `Some of ${changeKinds.join(', ')}, with commas.` }),
  person: z.string().optional().openapi({ description: 'What this person did.' }),
  after: z.string().optional().openapi({ description: 'The `next` of the page before.' }),
  limit: page.shape.limit,
})

const proposalPage = z.object({ proposals: z.array(contribution), next: z.int().nullable() }).openapi('ProposalPage', {
  description: 'Newest first. Of a rare kind a page may hold few or none and still have a next one.',
})
const proposalQuery = page.extend({
  state: contribution.shape.state.optional(),
  author: z.string().optional(),
  kind: z.enum(proposalKinds).optional(),
  conflicting: z.enum(['true', 'false']).optional().openapi({ description: 'true: undecided ones that claim what another one claims.' }),
})
const conflict = z
  .object({ contribution: z.int(), author: z.string().nullable(), message: z.string(), examples: z.int(), questions: z.int() })
  .openapi('Conflict')

const bounded = z.object({ count: z.int(), more: z.boolean().openapi({ description: 'There are more than are counted.' }) })
const health = z
  .object({
    openProposals: bounded,
    conflicts: bounded,
    answersWaiting: bounded.openapi({ description: 'Answers said to be wrong that no proposal has taken up.' }),
    daysSinceRelease: z.int().nullable(),
    release: z.string().nullable(),
    examples: z.int(),
  })
  .openapi('CommunityHealth')
const community = z
  .object({
    id: z.int(),
    model: z.string(),
    description: z.string(),
    base: z.string(),
    languages: z.array(z.string()).openapi({ description: 'Those most of its examples are in, at most six.' }),
    release: z
      .object({
        version: z.string(),
        createdAt: z.iso.datetime(),
        commercialUse: z.enum(['allowed', 'not-allowed', 'unknown']),
        openness: z.object({ class: z.int().nullable() }).nullable(),
      })
      .nullable(),
    createdAt: z.iso.datetime(),
  })
  .openapi('Community')

export type FoundExamplesAnswer = z.infer<typeof foundExamples>
export type ExamplePageAnswer = Plain<Awaited<ReturnType<typeof examplePage>>> & { releases: z.infer<typeof onePage>['releases'] }
export type RecentChangesAnswer = z.infer<typeof changesPage>
export type ProposalPageAnswer = z.infer<typeof proposalPage>
export type HealthAnswer = z.infer<typeof health>

/** "release,charter" as the kinds it names. */
export function kindsOf(text: string | undefined): ChangesFilter['kinds'] {
  const names = (text ?? '').split(',').filter((name) => name !== '')
  return names.map((name) => {
    const kind = changeKinds.find((it) => it === name)
    if (kind === undefined)
      throw new AppError('invalid', `${JSON.stringify(name.slice(0, 40))} is no kind of change; there are ${changeKinds.join(', ')}.`)
    return kind
  })
}

export function searchRoutes(app: { readonly db: Database; readonly blobs: Blobs }) {
  const idOf = async (params: { owner: string; name: string }) => (await findModel(app.db, modelOf(params))).id
  const changesOf = async (modelId: number | null, { kinds, person, after, limit }: z.infer<typeof changesQuery>) =>
    plain(await recentChanges(app.db, { modelId, kinds: kindsOf(kinds), person }, { after, limit }))
  const proposalsOf = async (modelId: number | null, { conflicting, after, limit, ...filter }: z.infer<typeof proposalQuery>) =>
    plain(await listProposals(app.db, modelId, { ...filter, conflicting: conflicting === 'true' }, pageOf({ after, limit })))
  const examplePath = modelPath.extend({ digest: z.string() })
  return router()
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/examples',
        summary: 'Examples of the newest dataset, by their words and where they are from',
        description: 'All words have to be there, as beginnings of words; "a phrase" means just these words; -word must not be there.',
        request: {
          params: modelPath,
          query: place.extend({
            q: z.string().optional(),
            language: z.string().optional().openapi({ description: 'BCP 47; mr finds mr-Latn too.' }),
            origin: z.string().optional(),
            licence: z.string().optional(),
            contributor: z.string().optional(),
          }),
        },
        responses: { 200: json(foundExamples, 'Those accepted last first.'), ...failures },
      }),
      async (c) => {
        const { q, after, limit, ...filter } = c.req.valid('query')
        return c.json(plain(await searchExamples(app.db, await idOf(c.req.valid('param')), { ...filter, text: q }, { after, limit })), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/example-tallies',
        summary: 'How many examples have each language, origin, licence and contributor',
        request: { params: modelPath },
        responses: { 200: json(tallies, 'The most frequent ones first, at most 20 of each.'), ...failures },
      }),
      async (c) => c.json(plain(await exampleTallies(app.db, await idOf(c.req.valid('param')))), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/examples/{digest}',
        summary: 'One example: who brought it, its history, other answers to its question, releases that have it',
        request: { params: examplePath },
        responses: { 200: json(onePage, 'The example.'), ...failures },
      }),
      async (c) => {
        const { digest, ...model } = c.req.valid('param')
        const id = await idOf(model)
        const found = await examplePage(app.db, id, digest)
        return c.json({ ...plain(found), releases: plain(await releasesWithExample(app.db, id, found.digest)) }, 200)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/models/{owner}/{name}/examples/{digest}/revert',
        summary: 'Offer to take one example back, for review',
        request: { params: examplePath, body: body(z.strictObject({ message: z.string() })) },
        responses: { 200: json(z.object({ contribution, findings: z.array(finding) }), 'The new contribution.'), ...failures },
      }),
      async (c) => {
        const { digest, ...model } = c.req.valid('param')
        const actor = requireActor(c)
        const given = { ...c.req.valid('json'), signOff: actorName(actor) }
        const { contribution, rounds } = await revertExample(app, actor, modelOf(model), digest, given)
        return c.json(plain({ contribution, findings: rounds.at(-1)?.checks ?? [] }), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/changes',
        summary: 'What happened in all communities, newest first',
        request: { query: changesQuery },
        responses: { 200: json(changesPage, 'Changes.'), ...failures },
      }),
      async (c) => c.json(await changesOf(null, c.req.valid('query')), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/changes',
        summary: 'What happened in a community, newest first',
        request: { params: modelPath, query: changesQuery },
        responses: { 200: json(changesPage, 'Changes.'), ...failures },
      }),
      async (c) => c.json(await changesOf(await idOf(c.req.valid('param')), c.req.valid('query')), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/proposals',
        summary: 'Proposals of all communities',
        request: { query: proposalQuery },
        responses: { 200: json(proposalPage, 'Newest first.'), ...failures },
      }),
      async (c) => c.json(await proposalsOf(null, c.req.valid('query')), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/proposals',
        summary: 'Proposals of a community, by state, author, kind and conflict',
        request: { params: modelPath, query: proposalQuery },
        responses: { 200: json(proposalPage, 'Newest first.'), ...failures },
      }),
      async (c) => c.json(await proposalsOf(await idOf(c.req.valid('param')), c.req.valid('query')), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/contributions/{contribution}/conflicts',
        summary: 'Undecided proposals about the same examples or questions',
        request: { params: z.object({ contribution: idText }) },
        responses: { 200: json(z.array(conflict), 'Those with most in common first.'), ...failures },
      }),
      async (c) => {
        const { contribution: id } = c.req.valid('param')
        await findContribution(app.db, id)
        return c.json(plain(await conflictsOf(app.db, id)), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/health',
        summary: 'How a community is doing',
        request: { params: modelPath },
        responses: { 200: json(health, 'Counts up to a bound.'), ...failures },
      }),
      async (c) => c.json(plain(await communityHealth(app.db, await idOf(c.req.valid('param')))), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/communities',
        summary: 'Communities with their languages and newest release',
        request: { query: page },
        responses: { 200: json(z.array(community), 'In the order they were founded.'), ...failures },
      }),
      async (c) => {
        const cards = await communityCards(app.db, pageOf(c.req.valid('query')))
        return c.json(plain(cards.map(({ owner, name, ...card }) => ({ ...card, model: `${owner}/${name}` }))), 200)
      },
    )
}
