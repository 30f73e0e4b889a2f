/** What a page knows of the person who looks at it: who, in which language, and what was just done. */

import type { Context, MiddlewareHandler } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { Actor } from '../domain/people/actor.ts'
import { AppError } from '../errors.ts'
import { chooseLocale, translator, type Locale, type MessageKey, type Translate, type Values } from './messages.ts'

export type Theme = 'auto' | 'light' | 'dark'

export interface Visit {
  readonly actor: Actor | null
  readonly locale: Locale
  readonly t: Translate
  readonly theme: Theme
  /** The address asked for, with its query. */
  readonly url: URL
  /** What the last form did, said once. */
  readonly said: string | null
  /** Notifications not yet read; 0 for nobody. */
  readonly unread: number
}

declare module 'hono' {
  interface ContextVariableMap {
    visit: Visit
  }
}

export interface VisitorFacts {
  /** The language a signed-in person asked for, or null. */
  readonly language: string | null
  readonly unread: number
}

export const cookies = { language: 'lang', theme: 'theme', said: 'said' } as const

/** How long a choice of language or theme is kept without a sign-in: a year, as long as browsers keep a cookie at most. */
const CHOICE_SECONDS = 365 * 24 * 3600

/** Reads cookies and headers into a Visit. Runs after the actor is known. */
export function readVisit(factsOf: (actor: Actor) => Promise<VisitorFacts>): MiddlewareHandler {
  return async (c, next) => {
    const actor = c.get('actor') ?? null
    const facts = actor ? await factsOf(actor) : { language: null, unread: 0 }
    const locale = chooseLocale(getCookie(c, cookies.language), facts.language, c.req.header('accept-language'))
    const t = translator(locale)
    const theme = getCookie(c, cookies.theme)
    c.set('visit', {
      actor,
      locale,
      t,
      theme: theme === 'light' || theme === 'dark' ? theme : 'auto',
      url: new URL(c.req.url),
      said: readSaid(c, t),
      unread: facts.unread,
    })
    await next()
  }
}

/** Leaves word for the next page: a message and its values, in a cookie that is read once. */
export function sayNext(c: Context, key: MessageKey, values: Values = {}): void {
  const text = JSON.stringify([key, values])
  setCookie(c, cookies.said, encodeURIComponent(text).slice(0, 2_000), { httpOnly: true, sameSite: 'Lax', path: '/', maxAge: 60 })
}

/** The cookie may say anything: what is no message of ours is dropped, and values are text like any other. */
function readSaid(c: Context, t: Translate): string | null {
  const cookie = getCookie(c, cookies.said)
  if (cookie === undefined) return null
  deleteCookie(c, cookies.said, { path: '/' })
  try {
    const [key, values] = JSON.parse(decodeURIComponent(cookie)) as [MessageKey, Values]
    return t(key, values)
  } catch {
    return null
  }
}

export function keepChoice(c: Context, cookie: string, value: string): void {
  setCookie(c, cookie, value, { sameSite: 'Lax', path: '/', maxAge: CHOICE_SECONDS })
}

/** Back to what the browser asks for. */
export function dropChoice(c: Context, cookie: string): void {
  deleteCookie(c, cookie, { path: '/' })
}

/** The actor, or `unauthenticated`: the error page then offers to sign in and come back. */
export function requireVisitor(c: Context): Actor {
  const { actor, t } = c.get('visit')
  if (actor === null) throw new AppError('unauthenticated', t('common.signInFirst'))
  return actor
}

/** A path of ours that somebody may be sent on to; anything else becomes '/'. Never an address of another site. */
export function ownPath(text: string | null | undefined): string {
  return text && /^\/(?![/\\])[^\\\r\n]*$/.test(text) ? text : '/'
}
