/** All of HTTP in one handler: our API under /api, OpenAI's under /v1, feeds, health, and the pages. The composition root gives it to a port; the CLI may call it without one. */

import { Hono, type Context } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import type { Engine } from '../engines/engine.ts'
import { AppError } from '../errors.ts'
import type { Jobs } from '../storage/jobs.ts'
import { apiRoutes, type ApiApp } from './api/routes.ts'
import { identify, identifyLoosely, identifyVisitor, type AuthApp } from './auth.ts'
import { errorResponse, notFound, type ErrorLog } from './errors.ts'
import { feedRoutes } from './feeds.ts'
import { healthRoutes } from './health.ts'
import { httpLimits, limitBody, limitConcurrency } from './limits.ts'
import { openAiRoutes } from './openai/routes.ts'

export type HttpApp = ApiApp & AuthApp & { readonly engine: Engine; readonly jobs: Jobs; readonly log: ErrorLog }

/** The wiki, which the composition root puts here: pages know of HTTP's errors, HTTP knows nothing of pages. */
export interface Pages {
  readonly routes: Hono
  notFound(c: Context): Response | Promise<Response>
}

/** @param pages null where programs alone ask */
export function createHttp(app: HttpApp, pages: Pages | null): Hono {
  const http = new Hono()
  http.use(secureHeaders({ crossOriginResourcePolicy: false }))
  http.onError((error, c) => errorResponse(c, error, app.log))
  http.notFound((c) => (pages === null || isProgram(c.req.path) ? notFound(c) : pages.notFound(c)))
  http.use(async (c, next) => {
    // No name holds it, and Postgres refuses it wherever it stands.
    if (c.req.url.includes('%00')) throw new AppError('invalid', 'An address cannot hold the character U+0000.')
    await next()
  })
  http.route('/', healthRoutes(app))
  http.use('/api/*', identify(app))
  http.route('/api', apiRoutes(app))
  http.route('/feeds', feedRoutes(app))
  http.use('/v1/*', limitBody(httpLimits.json), identifyLoosely(app))
  http.use('/v1/*', limitConcurrency(httpLimits.generating))
  http.route('/v1', openAiRoutes(app))
  if (pages === null) return http
  http.use('*', identifyVisitor(app), limitBody(httpLimits.upload))
  http.route('/', pages.routes)
  return http
}

/** Addresses that programs call; everything else is looked at by people. */
const isProgram = (path: string) => /^\/(api|v1|feeds|healthz|readyz)(\/|$)/.test(path)
