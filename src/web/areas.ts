/** The areas of the wiki, one folder each; each is given the parts of the app it asks for. */

import type { Hono } from 'hono'
import { homeRoutes } from './home/home-routes.ts'

/** What the areas ask of the app, together. */
export type WebApp = Parameters<typeof homeRoutes>[0]

export const areas: readonly ((app: WebApp) => Hono)[] = [homeRoutes]
