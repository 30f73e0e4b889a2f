/** The areas of the wiki, one folder each; each is given the parts of the app it asks for. */

import type { Hono } from 'hono'
import { chatRoutes } from './chat/chat-routes.ts'
import { communityRoutes } from './community/community-routes.ts'
import { homeRoutes } from './home/home-routes.ts'
import { runsRoutes } from './runs/runs-routes.ts'
import { settingsRoutes } from './settings/settings-routes.ts'

/** What the areas ask of the app, together. */
export type WebApp = Parameters<typeof homeRoutes>[0] &
  Parameters<typeof runsRoutes>[0] &
  Parameters<typeof chatRoutes>[0] &
  Parameters<typeof communityRoutes>[0] &
  Parameters<typeof settingsRoutes>[0]

export const areas: readonly ((app: WebApp) => Hono)[] = [homeRoutes, runsRoutes, chatRoutes, communityRoutes, settingsRoutes]
