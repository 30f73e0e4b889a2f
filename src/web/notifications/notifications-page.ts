/** The list of what concerns somebody, newest first; what is unread stands out and can be marked, one or all. */

import type { Notification } from '../../domain/notifications/notification.ts'
import { address, html, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { badge, empty, pager } from '../parts/basics.ts'
import { ago } from '../parts/time.ts'
import { told } from '../said/told.ts'
import type { Visit } from '../visit.ts'
import { kindName } from './kinds.ts'

interface Shown {
  readonly name: string
  readonly list: readonly Notification[]
  readonly more: boolean
  /** Only what is unread. */
  readonly unread: boolean
}

export function notificationsPage(visit: Visit, { name, list, more, unread }: Shown): Page {
  const { t } = visit
  const last = list.at(-1)
  return {
    title: t('common.notifications'),
    width: 'text',
    json: address('/api/notifications', { unread: unread ? 'true' : null }),
    feed: `/feeds/people/${encodeURIComponent(name)}.atom`,
    modules: ['notifications'],
    main: html`<nav class="actions" aria-label="${t('notifications.which')}">
        <a class="button ${!unread && 'chosen'}" href="/notifications" ${!unread && html` aria-current="page"`}
          >${t('notifications.everything')}</a
        >
        <a class="button ${unread && 'chosen'}" href="/notifications?unread=true" ${unread && html` aria-current="page"`}
          >${t('notifications.unread', { n: visit.unread })}</a
        >
        <a class="button quiet" href="/notifications/settings">${t('notifications.settings')}</a>
      </nav>
      ${
        visit.unread > 0 &&
        html`<form method="post" action="/notifications/read" class="actions all-read">
          <input type="hidden" name="all" value="yes" />
          <button>${t('notifications.markAll')}</button>
        </form>`
      }
      ${
        list.length === 0
          ? empty(
              unread ? t('notifications.nothingUnread') : t('notifications.nothing'),
              html`<a class="button primary" href="/models">${t('common.communities')}</a>`,
            )
          : html`<ul class="rows notifications">
              ${list.map((one) => row(visit, one))}
            </ul>`
      }
      ${pager(t, { older: more && last ? address('/notifications', { after: last.id, unread: unread ? 'true' : null }) : null })}`,
  }
}

function row({ t, locale, url }: Visit, { id, kind, sentence, link, createdAt, readAt }: Notification): Html {
  return html`<li class="${readAt === null ? 'unread' : 'read'}" id="n${id}">
    <p class="meta">${readAt === null && badge(t('notifications.new'), 'accent')} ${kindName(t, kind)} · ${ago(locale, createdAt)}</p>
    <p class="sentence"><a href="${link}" ${readAt === null && html` data-read="${id}"`}>${told(t, sentence)}</a></p>
    ${
      readAt === null &&
      html`<form method="post" action="/notifications/read">
        <input type="hidden" name="read-${id}" value="yes" />
        <input type="hidden" name="back" value="${url.pathname}${url.search}" />
        <button class="quiet">${t('notifications.markOne')}<span class="visually-hidden">: ${told(t, sentence)}</span></button>
      </form>`
    }
  </li>`
}

/** Nothing concerns the operator as a person. */
export function operatorPage({ t }: Visit): Page {
  return {
    title: t('common.notifications'),
    width: 'text',
    main: empty(t('notifications.operator'), html`<a class="button primary" href="/operator">${t('common.operator')}</a>`),
  }
}
