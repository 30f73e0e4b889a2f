/** Suites: what a community asks its releases, and what they answered. */

import { Hono, type Context } from 'hono'
import { findEvaluation } from '../../domain/evaluation/evaluation-queries.ts'
import { authorsOf, casesOf } from '../../domain/evaluation/suite-cases.ts'
import { findModel } from '../../domain/models/model-queries.ts'
import { retireSuite, takeUpSuite } from '../../domain/models/retire-suite.ts'
import { findSuite, listRetiredSuites, listSuites } from '../../domain/models/suite-queries.ts'
import { retirementsOf } from '../../domain/models/suite-retirement.ts'
import { versionsBefore } from '../../domain/models/suite-versions.ts'
import { operatorName } from '../../domain/people/actor.ts'
import { latestBriefRelease } from '../../domain/releases/release-queries.ts'
import { scoresOverReleases } from '../../domain/releases/suite-scores.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { discussion } from '../discussion/discussion-part.ts'
import { readDiscussion } from '../discussion/read-discussion.ts'
import { attempt, typedIn } from '../form.ts'
import { modelPath } from '../markup.ts'
import { goOn, show } from '../page.ts'
import { keyIn } from '../parts/numbers-in-paths.ts'
import { detectableOf } from './detectable-part.ts'
import { requireVisitor, sayNext } from '../visit.ts'
import { suitePage, type SuiteData } from './suite-page.ts'
import { suitesPage } from './suites-page.ts'

interface SuitesApp {
  readonly db: Database
  readonly blobs: Blobs
}

export function suitesRoutes(app: SuitesApp): Hono {
  return new Hono()
    .get('/models/:owner/:name/suites', async (c) => {
      const model = await findModel(app.db, nameOf(c))
      const newest = await latestBriefRelease(app.db, model.id)
      const scores = await scoresOverReleases(app.db, model.id, { releases: 5 })
      const suites = (await listSuites(app.db, model.id)).map((suite) => ({
        ...suite,
        detectable: detectableOf(suite, newest),
        newest: scores.find((score) => score.suite.name === suite.name && score.state === 'published') ?? null,
      }))
      return show(c, suitesPage(c.get('visit'), { model, suites, retired: await listRetiredSuites(app.db, model.id) }))
    })
    .get('/models/:owner/:name/suites/:suite', async (c) => showSuite(app, c))
    .post('/models/:owner/:name/suites/:suite/:verb{retire|take-up}', async (c) => {
      const [actor, typed, suite] = [requireVisitor(c), await typedIn(c), c.req.param('suite')]
      const [verb, said] =
        c.req.param('verb') === 'retire' ? ([retireSuite, 'suites.saidRetired'] as const) : ([takeUpSuite, 'suites.saidTakenUp'] as const)
      const { refused } = await attempt(() => verb(app, actor, nameOf(c), suite, { message: typed['message'] ?? '' }))
      if (refused) return showSuite(app, c, { typed, refused })
      sayNext(c, said, { name: suite })
      return goOn(c, modelPath(nameOf(c), `/suites/${encodeURIComponent(suite)}`))
    })
}

const nameOf = (c: Context) => `${c.req.param('owner')}/${c.req.param('name')}`

const nothingSent: Pick<SuiteData, 'typed' | 'refused'> = { typed: null, refused: null }

async function showSuite(app: SuitesApp, c: Context, sent = nothingSent) {
  const visit = c.get('visit')
  const model = await findModel(app.db, nameOf(c))
  const suite = await findSuite(app.db, model.id, c.req.param('suite') ?? '')
  const scores = (await scoresOverReleases(app.db, model.id, { suite: suite.name })).toReversed()
  const wanted = c.req.query('release')
  const shown = scores.find((score) => score.version === wanted && score.suite.digest === suite.digest) ?? null
  const onlyWrong = shown !== null && c.req.query('only') === 'wrong'
  const cases = await casesOf(app, suite, {
    after: keyIn(c.req.query('after')) ?? 0,
    evaluation: shown && (await findEvaluation(app.db, shown.evaluationId)),
    onlyWrong,
  })
  const { contributionId } = suite
  const data = {
    model,
    suite,
    scores,
    detectable: detectableOf(suite, await latestBriefRelease(app.db, model.id)),
    shown,
    onlyWrong,
    cases,
    madeBy:
      contributionId === null
        ? null
        : { contribution: contributionId, author: (await authorsOf(app.db, [contributionId])).get(contributionId) ?? operatorName },
    versions: await versionsBefore(app.db, suite),
    retirements: await retirementsOf(app.db, model.id, suite.name),
    onlyTarget:
      suite.retiredAt === null && suite.target && (await listSuites(app.db, model.id)).filter(({ target }) => target).length === 1,
    ...sent,
    discussion: discussion(visit, await readDiscussion(app.db, visit, { kind: 'suite', id: `${nameOf(c)}/${suite.name}` })),
  }
  return show(c, suitePage(visit, data))
}
