/** Refuses forms that another site sends in a visitor's name (CSRF): what changes something must come from a page of ours. */

import type { MiddlewareHandler } from 'hono'
import { AppError } from '../errors.ts'

/**
 * Every browser since 2023 says where a request comes from (`Sec-Fetch-Site`), older ones at least name the origin of a form; a page of another site can forge neither.
 * What says neither is no browser form and must carry a token of its own, which no other site can make a browser send.
 */
export function sameOriginOnly(): MiddlewareHandler {
  return async (c, next) => {
    if (!['GET', 'HEAD', 'OPTIONS'].includes(c.req.method) && !fromHere(c.req.raw))
      throw new AppError('forbidden', 'This form was sent from another site. Open the page here and send it again.')
    await next()
  }
}

function fromHere(request: Request): boolean {
  const site = request.headers.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin'
  const origin = request.headers.get('origin')
  if (origin !== null) return URL.canParse(origin) && new URL(origin).host === (request.headers.get('host') ?? new URL(request.url).host)
  return request.headers.has('authorization')
}
