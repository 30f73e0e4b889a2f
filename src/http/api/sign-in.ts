/** Ways in: signing in and out, invitations, opening an account, and the links that the operator prints. */

import { createRoute } from '@hono/zod-openapi'
import { findModel } from '../../domain/models/model-queries.ts'
import { acceptInvitation, findInvitation, invite, listInvitations, revokeInvitation } from '../../domain/people/invitations.ts'
import { beginPasskeySignIn, signInWithPasskey } from '../../domain/people/passkeys.ts'
import { endSession, type StartedSession } from '../../domain/people/sessions.ts'
import { makeSetUpLink, makeSignInLink, setUpInstance, useSignInLink } from '../../domain/people/sign-in-links.ts'
import { signIn } from '../../domain/people/sign-in.ts'
import { signUp, type SignUpApp } from '../../domain/people/sign-up.ts'
import { AppError } from '../../errors.ts'
import type { Context } from 'hono'
import { requireActor } from '../auth.ts'
import { dropSession, keepSession } from '../session-cookie.ts'
import { isFromHere, originOf, visitorOf, type SiteApp } from '../site.ts'
import { body, failures, idText, json, router, z } from './openapi.ts'
import { begunCeremony, invitation, invitationWithLink, plain, signedIn, signInLink } from './schemas.ts'

const credentials = z.strictObject({ name: z.string(), password: z.string() })
const modelName = z
  .string()
  .optional()
  .openapi({ description: 'owner/name of the community; left out: the whole instance.', example: 'marathi/saathi' })

