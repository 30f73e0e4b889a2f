/** Who is in a community, with which role, and how that changed. */

import { createRoute } from '@hono/zod-openapi'
import { memberChangesOf, membersOf } from '../../domain/people/member-queries.ts'
import { removeMember, setMember } from '../../domain/people/set-member.ts'
import { findModel } from '../../domain/models/model-queries.ts'
import type { Database } from '../../storage/database.ts'
import { requireActor } from '../auth.ts'
import { body, failures, json, modelOf, modelPath, page, pageOf, router, z } from './openapi.ts'
import { member, memberChange, plain } from './schemas.ts'

const memberPath = modelPath.extend({ person: z.string().openapi({ example: 'asha' }) })

export function memberRoutes(app: { readonly db: Database }) {
  return router()
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/members',
        summary: 'Members of a community, with their roles there',
        request: { params: modelPath, query: page },
        responses: { 200: json(z.array(member), 'Members.'), ...failures },
      }),
      async (c) => {
        const { id } = await findModel(app.db, modelOf(c.req.valid('param')))
        return c.json(plain(await membersOf(app.db, id, pageOf(c.req.valid('query')))), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/member-changes',
        summary: 'Every change of a membership, the newest first',
        request: { params: modelPath, query: page },
        responses: { 200: json(z.array(memberChange), 'Changes.'), ...failures },
      }),
      async (c) => {
        const { id } = await findModel(app.db, modelOf(c.req.valid('param')))
        return c.json(plain(await memberChangesOf(app.db, id, pageOf(c.req.valid('query')))), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'put',
        path: '/models/{owner}/{name}/members/{person}',
        summary: 'Make somebody a member, or change their role there',
        request: { params: memberPath, body: body(z.strictObject({ role: z.string() })) },
        responses: { 200: json(member, 'The member.'), ...failures },
      }),
      async (c) => {
        const actor = requireActor(c)
        const { person, ...model } = c.req.valid('param')
        const { id } = await findModel(app.db, modelOf(model))
        return c.json(plain(await setMember(app, actor, id, { name: person, role: c.req.valid('json').role })), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'delete',
        path: '/models/{owner}/{name}/members/{person}',
        summary: 'Let a member go; everybody may leave',
        request: { params: memberPath },
        responses: { 200: json(z.array(member), 'Those who stay, the first page.'), ...failures },
      }),
      async (c) => {
        const actor = requireActor(c)
        const { person, ...model } = c.req.valid('param')
        const { id } = await findModel(app.db, modelOf(model))
        await removeMember(app, actor, id, person)
        return c.json(plain(await membersOf(app.db, id)), 200)
      },
    )
}
