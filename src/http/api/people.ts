/** /api/me and /api/people. */

import { createRoute } from '@hono/zod-openapi'
import type { Actor } from '../../domain/people/actor.ts'
import { addPerson, addToken } from '../../domain/people/add-person.ts'
import { listPeople } from '../../domain/people/people-queries.ts'
import { revokeToken } from '../../domain/people/revoke-token.ts'
import type { Database } from '../../storage/database.ts'
import { requireActor } from '../auth.ts'
import { body, failures, json, page, pageOf, router, z } from './openapi.ts'
import { actor, person, personWithToken, plain, tokenRecord } from './schemas.ts'

const personPath = z.object({ person: z.string().openapi({ example: 'asha' }) })

function describe(actor: Actor) {
  if (actor.kind === 'operator') return actor
  const { kind, id, name, role, scopes = null } = actor
  return { kind, id, name, role, memberships: [...(actor.memberships ?? [])].map(([modelId, role]) => ({ modelId, role })), scopes }
}

export function peopleRoutes(app: { readonly db: Database }) {
  return router()
    .openapi(
      createRoute({
        method: 'get',
        path: '/me',
        summary: 'Who this token speaks for',
        responses: { 200: json(actor, 'The actor.'), ...failures },
      }),
      (c) => c.json(plain(describe(requireActor(c))), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/people',
        summary: 'Everyone, in the order they came',
        request: { query: page },
        responses: { 200: json(z.array(person), 'People.'), ...failures },
      }),
      async (c) => c.json(plain(await listPeople(app.db, pageOf(c.req.valid('query')))), 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/people',
        summary: 'Add a person',
        request: { body: body(z.strictObject({ name: z.string(), role: z.string() })) },
        responses: { 200: json(personWithToken, 'The person and a token, shown this once.'), ...failures },
      }),
      async (c) => c.json(plain(await addPerson(app, requireActor(c), c.req.valid('json'))), 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/people/{person}/tokens',
        summary: 'Give a person another token',
        request: { params: personPath, body: body(z.strictObject({ label: z.string() })) },
        responses: { 200: json(personWithToken, 'The person and a token, shown this once.'), ...failures },
      }),
      async (c) =>
        c.json(plain(await addToken(app, requireActor(c), { name: c.req.valid('param').person, label: c.req.valid('json').label })), 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/people/{person}/revoke',
        summary: 'End one token of a person, or all',
        request: { params: personPath, body: body(z.strictObject({ id: z.int().nullable().default(null) })) },
        responses: { 200: json(z.array(tokenRecord), 'Their tokens.'), ...failures },
      }),
      async (c) =>
        c.json(plain(await revokeToken(app, requireActor(c), { name: c.req.valid('param').person, id: c.req.valid('json').id })), 200),
    )
}
