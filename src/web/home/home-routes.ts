/** The home page and the page about the project. */

import { Hono } from 'hono'
import { activityOf } from '../../domain/receipts/activity-queries.ts'
import { communityCards } from '../../domain/releases/community-cards.ts'
import type { Database } from '../../storage/database.ts'
import { show } from '../page.ts'
import { aboutPage } from './about-page.ts'
import { homePage } from './home-page.ts'

/** What fits on a first screen or two; the rest has lists of its own. */
const shown = { communities: 9, activities: 8, watched: 3 }

export function homeRoutes(app: { readonly db: Database; readonly version: string }): Hono {
  return new Hono()
    .get('/', async (c) => {
      const cards = await communityCards(app.db, { limit: shown.communities + 1 })
      const communities = cards.slice(0, shown.communities)
      const lists = await Promise.all(
        communities
          .slice(0, shown.watched)
          // A receipt is for the person it names; here it would drown what everybody shares in.
          .map(({ owner, name }) => activityOf(app.db, `${owner}/${name}`, { limit: shown.activities, receipts: false })),
      )
      const recent = lists
        .flat()
        .sort((a, b) => b.at.getTime() - a.at.getTime())
        .slice(0, shown.activities)
      return show(c, homePage(c.get('visit'), { communities, more: cards.length > shown.communities, recent }))
    })
    .get('/about', (c) => show(c, aboutPage(c.get('visit'), app.version)))
}
