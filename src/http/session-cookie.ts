/** The cookies of signed-in browsers: a session, and what is begun on the way to one. Both are opaque, and no script can read them. */

import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { CookieOptions } from 'hono/utils/cookie'
import { sessionLimits } from '../domain/people/session.ts'
import { originOf, type SiteApp } from './site.ts'

/** Seconds of what is begun: as long as a ceremony lasts. */
const BEGUN_SECONDS = 10 * 60

/**
 * Over TLS the name says `__Host-`: browsers then take the cookie from this host alone, not from a neighbour under the same domain. Lax, so that a link in a letter
 * opens a page signed in, while another site's form comes without it.
 */
function named(app: SiteApp, c: Context, name: string): { readonly name: string; readonly options: CookieOptions } {
  const secure = originOf(app, c).startsWith('https:')
  return { name: `${secure ? '__Host-' : ''}commonweights-${name}`, options: { path: '/', httpOnly: true, sameSite: 'Lax', secure } }
}

export function sessionSecret(app: SiteApp, c: Context): string | null {
  return getCookie(c, named(app, c, 'session').name) ?? null
}

export function keepSession(app: SiteApp, c: Context, secret: string): void {
  const { name, options } = named(app, c, 'session')
  setCookie(c, name, secret, { ...options, maxAge: sessionLimits.idleDays * 86_400 })
}

export function dropSession(app: SiteApp, c: Context): void {
  const { name, options } = named(app, c, 'session')
  deleteCookie(c, name, options)
}

/** What the browser brings back from a provider: a ceremony, or an account whose owner still chooses a name. */
export function keepBegun(app: SiteApp, c: Context, what: 'provider' | 'account', secret: string): void {
  const { name, options } = named(app, c, what)
  setCookie(c, name, secret, { ...options, maxAge: BEGUN_SECONDS })
}

export function begun(app: SiteApp, c: Context, what: 'provider' | 'account'): string | null {
  return getCookie(c, named(app, c, what).name) ?? null
}

export function dropBegun(app: SiteApp, c: Context, what: 'provider' | 'account'): void {
  const { name, options } = named(app, c, what)
  deleteCookie(c, name, options)
}
