/** /api/people: who is here, with which role, and their tokens. */

import { createRoute } from '@hono/zod-openapi'
import { addPerson, addToken } from '../../domain/people/add-person.ts'
import { listPeople } from '../../domain/people/people-queries.ts'
import { setRole } from '../../domain/people/set-role.ts'
import { revokeToken } from '../../domain/people/revoke-token.ts'
import type { Database } from '../../storage/database.ts'
import { requireActor } from '../auth.ts'
import { body, failures, json, page, pageOf, router, z } from './openapi.ts'
import { person, personWithToken, plain, tokenRecord } from './schemas.ts'

const personPath = z.object({ person: z.string().openapi({ example: 'asha' }) })

const newToken = z.strictObject({
  label: z.string(),
  scopes: z
    .array(z.string())
    .nullable()
    .default(null)
    .openapi({ description: 'What it may be used for, of read, contribute, review, maintain and chat; null: all that the person may do.' }),
  days: z.int().nullable().default(null).openapi({ description: 'After which it opens nothing; null: never by itself.' }),
})

export function peopleRoutes(app: { readonly db: Database }) {
  return router()
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
        request: { params: personPath, body: body(newToken) },
        responses: { 200: json(personWithToken, 'The person and a token, shown this once.'), ...failures },
      }),
      async (c) => c.json(plain(await addToken(app, requireActor(c), { name: c.req.valid('param').person, ...c.req.valid('json') })), 200),
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
    .openapi(
      createRoute({
        method: 'put',
        path: '/people/{person}/role',
        summary: 'Change what somebody may do on the whole instance',
        request: { params: personPath, body: body(z.strictObject({ role: z.string() })) },
        responses: { 200: json(person, 'The person.'), ...failures },
      }),
      async (c) =>
        c.json(plain(await setRole(app, requireActor(c), { name: c.req.valid('param').person, role: c.req.valid('json').role })), 200),
    )
}
