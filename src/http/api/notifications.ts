/** What people are told, and what they want to be told. */

import { createRoute } from '@hono/zod-openapi'
import { notificationKinds } from '../../domain/notifications/notification.ts'
import { notificationSettingsOf, notificationsOf, unreadCount } from '../../domain/notifications/notification-queries.ts'
import { changeNotificationSettings, markRead, notifiedPerson } from '../../domain/notifications/read-notifications.ts'
import type { Database } from '../../storage/database.ts'
import { requireActor } from '../auth.ts'
import { body, failures, json, page, pageOf, router, z } from './openapi.ts'
import { plain } from './schemas.ts'

const kind = z.enum(Object.keys(notificationKinds) as [keyof typeof notificationKinds])

export const notification = z
  .object({
    id: z.int(),
    kind,
    sentence: z.string(),
    link: z.string().openapi({ description: 'A path of this server, e.g. /contributions/12.' }),
    createdAt: z.iso.datetime(),
    readAt: z.iso.datetime().nullable(),
  })
  .openapi('Notification')

export const notificationPage = z.object({ unread: z.int(), notifications: z.array(notification) }).openapi('NotificationPage')

export const notificationSettings = z
  .object({
    muted: z.array(kind).openapi({ description: 'Kinds that are not told.' }),
    feed: z.boolean().openapi({ description: 'Whether there is a public feed of your receipts.' }),
  })
  .openapi('NotificationSettings')

const wantedSettings = z.strictObject({
  muted: z.array(z.string()).optional().openapi({ description: 'All kinds that you do not want; left out, they stay as they are.' }),
  feed: z.boolean().optional(),
})

export function notificationRoutes(app: { readonly db: Database }) {
  return router()
    .openapi(
      createRoute({
        method: 'get',
        path: '/notifications',
        summary: 'What concerns you, newest first',
        request: { query: page.extend({ unread: z.enum(['true', 'false']).optional() }) },
        responses: { 200: json(notificationPage, 'Notifications below the id `after`, and how many are unread in all.'), ...failures },
      }),
      async (c) => {
        const personId = notifiedPerson(requireActor(c))
        const { unread, ...rest } = c.req.valid('query')
        const notifications = await notificationsOf(app.db, personId, { ...pageOf(rest), unread: unread === 'true' })
        return c.json(plain({ unread: await unreadCount(app.db, personId), notifications }), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/notifications/read',
        summary: 'Mark some of yours as read, or all',
        request: { body: body(z.strictObject({ ids: z.array(z.int()).max(1_000).optional().openapi({ description: 'Left out: all.' }) })) },
        responses: { 200: json(z.object({ unread: z.int() }), 'How many are unread now.'), ...failures },
      }),
      async (c) => {
        const { ids } = c.req.valid('json')
        return c.json({ unread: await markRead(app, requireActor(c), ids === undefined ? 'all' : { ids }) }, 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/notifications/settings',
        summary: 'What you want to be told',
        responses: { 200: json(notificationSettings, 'Your settings.'), ...failures },
      }),
      async (c) => c.json(plain(await notificationSettingsOf(app.db, notifiedPerson(requireActor(c)))), 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/notifications/settings',
        summary: 'Change what you want to be told',
        request: { body: body(wantedSettings) },
        responses: { 200: json(notificationSettings, 'Your settings now.'), ...failures },
      }),
      async (c) => c.json(plain(await changeNotificationSettings(app, requireActor(c), c.req.valid('json'))), 200),
    )
}

/** The same, as types for those who call the API. */
export type NotificationPageAnswer = z.infer<typeof notificationPage>
export type NotificationSettingsAnswer = z.infer<typeof notificationSettings>
