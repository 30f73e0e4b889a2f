/** People as others see them. */

import { Hono, type Context } from 'hono'
import { roles } from '../../domain/people/actor.ts'
import { findPerson } from '../../domain/people/people-queries.ts'
import { notificationSettingsOf } from '../../domain/notifications/notification-queries.ts'
import { receiptLinesOfPerson } from '../../domain/receipts/receipt-queries.ts'
import { communitiesOfPerson, contributionsOfPerson, reviewsOfPerson } from '../../domain/reviews/person-work.ts'
import { trustPage, type TrustPage } from '../../domain/reviews/trust-page.ts'
import type { Database } from '../../storage/database.ts'
import { show } from '../page.ts'
import { keyIn } from '../parts/numbers-in-paths.ts'
import { personContributionsPage } from './person-contributions-page.ts'
import { profilePage } from './profile-page.ts'

/** Of each list so much stands on the first page; the rest is one link away. */
const shown = { contributions: 8, reviews: 8, receipts: 4, trust: 3 } as const
const perPage = 50

export function profileRoutes(app: { readonly db: Database }): Hono {
  return new Hono()
    .get('/people/:name', async (c) => {
      const person = await findPerson(app.db, c.req.param('name'))
      const communities = await communitiesOfPerson(app.db, person.id)
      const trust: TrustPage[] = []
      for (const { model } of communities.filter(({ contributions }) => contributions > 0).slice(0, shown.trust))
        trust.push(await trustPage(app.db, model, person.name))
      const contributions = await contributionsOfPerson(app.db, person.id, { limit: shown.contributions + 1 })
      const reviews = await reviewsOfPerson(app.db, person.id, shown.reviews)
      const receipts = await receiptLinesOfPerson(app.db, person.id, { limit: shown.receipts + 1 })
      return show(
        c,
        profilePage(c.get('visit'), {
          person,
          isVisitor: isVisitor(c, person.name),
          isBeyondContributor: person.role !== roles[0],
          communities,
          trust,
          contributions: contributions.slice(0, shown.contributions),
          moreContributions: contributions.length > shown.contributions,
          reviews,
          receipts: receipts.slice(0, shown.receipts),
          moreReceipts: receipts.length > shown.receipts,
          hasFeed: (await notificationSettingsOf(app.db, person.id)).feed,
        }),
      )
    })
    .get('/people/:name/contributions', async (c) => {
      const person = await findPerson(app.db, c.req.param('name'))
      const list = await contributionsOfPerson(app.db, person.id, { after: keyIn(c.req.query('after')), limit: perPage + 1 })
      return show(
        c,
        personContributionsPage(c.get('visit'), {
          person,
          isVisitor: isVisitor(c, person.name),
          list: list.slice(0, perPage),
          more: list.length > perPage,
        }),
      )
    })
}

function isVisitor(c: Context, name: string): boolean {
  const { actor } = c.get('visit')
  return actor?.kind === 'person' && actor.name === name
}
