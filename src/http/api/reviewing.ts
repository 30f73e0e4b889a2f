/** How a community reviews: its rules, trust, mentors and patrols. */

import { createRoute } from '@hono/zod-openapi'
import { joinMentors, leaveMentors, mentorsOf } from '../../domain/contributions/mentors.ts'
import { patrolContribution } from '../../domain/datasets/patrol-contribution.ts'
import { findModel } from '../../domain/models/model-queries.ts'
import { currentRules, rulesLog } from '../../domain/models/review-rules-queries.ts'
import { setReviewRules } from '../../domain/models/set-review-rules.ts'
import { lookForDepartures } from '../../domain/release-train/departures-clock.ts'
import { patrolQueue } from '../../domain/reviews/patrol-queries.ts'
import { trustPage } from '../../domain/reviews/trust-page.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import type { Jobs } from '../../storage/jobs.ts'
import { requireActor } from '../auth.ts'
import { body, failures, idText, json, modelOf, modelPath, page, pageOf, router, z } from './openapi.ts'
import { datasetRevision, mentor, patrol, plain, rulesChange, rulesRecord, trustRecord } from './schemas.ts'

const quorumChanges = z
  .strictObject({
    kind: z.string().optional().openapi({ description: 'fixed (n people) or adaptive (share of the active reviewers, up to cap).' }),
    n: z.number().optional(),
    share: z.number().optional(),
    cap: z.number().optional(),
    days: z.number().optional(),
  })
  .optional()

const changes = z.strictObject({
  quorum: quorumChanges,
  rejection: quorumChanges,
  trust: z
    .strictObject({ newcomerBelow: z.number().optional(), patrolFrom: z.number().optional(), halfLifeDays: z.number().optional() })
    .optional(),
  patrol: z
    .strictObject({
      enabled: z.boolean().optional(),
      examples: z.number().optional(),
      perDay: z.number().optional(),
      overdueDays: z.number().optional(),
      holdsRelease: z.boolean().optional(),
    })
    .optional(),
  newcomers: z
    .strictObject({
      openAtOnce: z.number().nullable().optional(),
      examplesPerDay: z.number().nullable().optional(),
      commentsPerHour: z.number().nullable().optional(),
      mentorQueue: z.boolean().optional(),
    })
    .optional(),
})

/** `partial` of zod says `| undefined`, which exact optional properties do not. */
const given = <T extends object>(section: T | undefined) =>
  Object.fromEntries(Object.entries(section ?? {}).filter(([, value]) => value !== undefined)) as {
    [key in keyof T]?: Exclude<T[key], undefined>
  }

export function reviewingRoutes(app: { readonly db: Database; readonly blobs: Blobs; readonly jobs: Pick<Jobs, 'enqueue'> }) {
  const idOf = async (params: { owner: string; name: string }) => (await findModel(app.db, modelOf(params))).id
  const mentors = (verb: 'join' | 'leave', summary: string) =>
    createRoute({
      method: 'post',
      path: `/models/{owner}/{name}/mentors/${verb}` as const,
      summary,
      request: { params: modelPath },
      responses: { 200: json(z.array(mentor), 'The mentors now.'), ...failures },
    })
  return router()
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/rules',
        summary: 'The rules of review that count now',
        request: { params: modelPath },
        responses: { 200: json(rulesRecord, 'The rules, who set them and why.'), ...failures },
      }),
      async (c) => c.json(plain(await currentRules(app.db, await idOf(c.req.valid('param')))), 200),
    )
    .openapi(
      createRoute({
        method: 'put',
        path: '/models/{owner}/{name}/rules',
        summary: 'Change rules of review; what is left out stays',
        description: 'Maintainers. {"patrol": {"enabled": true}} lets small proposals of trusted people in at once, to be patrolled later.',
        request: { params: modelPath, body: body(z.strictObject({ rules: changes, message: z.string() })) },
        responses: { 200: json(rulesChange, 'The new record, and what differs from the one before.'), ...failures },
      }),
      async (c) => {
        const { rules, message } = c.req.valid('json')
        const { quorum, rejection, trust, patrol, newcomers } = rules
        const changed = {
          quorum: given(quorum),
          rejection: given(rejection),
          trust: given(trust),
          patrol: given(patrol),
          newcomers: given(newcomers),
        }
        const model = modelOf(c.req.valid('param'))
        return c.json(plain(await setReviewRules(app, requireActor(c), model, { changes: changed, message })), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/rules/log',
        summary: 'Every change of the rules, newest first',
        request: { params: modelPath, query: page },
        responses: { 200: json(z.array(rulesChange), 'Records; a page goes on below id `after`.'), ...failures },
      }),
      async (c) => c.json(plain(await rulesLog(app.db, await idOf(c.req.valid('param')), pageOf(c.req.valid('query')))), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/people/{person}/trust',
        summary: "A person's trust in this community, its formula and every event it is made from",
        request: { params: modelPath.extend({ person: z.string().openapi({ example: 'asha' }) }) },
        responses: { 200: json(trustRecord, 'Nothing else counts.'), ...failures },
      }),
      async (c) => {
        const { person, ...model } = c.req.valid('param')
        const trust = await trustPage(app.db, modelOf(model), person)
        const events = trust.events.map((event) => ({ ...event, link: `/api/contributions/${event.by ?? event.contribution}` }))
        return c.json(plain({ ...trust, events }), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/mentors',
        summary: 'Reviewers who help newcomers',
        request: { params: modelPath },
        responses: { 200: json(z.array(mentor), 'The mentors.'), ...failures },
      }),
      async (c) => c.json(plain(await mentorsOf(app.db, await idOf(c.req.valid('param')))), 200),
    )
    .openapi(mentors('join', 'Volunteer as a mentor of newcomers'), async (c) =>
      c.json(plain(await joinMentors(app, requireActor(c), modelOf(c.req.valid('param')))), 200),
    )
    .openapi(mentors('leave', 'Stop being a mentor'), async (c) =>
      c.json(plain(await leaveMentors(app, requireActor(c), modelOf(c.req.valid('param')))), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/patrols',
        summary: 'What was accepted without review and waits to be looked at, oldest first',
        description:
          'Patrolling is off until a maintainer turns it on: PUT /models/{owner}/{name}/rules {"rules": {"patrol": {"enabled": true}}, …}.',
        request: { params: modelPath, query: page },
        responses: { 200: json(z.array(patrol), 'Patrols that wait.'), ...failures },
      }),
      async (c) => c.json(plain(await patrolQueue(app.db, await idOf(c.req.valid('param')), pageOf(c.req.valid('query')))), 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/contributions/{contribution}/patrol',
        summary: 'Mark seen, or take back, what was accepted without review',
        request: {
          params: z.object({ contribution: idText }),
          body: body(z.strictObject({ decision: z.enum(['ok', 'revert']), message: z.string() })),
        },
        responses: {
          200: json(
            z.object({ patrol, revision: datasetRevision.nullable() }),
            'The patrol; the revision without it, where it was taken back.',
          ),
          ...failures,
        },
      }),
      async (c) => {
        const done = await patrolContribution(app, requireActor(c), c.req.valid('param').contribution, c.req.valid('json'))
        // A train may have waited for this.
        await lookForDepartures(app, app.db)
        return c.json(plain(done), 200)
      },
    )
}
