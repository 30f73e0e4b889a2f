/** Who is asking: the operator by the key in the data folder, a person by token or by the cookie of a session, or nobody. */

import { createHash, timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { operator, requireScope, type Actor, type Scope } from '../domain/people/actor.ts'
import { authenticate } from '../domain/people/authenticate.ts'
import { findSession } from '../domain/people/sessions.ts'
import { looksLikeToken } from '../domain/people/token.ts'
import { AppError } from '../errors.ts'
import type { Database } from '../storage/database.ts'
import { dropSession, keepSession, sessionSecret } from './session-cookie.ts'
import { isFromHere, isReading, type SiteApp } from './site.ts'

export interface AuthApp extends SiteApp {
  readonly db: Database
  /** Known to whoever can read the data folder: the CLI of the operator. */
  readonly operatorKey: string
}

declare module 'hono' {
  interface ContextVariableMap {
    actor: Actor | null
    /** The id of the session whose cookie came along; null where there was none. */
    session: number | null
  }
}

/** For our API: reads the Authorization header, else the cookie. A wrong token is refused at once, even where nobody needs one: the caller believes to be somebody. */
export function identify(app: AuthApp): MiddlewareHandler {
  return async (c, next) => {
    const header = c.req.header('authorization')
    if (header === undefined) await identifyBrowser(app, c)
    else become(c, await actorFrom(app, header))
    await next()
  }
}

/** For pages: the same, and a cookie counts for whatever another site links to. What changes something they refuse from elsewhere themselves. */
export function identifyVisitor(app: AuthApp): MiddlewareHandler {
  return async (c, next) => {
    const header = c.req.header('authorization')
    const actor = header === undefined ? null : await actorFrom(app, header)
    if (actor?.kind === 'person' && actor.scopes != null)
      throw new AppError(
        'forbidden',
        'A token that is for something particular opens no pages; the same is at /api, as /api/openapi.json says.',
      )
    if (header === undefined) await identifyBrowser(app, c, { linked: true })
    else become(c, actor)
    await next()
  }
}

/** OpenAI's clients cannot do without an API key, so people write anything there: only what looks like one of our tokens is checked. Ours must be for chatting. */
export function identifyLoosely(app: AuthApp): MiddlewareHandler {
  return async (c, next) => {
    const key = bearer(c.req.header('authorization'))
    if (key === null) await identifyBrowser(app, c)
    else become(c, looksLikeToken(key) || isOperatorKey(app, key) ? await actorFrom(app, `Bearer ${key}`) : null)
    const actor = c.get('actor')
    if (actor !== null) requireScope(actor, 'chat')
    await next()
  }
}

/** Throws `unauthenticated` for nobody, and `forbidden` where the token is not for this kind of request; verbs look closer. */
export function requireActor(c: Context): Actor {
  const actor = c.get('actor')
  if (actor === null)
    throw new AppError(
      'unauthenticated',
      'This takes a token: send "Authorization: Bearer cw_…"; you make one in your settings, or a maintainer gives you one. In a browser, sign in.',
    )
  if (actor.kind === 'person' && actor.scopes != null && !actor.scopes.some((scope) => scopesFor(c).includes(scope)))
    requireScope(actor, scopesFor(c)[0] as Scope)
  return actor
}

/** Any of these is enough to be let in. */
function scopesFor(c: Context): readonly Scope[] {
  if (c.req.path.startsWith('/v1/')) return ['chat']
  return isReading(c) ? ['read'] : ['contribute', 'review', 'maintain']
}

/**
 * A cookie goes along with whatever another site makes a browser send, so it counts only for what a page of ours sent; or, where pages are read, for what
 * somebody followed a link to.
 */
async function identifyBrowser(app: AuthApp, c: Context, { linked = false } = {}): Promise<void> {
  const secret = sessionSecret(app, c)
  const counts = secret !== null && (isFromHere(app, c) || (linked && isReading(c)))
  const found = counts ? await findSession(app, secret) : null
  if (counts && found === null) dropSession(app, c)
  if (found?.prolonged) keepSession(app, c, secret as string)
  c.set('session', found?.id ?? null)
  c.set('actor', found?.actor ?? null)
}

function become(c: Context, actor: Actor | null): void {
  c.set('session', null)
  c.set('actor', actor)
}

async function actorFrom(app: AuthApp, header: string): Promise<Actor> {
  const key = bearer(header)
  if (key === null) throw new AppError('unauthenticated', 'The Authorization header must read "Bearer" and a token.')
  return isOperatorKey(app, key) ? operator : authenticate(app, key)
}

const bearer = (header: string | undefined): string | null => /^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? null

const sha256 = (text: string) => createHash('sha256').update(text).digest()

function isOperatorKey(app: AuthApp, key: string): boolean {
  return timingSafeEqual(sha256(key), sha256(app.operatorKey))
}
