/** All pages under one roof: who looks, in which language, with what may be loaded; each area brings its own routes. */

import { Hono, type Context, type Env } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { unreadCount } from '../domain/notifications/notification-queries.ts'
import type { Actor } from '../domain/people/actor.ts'
import { AppError } from '../errors.ts'
import { appErrorOf, bugStatus, statusOf, type ErrorLog } from '../http/errors.ts'
import type { Database } from '../storage/database.ts'
import { assetRoutes } from './assets.ts'
import { errorPage } from './error-page.ts'
import { locales } from './messages.ts'
import { document, goOn } from './page.ts'
import { sameOriginOnly } from './same-origin.ts'
import { cookies, keepChoice, ownPath, readVisit, type VisitorFacts } from './visit.ts'
import { areas, type WebApp } from './areas.ts'

export type PagesApp = WebApp & { readonly db: Database; readonly log: ErrorLog }

export interface Pages {
  readonly routes: Hono
  /** For an address that nothing answers. */
  notFound(c: Context): Response | Promise<Response>
}

/**
 * Everything a page may load comes from here, and no script or style stands inside a page: markup that slips in as text can run nothing.
 * Nobody may frame a page, nor be sent our addresses as a referrer.
 */
const policy = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    fontSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
  referrerPolicy: 'same-origin',
  crossOriginResourcePolicy: 'same-origin',
})

export function createPages(app: PagesApp): Pages {
  const routes = new Hono()
  routes.route('/assets', assetRoutes())
  const visit = readVisit((actor) => factsOf(app, actor))
  routes.use(policy, visit, sameOriginOnly(app))
  routes.onError((error, c) => failed(app, c, error))
  routes.get('/language', (c) => {
    const to = locales.find(({ tag }) => tag === c.req.query('to'))
    if (to) keepChoice(c, cookies.language, to.tag)
    return goOn(c, ownPath(c.req.query('back')))
  })
  routes.get('/theme', (c) => {
    const to = c.req.query('to')
    if (to === 'auto' || to === 'light' || to === 'dark') keepChoice(c, cookies.theme, to)
    return goOn(c, ownPath(c.req.query('back')))
  })
  for (const area of areas) routes.route('/', area(app))
  return {
    routes,
    notFound: async (c) => {
      await visit(c as Context<Env, string>, async () => undefined)
      return failed(app, c, new AppError('not-found', `There is no page at ${c.req.path}.`))
    },
  }
}

async function factsOf(app: PagesApp, actor: Actor): Promise<VisitorFacts> {
  return { language: null, unread: actor.kind === 'person' ? await unreadCount(app.db, actor.id) : 0 }
}

function failed(app: PagesApp, c: Context, error: unknown): Response | Promise<Response> {
  const known = appErrorOf(error)
  // The path alone: a query or a form may hold what a person wrote.
  if (known === null) app.log.error({ err: error, method: c.req.method, path: c.req.path }, 'a page failed with a bug')
  return c.html(document(c.get('visit'), errorPage(c.get('visit'), known)), known ? statusOf(known.code) : bugStatus)
}