export function signInRoutes(app: SignUpApp & SiteApp) {
  /** Keeps the session in the browser. A page of another site must not sign somebody in as somebody else: they would write under a name that is not theirs. */
  const enter = async (c: Context, start: () => Promise<StartedSession>) => {
    if (!isFromHere(app, c) && c.req.header('origin') !== undefined)
      throw new AppError('forbidden', 'Another site sent this; sign in on a page of this one.')
    const { person, secret } = await start()
    keepSession(app, c, secret)
    return plain({ name: person.name, role: person.role })
  }
  const linkTo = (c: Context, path: string) => `${originOf(app, c)}${path}`
  const idOf = async (model: string | undefined) => (model === undefined ? null : (await findModel(app.db, model)).id)

  return router()
    .openapi(
      createRoute({
        method: 'post',
        path: '/sign-in',
        summary: 'Sign in with name and password: the answer sets the cookie of a session',
        request: { body: body(credentials) },
        responses: { 200: json(signedIn, 'Who is signed in.'), ...failures },
      }),
      async (c) => c.json(await enter(c, () => signIn(app, visitorOf(app, c), c.req.valid('json'))), 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/sign-in/passkey/begin',
        summary: 'What to ask an authenticator to sign in with a passkey',
        responses: { 200: json(begunCeremony, 'For navigator.credentials.get, and what to bring back with its answer.'), ...failures },
      }),
      async (c) => c.json(plain(await beginPasskeySignIn(app, visitorOf(app, c), { origin: originOf(app, c) })) as never, 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/sign-in/passkey',
        summary: 'Sign in with the answer of an authenticator',
        request: { body: body(z.strictObject({ ceremony: z.string(), response: z.looseObject({ id: z.string() }) })) },
        responses: { 200: json(signedIn, 'Who is signed in.'), ...failures },
      }),
      async (c) =>
        c.json(await enter(c, () => signInWithPasskey(app, visitorOf(app, c), { origin: originOf(app, c) }, c.req.valid('json'))), 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/sign-in/link',
        summary: 'Sign in with a link that the operator printed; once',
        request: { body: body(z.strictObject({ secret: z.string() })) },
        responses: { 200: json(signedIn, 'Who is signed in.'), ...failures },
      }),
      async (c) => c.json(await enter(c, () => useSignInLink(app, visitorOf(app, c), c.req.valid('json').secret)), 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/sign-out',
        summary: 'End the session of this browser',
        responses: { 200: json(z.object({}), 'Done.'), ...failures },
      }),
      async (c) => {
        const actor = requireActor(c)
        const session = c.get('session')
        if (session === null) throw new AppError('invalid', 'You act by a token, not by a session; revoke the token to end it.')
        await endSession(app, actor, session)
        dropSession(app, c)
        return c.json({}, 200)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/sign-up',
        summary: 'Open an account, by invitation or freely as the operator has it',
        request: { body: body(credentials.extend({ invitation: z.string().optional() })) },
        responses: { 200: json(signedIn, 'Who is signed in from now on.'), ...failures },
      }),
      async (c) => c.json(await enter(c, () => signUp(app, visitorOf(app, c), c.req.valid('json'))), 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/set-up',
        summary: 'Make the first person, who maintains the instance; with the secret of the link that `serve` printed',
        request: { body: body(credentials.extend({ secret: z.string() })) },
        responses: { 200: json(signedIn, 'Who is signed in from now on.'), ...failures },
      }),
      async (c) => {
        const { secret, ...input } = c.req.valid('json')
        return c.json(await enter(c, () => setUpInstance(app, visitorOf(app, c), secret, input)), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/set-up/link',
        summary: 'A link that sets this instance up, while nobody is here; for the operator',
        responses: { 200: json(signInLink, 'The link.'), ...failures },
      }),
      async (c) => {
        const { secret } = await makeSetUpLink(app, requireActor(c))
        return c.json({ name: null, link: linkTo(c, `/set-up/${secret}`) }, 200)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/people/{person}/sign-in-link',
        summary: 'A link that signs somebody in, once, for ten minutes; for the operator',
        request: { params: z.object({ person: z.string() }) },
        responses: { 200: json(signInLink, 'The link.'), ...failures },
      }),
      async (c) => {
        const { name, secret } = await makeSignInLink(app, requireActor(c), c.req.valid('param').person)
        return c.json({ name, link: linkTo(c, `/sign-in/link/${secret}`) }, 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/invitations',
        summary: 'Invitations to a community, or to the instance',
        request: { query: z.object({ model: modelName }) },
        responses: { 200: json(z.array(invitation), 'The newest first.'), ...failures },
      }),
      async (c) => {
        const actor = requireActor(c)
        return c.json(plain(await listInvitations(app.db, actor, await idOf(c.req.valid('query').model))), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/invitations',
        summary: 'Invite somebody: a link that opens one account with a role',
        request: {
          body: body(z.strictObject({ role: z.string(), model: modelName, note: z.string().optional(), days: z.int().optional() })),
        },
        responses: { 200: json(invitationWithLink, 'The invitation and its link, shown this once.'), ...failures },
      }),
      async (c) => {
        const actor = requireActor(c)
        const { model, ...wanted } = c.req.valid('json')
        const { invitation: made, secret } = await invite(app, actor, { ...wanted, modelId: await idOf(model) })
        return c.json({ invitation: plain(made), link: linkTo(c, `/invitation/${secret}`) }, 200)
      },
    )
    .openapi(
      createRoute({
        method: 'delete',
        path: '/invitations/{invitation}',
        summary: 'Take an invitation back',
        request: { params: z.object({ invitation: idText }) },
        responses: { 200: json(invitation, 'The invitation.'), ...failures },
      }),
      async (c) => c.json(plain(await revokeInvitation(app, requireActor(c), c.req.valid('param').invitation)), 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/invitations/find',
        summary: 'What the secret of an invitation opens',
        request: { body: body(z.strictObject({ secret: z.string() })) },
        responses: { 200: json(invitation, 'The invitation.'), ...failures },
      }),
      async (c) => c.json(plain(await findInvitation(app.db, c.req.valid('json').secret)), 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/invitations/accept',
        summary: 'Accept an invitation with the account one has',
        request: { body: body(z.strictObject({ secret: z.string() })) },
        responses: { 200: json(invitation, 'The invitation.'), ...failures },
      }),
      async (c) => c.json(plain(await acceptInvitation(app, requireActor(c), c.req.valid('json').secret)), 200),
    )
}
