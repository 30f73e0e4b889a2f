/** Refuses forms that another site sends in a visitor's name (CSRF): what changes something must come from a page of ours. */

import type { Context, MiddlewareHandler } from 'hono'
import { AppError } from '../errors.ts'
import { isFromHere, type SiteApp } from '../http/site.ts'

/** Where a request comes from is judged as for the API's cookies (http/site.ts). What says nothing of it is no browser's form, and may bring a token of its own instead. */
export function sameOriginOnly(app: SiteApp): MiddlewareHandler {
  return async (c, next) => {
    if (!['GET', 'HEAD', 'OPTIONS'].includes(c.req.method) && !isFromHere(app, c) && !isProgram(c))
      throw new AppError('forbidden', 'This form was sent from another site. Open the page here and send it again.')
    await next()
  }
}

/** No other site can make a browser send a token, nor send without saying where from. */
function isProgram({ req }: Context): boolean {
  return req.header('sec-fetch-site') === undefined && req.header('origin') === undefined && req.header('authorization') !== undefined
}
