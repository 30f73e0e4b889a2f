/** Which kinds of things somebody wants to be told, and whether there is a public feed of their receipts. */

import { notificationKinds, type NotificationKind, type NotificationSettings } from '../../domain/notifications/notification.ts'
import { html } from '../markup.ts'
import type { Page } from '../page.ts'
import { copyable } from '../parts/basics.ts'
import type { Visit } from '../visit.ts'
import { kindMessages, kindName } from './kinds.ts'

export function settingsPage({ t, url }: Visit, name: string, { muted, feed }: NotificationSettings): Page {
  const known = [...new Set([...Object.keys(kindMessages), ...Object.keys(notificationKinds)])] as NotificationKind[]
  const feedPath = `/feeds/people/${encodeURIComponent(name)}.atom`
  return {
    title: t('notifications.settingsTitle'),
    width: 'text',
    json: '/api/notifications/settings',
    main: html`<form method="post" action="/notifications/settings" class="stack">
      <fieldset>
        <legend>${t('notifications.tellMe')}</legend>
        ${known.map(
          (kind) =>
            html`<label class="choice" for="tell-${kind}">
              <input type="checkbox" id="tell-${kind}" name="tell-${kind}" value="yes" ${!muted.includes(kind) && html` checked`} />
              <span>${kindName(t, kind)}</span>
            </label>`,
        )}
      </fieldset>
      <fieldset>
        <legend>${t('notifications.feed')}</legend>
        <label class="choice" for="feed">
          <input type="checkbox" id="feed" name="feed" value="yes" ${feed && html` checked`} />
          <span>${t('notifications.feedWanted')}</span>
        </label>
        ${feed && copyable(t, 'feed-address', `${url.origin}${feedPath}`)}
      </fieldset>
      <div class="actions">
        <button class="primary">${t('common.save')}</button>
        <a class="button quiet" href="/notifications">${t('common.notifications')}</a>
      </div>
    </form>`,
  }
}
