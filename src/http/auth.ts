/** Who is asking: the operator by the key in the data folder, a person by token, or nobody. */

import { createHash, timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { operator, type Actor } from '../domain/people/actor.ts'
import { authenticate } from '../domain/people/authenticate.ts'
import { looksLikeToken } from '../domain/people/token.ts'
import { AppError } from '../errors.ts'
import type { Database } from '../storage/database.ts'

export interface AuthApp {
  readonly db: Database
  /** Known to whoever can read the data folder: the CLI of the operator. */
  readonly operatorKey: string
}

declare module 'hono' {
  interface ContextVariableMap {
    actor: Actor | null
  }
}

/** Reads the Authorization header. A wrong token is refused at once, even where nobody needs one: the caller believes to be somebody. */
export function identify(app: AuthApp): MiddlewareHandler {
  return async (c, next) => {
    c.set('actor', await actorFrom(app, c.req.header('authorization')))
    await next()
  }
}

/** OpenAI's clients cannot do without an API key, so people write anything there: only what looks like one of our tokens is checked. */
export function identifyLoosely(app: AuthApp): MiddlewareHandler {
  return async (c, next) => {
    const key = bearer(c.req.header('authorization'))
    c.set('actor', key !== null && (looksLikeToken(key) || isOperatorKey(app, key)) ? await actorFrom(app, `Bearer ${key}`) : null)
    await next()
  }
}

/** Throws `unauthenticated` for nobody. */
export function requireActor(c: Context): Actor {
  const actor = c.get('actor')
  if (actor === null)
    throw new AppError('unauthenticated', 'This takes a token: send "Authorization: Bearer cw_…"; a maintainer gives you one.')
  return actor
}

async function actorFrom(app: AuthApp, header: string | undefined): Promise<Actor | null> {
  if (header === undefined) return null
  const key = bearer(header)
  if (key === null) throw new AppError('unauthenticated', 'The Authorization header must read "Bearer" and a token.')
  return isOperatorKey(app, key) ? operator : authenticate(app, key)
}

const bearer = (header: string | undefined): string | null => /^Bearer +(\S+)$/i.exec(header ?? '')?.[1] ?? null

const sha256 = (text: string) => createHash('sha256').update(text).digest()

function isOperatorKey(app: AuthApp, key: string): boolean {
  return timingSafeEqual(sha256(key), sha256(app.operatorKey))
}
