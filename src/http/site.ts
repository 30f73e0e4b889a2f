/** Where a request came to and from: the address people know this server by, and the visitor's. */

import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context } from 'hono'
import { deviceLabel } from '../domain/people/session.ts'
import type { Visitor } from '../domain/people/sign-in.ts'

export interface SiteApp {
  /** Scheme, host and port under which people reach this server; where nothing is said, each request's own. */
  readonly publicOrigin?: string | null
  /** Reverse proxies whose word about addresses is taken; 0 where nothing is said. */
  readonly proxies?: number
}

/** Scheme, host and port of the pages. */
export function originOf(app: SiteApp, c: Context): string {
  return app.publicOrigin ?? new URL(c.req.url).origin
}

/**
 * Who knocks. Behind n proxies that is the n-th address from the end of X-Forwarded-For: each adds the one it sees, and what stands before them anybody may have
 * written.
 */
export function visitorOf(app: SiteApp, c: Context): Visitor {
  const { proxies = 0 } = app
  const forwarded = (c.req.header('x-forwarded-for') ?? '').split(',').map((part) => part.trim())
  const address = (proxies > 0 && forwarded.at(-proxies)) || peerOf(c)
  return { address: address.slice(0, 60), device: deviceLabel(c.req.header('user-agent')) }
}

/** Without a port, commands call the handler in their own process. */
function peerOf(c: Context): string {
  const onPort = typeof c.env === 'object' && c.env !== null && 'incoming' in c.env
  return (onPort && getConnInfo(c).remote.address) || 'this process'
}

/**
 * Whether a page of this site sent the request. Every browser since 2023 says so (`Sec-Fetch-Site`), older ones at least name the origin of what changes something;
 * a page of another site can forge neither.
 */
export function isFromHere(app: SiteApp, c: Context): boolean {
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin' || (site === 'none' && isReading(c))
  const origin = c.req.header('origin')
  if (origin !== undefined) return origin === originOf(app, c) || URL.parse(origin)?.host === c.req.header('host')
  return isReading(c)
}

/** Without a word about its origin only what changes nothing is believed: another site's page may ask, and cannot read the answer. */
export const isReading = (c: Context): boolean => c.req.method === 'GET' || c.req.method === 'HEAD'
