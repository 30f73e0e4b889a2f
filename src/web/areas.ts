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
import { reviseRoutes } from './proposals/revise-routes.ts'
import { queueRoutes } from './proposals/queue-routes.ts'
import { runsRoutes } from './runs/runs-routes.ts'
import { peopleRoutes } from './people/people-routes.ts'
import { settingsRoutes } from './settings/settings-routes.ts'
import { opennessRoutes } from './openness/openness-routes.ts'
import { sourceRoutes } from './source/source-routes.ts'
import { basesRoutes } from './bases/bases-routes.ts'
import { lineageRoutes } from './lineage/lineage-routes.ts'
import { releasesRoutes } from './releases/releases-routes.ts'
import { studiesRoutes } from './studies/studies-routes.ts'
import { addSuiteRoutes } from './suites/add-suite-routes.ts'
import { proposeCaseRoutes } from './suites/propose-case-routes.ts'
import { suitesRoutes } from './suites/suites-routes.ts'
import { trainsRoutes } from './trains/trains-routes.ts'
import { uploadRoutes } from './upload/upload-routes.ts'

const every = [
  trainsRoutes,
  changesRoutes,
  examplesRoutes,
  operatorRoutes,
  uploadRoutes,
  suitesRoutes,
  addSuiteRoutes,
  proposeCaseRoutes,
  releasesRoutes,
  lineageRoutes,
  basesRoutes,
  homeRoutes,
  peopleRoutes,
  runsRoutes,
  studiesRoutes,
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
  reviseRoutes,
  proposalRoutes,
  charterRoutes,
  opennessRoutes,
  sourceRoutes,
] as const

/** What the areas ask of the app, together. */
export type WebApp = Together<Parameters<(typeof every)[number]>[0]>

/** A | B → A & B. */
type Together<Union> = (Union extends unknown ? (one: Union) => void : never) extends (all: infer All) => void ? All : never

export const areas: readonly ((app: WebApp) => Hono)[] = every
