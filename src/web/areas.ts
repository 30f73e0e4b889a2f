/** The areas of the wiki, one folder each; each is given the parts of the app it asks for. */

import type { Hono } from 'hono'
import { changesRoutes } from './changes/changes-routes.ts'
import { charterRoutes } from './charter/charter-routes.ts'
import { chatRoutes } from './chat/chat-routes.ts'
import { communityRoutes } from './community/community-routes.ts'
import { discussionRoutes } from './discussion/discussion-routes.ts'
import { examplesRoutes } from './examples/examples-routes.ts'
import { forecastRoutes } from './forecast/forecast-routes.ts'
import { homeRoutes } from './home/home-routes.ts'
import { notificationsRoutes } from './notifications/notifications-routes.ts'
import { operatorRoutes } from './operator/operator-routes.ts'
import { profileRoutes } from './profile/profile-routes.ts'
import { receiptsRoutes } from './receipts/receipts-routes.ts'
import { proposalRoutes } from './proposals/proposal-routes.ts'
import { proposeRoutes } from './proposals/propose-routes.ts'
import { queueRoutes } from './proposals/queue-routes.ts'
import { runsRoutes } from './runs/runs-routes.ts'
import { peopleRoutes } from './people/people-routes.ts'
import { settingsRoutes } from './settings/settings-routes.ts'
import { basesRoutes } from './bases/bases-routes.ts'
import { lineageRoutes } from './lineage/lineage-routes.ts'
import { releasesRoutes } from './releases/releases-routes.ts'
import { suitesRoutes } from './suites/suites-routes.ts'
import { trainsRoutes } from './trains/trains-routes.ts'
import { uploadRoutes } from './upload/upload-routes.ts'

/** What the areas ask of the app, together. */
export type WebApp = Parameters<typeof trainsRoutes>[0] &
  Parameters<typeof changesRoutes>[0] &
  Parameters<typeof examplesRoutes>[0] &
  Parameters<typeof operatorRoutes>[0] &
  Parameters<typeof uploadRoutes>[0] &
  Parameters<typeof suitesRoutes>[0] &
  Parameters<typeof releasesRoutes>[0] &
  Parameters<typeof lineageRoutes>[0] &
  Parameters<typeof basesRoutes>[0] &
  Parameters<typeof homeRoutes>[0] &
  Parameters<typeof peopleRoutes>[0] &
  Parameters<typeof runsRoutes>[0] &
  Parameters<typeof chatRoutes>[0] &
  Parameters<typeof forecastRoutes>[0] &
  Parameters<typeof notificationsRoutes>[0] &
  Parameters<typeof profileRoutes>[0] &
  Parameters<typeof receiptsRoutes>[0] &
  Parameters<typeof communityRoutes>[0] &
  Parameters<typeof settingsRoutes>[0] &
  Parameters<typeof discussionRoutes>[0] &
  Parameters<typeof queueRoutes>[0] &
  Parameters<typeof proposeRoutes>[0] &
  Parameters<typeof proposalRoutes>[0] &
  Parameters<typeof charterRoutes>[0]

export const areas: readonly ((app: WebApp) => Hono)[] = [
  trainsRoutes,
  changesRoutes,
  examplesRoutes,
  operatorRoutes,
  uploadRoutes,
  suitesRoutes,
  releasesRoutes,
  lineageRoutes,
  basesRoutes,
  homeRoutes,
  peopleRoutes,
  runsRoutes,
  chatRoutes,
  forecastRoutes,
  notificationsRoutes,
  profileRoutes,
  receiptsRoutes,
  communityRoutes,
  settingsRoutes,
  discussionRoutes,
  queueRoutes,
  proposeRoutes,
  proposalRoutes,
  charterRoutes,
]
