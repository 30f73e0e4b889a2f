/** All of /api, and the OpenAPI document that describes it. */

import type { MiddlewareHandler } from 'hono'
import { httpLimits, limitBody } from '../limits.ts'
import { accountRoutes } from './account.ts'
import { charterRoutes } from './charter.ts'
import { comparisonRoutes } from './comparisons.ts'
import { contributionRoutes } from './contributions.ts'
import { conversationRoutes } from './conversation.ts'
import { datasetRoutes } from './datasets.ts'
import { evaluationRoutes } from './evaluation.ts'
import { feedbackRoutes } from './feedback.ts'
import { forecastRoutes } from './forecasts.ts'
import { memberRoutes } from './members.ts'
import { modelRoutes } from './models.ts'
import { notificationRoutes } from './notifications.ts'
import { router } from './openapi.ts'
import { opennessRoutes } from './openness.ts'
import { operatorRoutes, type OperatorApp } from './operator.ts'
import { peopleRoutes } from './people.ts'
import { previewRoutes } from './previews.ts'
import { receiptRoutes } from './receipts.ts'
import { releaseTrainRoutes } from './release-trains.ts'
import { releaseRoutes } from './releases.ts'
import { reviewingRoutes } from './reviewing.ts'
import { searchRoutes } from './search.ts'
import { signInRoutes } from './sign-in.ts'
import { studyRoutes } from './studies.ts'
import { suiteRoutes } from './suites.ts'
import { trainingRoutes } from './training.ts'
import { uploadRoutes } from './uploads.ts'

export type ApiApp = Parameters<typeof peopleRoutes>[0] &
  Parameters<typeof signInRoutes>[0] &
  Parameters<typeof accountRoutes>[0] &
  Parameters<typeof modelRoutes>[0] &
  Parameters<typeof suiteRoutes>[0] &
  Parameters<typeof contributionRoutes>[0] &
  Parameters<typeof reviewingRoutes>[0] &
  Parameters<typeof datasetRoutes>[0] &
  Parameters<typeof trainingRoutes>[0] &
  Parameters<typeof evaluationRoutes>[0] &
  Parameters<typeof releaseRoutes>[0] &
  Parameters<typeof releaseTrainRoutes>[0] &
  Parameters<typeof notificationRoutes>[0] &
  Parameters<typeof conversationRoutes>[0] &
  OperatorApp &
  Parameters<typeof feedbackRoutes>[0] & { readonly version: string }

/** A file of rows is read as a stream and may be large; everything else is a form. */
const isUpload = (path: string) => /\/(suites|contributions|revise|uploads)$/.test(path)

export function apiRoutes(app: ApiApp) {
  const api = router()
  const [forms, uploads] = [limitBody(httpLimits.json), limitBody(httpLimits.upload)]
  const limit: MiddlewareHandler = (c, next) => (isUpload(c.req.path) ? uploads : forms)(c, next)
  api.use('*', limit)
  api.route('/', peopleRoutes(app))
  api.route('/', signInRoutes(app))
  api.route('/', accountRoutes(app))
  api.route('/', modelRoutes(app))
  api.route('/', suiteRoutes(app))
  api.route('/', memberRoutes(app))
  api.route('/', charterRoutes(app))
  api.route('/', contributionRoutes(app))
  api.route('/', reviewingRoutes(app))
  api.route('/', datasetRoutes(app))
  api.route('/', searchRoutes(app))
  api.route('/', operatorRoutes(app))
  api.route('/', trainingRoutes(app))
  api.route('/', uploadRoutes(app))
  api.route('/', evaluationRoutes(app))
  api.route('/', previewRoutes(app))
  api.route('/', forecastRoutes(app))
  api.route('/', studyRoutes(app))
  api.route('/', releaseRoutes(app))
  api.route('/', opennessRoutes(app))
  api.route('/', comparisonRoutes(app))
  api.route('/', releaseTrainRoutes(app))
  api.route('/', receiptRoutes(app))
  api.route('/', notificationRoutes(app))
  api.route('/', conversationRoutes(app))
  api.route('/', feedbackRoutes(app))
  api.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' })
  api.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: 'commonweights-session',
    description: 'Of a signed-in browser, and only from a page of this site. Over TLS its name begins with __Host-.',
  })
  api.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'Commonweights',
      version: app.version,
      description: 'A community improves an open-weight model together. Reading needs no token; everything else is done by somebody.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/api' }],
    security: [{}, { token: [] }, { session: [] }],
  })
  return api
}
