/** What concerns the visitor: read, marked as read, and which kinds they want to hear of. */

import { Hono } from 'hono'
import { notificationKinds } from '../../domain/notifications/notification.ts'
import { notificationSettingsOf, notificationsOf } from '../../domain/notifications/notification-queries.ts'
import { changeNotificationSettings, markRead } from '../../domain/notifications/read-notifications.ts'
import type { Database } from '../../storage/database.ts'
import { typedIn } from '../form.ts'
import { goOn, show } from '../page.ts'
import { ownPath, requireVisitor, sayNext } from '../visit.ts'
import { notificationsPage, operatorPage } from './notifications-page.ts'
import { settingsPage } from './settings-page.ts'

const perPage = 30

export function notificationsRoutes(app: { readonly db: Database }): Hono {
  return new Hono()
    .get('/notifications', async (c) => {
      const [actor, visit] = [requireVisitor(c), c.get('visit')]
      if (actor.kind === 'operator') return show(c, operatorPage(visit))
      const [after, unread] = [Number(c.req.query('after')) || undefined, c.req.query('unread') === 'true']
      // One more says whether there are more.
      const found = await notificationsOf(app.db, actor.id, { after, unread, limit: perPage + 1 })
      return show(c, notificationsPage(visit, { name: actor.name, list: found.slice(0, perPage), more: found.length > perPage, unread }))
    })
    .post('/notifications/read', async (c) => {
      const [actor, typed] = [requireVisitor(c), await typedIn(c)]
      const ids = Object.keys(typed).flatMap((name) => /^read-(\d{1,15})$/.exec(name)?.[1] ?? [])
      await markRead(app, actor, typed['all'] === 'yes' ? 'all' : { ids: ids.map(Number) })
      if (typed['all'] === 'yes') sayNext(c, 'notifications.allRead')
      return goOn(c, ownPath(typed['back'] || '/notifications'))
    })
    .get('/notifications/settings', async (c) => {
      const [actor, visit] = [requireVisitor(c), c.get('visit')]
      if (actor.kind === 'operator') return show(c, operatorPage(visit))
      return show(c, settingsPage(visit, actor.name, await notificationSettingsOf(app.db, actor.id)))
    })
    .post('/notifications/settings', async (c) => {
      const typed = await typedIn(c)
      const muted = Object.keys(notificationKinds).filter((kind) => typed[`tell-${kind}`] !== 'yes')
      await changeNotificationSettings(app, requireVisitor(c), { muted, feed: typed['feed'] === 'yes' })
      sayNext(c, 'notifications.saved')
      return goOn(c, '/notifications/settings')
    })
}
