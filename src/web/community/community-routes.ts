/** The list of communities, founding one, and a community's own first page. */

import { Hono } from 'hono'
import { z } from 'zod'
import { currentCharter } from '../../domain/models/charter-queries.ts'
import { createModel } from '../../domain/models/create-model.ts'
import { findBase, findModel, listBases } from '../../domain/models/model-queries.ts'
import { listSuites } from '../../domain/models/suite-queries.ts'
import { activityOf } from '../../domain/receipts/activity-queries.ts'
import { communityHealth } from '../../domain/feedback/community-health.ts'
import { waitingFeedback } from '../../domain/feedback/feedback-queries.ts'
import { communityCards } from '../../domain/releases/community-cards.ts'
import { findReleaseById, latestBriefRelease } from '../../domain/releases/release-queries.ts'
import { neededNow } from '../../domain/reviews/quorum-queries.ts'
import type { Database } from '../../storage/database.ts'
import { attempt, readForm, typedIn, type Typed } from '../form.ts'
import { modelPath } from '../markup.ts'
import { goOn, show } from '../page.ts'
import { keyIn } from '../parts/numbers-in-paths.ts'
import { requireVisitor, sayNext } from '../visit.ts'
import { communitiesPage, newCommunityPage } from './communities-page.ts'
import { overviewPage } from './overview-page.ts'
import { readNext } from './read-next.ts'
import { wrongAnswersPage } from './wrong-answers-page.ts'

const perPage = 30
const activities = 6
const answersShown = 20

const newCommunity = z.object({
  owner: z.string().trim(),
  name: z.string().trim(),
  base: z.string().trim(),
  description: z.string().trim().default(''),
  charter: z.string().default(''),
})

export function communityRoutes(app: Parameters<typeof createModel>[0] & { readonly db: Database }): Hono {
  const founding = async (typed: Typed | null) => ({ typed, bases: await listBases(app.db, { limit: 200 }) })
  return new Hono()
    .get('/models', async (c) => {
      const after = Number(c.req.query('after')) || 0
      const cards = await communityCards(app.db, { after, limit: perPage + 1 })
      return show(c, communitiesPage(c.get('visit'), cards.slice(0, perPage), cards.length > perPage))
    })
    .get('/models/new', async (c) => {
      requireVisitor(c)
      return show(c, newCommunityPage(c.get('visit'), await founding(null)))
    })
    .post('/models/new', async (c) => {
      const actor = requireVisitor(c)
      const typed = await typedIn(c)
      const { done, refused } = await attempt(async () => {
        const { owner, name, charter, ...rest } = readForm(newCommunity, typed)
        const clauses = charter.split('\n').filter((line) => line.trim() !== '')
        return createModel(app, actor, `${owner}/${name}`, { ...rest, charter: clauses })
      })
      if (refused) return show(c, { ...newCommunityPage(c.get('visit'), await founding(typed)), refused })
      sayNext(c, 'community.founded', { name: `${done.owner}/${done.name}` })
      return goOn(c, modelPath(done))
    })
    .get('/models/:owner/:name', async (c) => {
      const name = `${c.req.param('owner')}/${c.req.param('name')}`
      const model = await findModel(app.db, name)
      const [base, release, suites, needed, charter, recent, health] = await Promise.all([
        findBase(app.db, model.base),
        latestBriefRelease(app.db, model.id),
        listSuites(app.db, model.id),
        neededNow(app.db, model.id),
        currentCharter(app.db, model.id),
        activityOf(app.db, name, { limit: activities, receipts: false }),
        communityHealth(app.db, model.id),
      ])
      const facts = {
        model,
        base,
        release,
        suites,
        needed,
        charter,
        health,
        recent,
        next: await readNext(app.db, c.get('visit').actor, model.id, { health, suites, release }),
      }
      return show(c, overviewPage(c.get('visit'), facts))
    })
    .get('/models/:owner/:name/wrong-answers', async (c) => {
      const model = await findModel(app.db, `${c.req.param('owner')}/${c.req.param('name')}`)
      const found = await waitingFeedback(app.db, model.id, { after: keyIn(c.req.query('after')) ?? 0, limit: answersShown + 1 })
      const waiting = found.slice(0, answersShown)
      const releases = [...new Set(waiting.flatMap(({ releaseId }) => releaseId ?? []))]
      const versions = new Map(await Promise.all(releases.map(async (id) => [id, (await findReleaseById(app.db, id)).version] as const)))
      const next = found.length > answersShown ? (waiting.at(-1)?.id ?? null) : null
      return show(c, wrongAnswersPage(c.get('visit'), { model, waiting, versions, next }))
    })
}
