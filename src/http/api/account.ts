/** /api/me: one's own account: profile, password, sessions, passkeys, accounts at a provider. */

import { createRoute } from '@hono/zod-openapi'
import { addPasskey, beginPasskey, passkeysOf, removePasskey } from '../../domain/people/passkeys.ts'
import { tokensOf } from '../../domain/people/people-queries.ts'
import { accountsOf, unlinkAccount } from '../../domain/people/provider-accounts.ts'
import { requireSelf } from '../../domain/people/require-self.ts'
import { endSession, endSessions, sessionsOf } from '../../domain/people/sessions.ts'
import { setPassword } from '../../domain/people/set-password.ts'
import { profileOf, setProfile } from '../../domain/people/set-profile.ts'
import type { Actor, PersonActor } from '../../domain/people/actor.ts'
import type { Database } from '../../storage/database.ts'
import { requireActor } from '../auth.ts'
import { originOf, visitorOf, type SiteApp } from '../site.ts'
import { body, failures, idText, json, router, z } from './openapi.ts'
import { actor, begunCeremony, linkedAccount, passkey, plain, profile, session, tokenRecord } from './schemas.ts'

const idPath = z.object({ id: idText })

/** As JSON carries it. */
function describe(it: Actor) {
  if (it.kind === 'operator') return it
  const { kind, id, name, role, scopes = null }: PersonActor = it
  return { kind, id, name, role, memberships: [...(it.memberships ?? [])].map(([modelId, here]) => ({ modelId, role: here })), scopes }
}

export function accountRoutes(app: { readonly db: Database } & SiteApp) {
  return router()
    .openapi(
      createRoute({
        method: 'get',
        path: '/me',
        summary: 'Who this token or session speaks for',
        responses: { 200: json(actor, 'The actor.'), ...failures },
      }),
      (c) => c.json(plain(describe(requireActor(c))), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/me/profile',
        summary: 'What one says about oneself, and how one wants the pages',
        responses: { 200: json(profile, 'The profile.'), ...failures },
      }),
      async (c) => c.json(plain(await profileOf(app.db, requireSelf(requireActor(c)).id)), 200),
    )
    .openapi(
      createRoute({
        method: 'put',
        path: '/me/profile',
        summary: 'Change it; what is left out stays',
        request: { body: body(profile.partial().strict()) },
        responses: { 200: json(profile, 'The profile.'), ...failures },
      }),
      async (c) => c.json(plain(await setProfile(app, requireActor(c), c.req.valid('json'))), 200),
    )
    .openapi(
      createRoute({
        method: 'put',
        path: '/me/password',
        summary: 'Set a password; every other session ends',
        request: {
          body: body(
            z.strictObject({
              current: z.string().optional().openapi({ description: 'The one there is, where there is one.' }),
              password: z.string(),
            }),
          ),
        },
        responses: { 200: json(z.object({}), 'Done.'), ...failures },
      }),
      async (c) => {
        const me = requireActor(c)
        await setPassword(app, me, c.req.valid('json'), { address: visitorOf(app, c).address, session: c.get('session') })
        return c.json({}, 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/me/sessions',
        summary: 'Browsers one is signed in with, the one used last first',
        responses: { 200: json(z.array(session), 'Sessions.'), ...failures },
      }),
      async (c) => {
        const me = requireSelf(requireActor(c))
        const all = await sessionsOf(app.db, me.id)
        return c.json(plain(all.map((it) => ({ ...it, current: it.id === c.get('session') }))), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'delete',
        path: '/me/sessions',
        summary: 'End all sessions but the one that asks',
        responses: { 200: json(z.array(session), 'What is left.'), ...failures },
      }),
      async (c) => {
        const me = requireSelf(requireActor(c))
        await endSessions(app, me, c.get('session'))
        return c.json(plain((await sessionsOf(app.db, me.id)).map((it) => ({ ...it, current: true }))), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'delete',
        path: '/me/sessions/{id}',
        summary: 'End one session',
        request: { params: idPath },
        responses: { 200: json(z.object({}), 'Done.'), ...failures },
      }),
      async (c) => {
        await endSession(app, requireActor(c), c.req.valid('param').id)
        return c.json({}, 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/me/tokens',
        summary: 'One’s own tokens, without the secrets',
        responses: { 200: json(z.array(tokenRecord), 'Tokens.'), ...failures },
      }),
      async (c) => c.json(plain(await tokensOf(app.db, requireSelf(requireActor(c)).id)), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/me/passkeys',
        summary: 'One’s own passkeys',
        responses: { 200: json(z.array(passkey), 'Passkeys.'), ...failures },
      }),
      async (c) => c.json(plain(await passkeysOf(app.db, requireSelf(requireActor(c)).id)), 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/me/passkeys/begin',
        summary: 'What to ask an authenticator to make a passkey',
        responses: { 200: json(begunCeremony, 'For navigator.credentials.create, and what to bring back with its answer.'), ...failures },
      }),
      async (c) => c.json(plain(await beginPasskey(app, requireActor(c), { origin: originOf(app, c) })) as never, 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/me/passkeys',
        summary: 'Add the passkey that the authenticator made',
        request: {
          body: body(z.strictObject({ ceremony: z.string(), label: z.string().default(''), response: z.looseObject({ id: z.string() }) })),
        },
        responses: { 200: json(passkey, 'The passkey.'), ...failures },
      }),
      async (c) => {
        const { label, ...rest } = c.req.valid('json')
        const { device } = visitorOf(app, c)
        const made = await addPasskey(app, requireActor(c), { origin: originOf(app, c) }, { ...rest, label: label.trim() || device })
        return c.json(plain(made), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'delete',
        path: '/me/passkeys/{id}',
        summary: 'Remove a passkey; not the last way in',
        request: { params: idPath },
        responses: { 200: json(z.array(passkey), 'What is left.'), ...failures },
      }),
      async (c) => {
        const me = requireSelf(requireActor(c))
        await removePasskey(app, me, c.req.valid('param').id)
        return c.json(plain(await passkeysOf(app.db, me.id)), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/me/provider-accounts',
        summary: 'Accounts at an OpenID provider that sign one in here',
        responses: { 200: json(z.array(linkedAccount), 'Accounts.'), ...failures },
      }),
      async (c) => c.json(plain(await accountsOf(app.db, requireSelf(requireActor(c)).id)), 200),
    )
    .openapi(
      createRoute({
        method: 'delete',
        path: '/me/provider-accounts/{id}',
        summary: 'Take such an account off; not the last way in',
        request: { params: idPath },
        responses: { 200: json(z.array(linkedAccount), 'What is left.'), ...failures },
      }),
      async (c) => {
        const me = requireSelf(requireActor(c))
        await unlinkAccount(app, me, c.req.valid('param').id)
        return c.json(plain(await accountsOf(app.db, me.id)), 200)
      },
    )
}
