/** What a visitor sees instead of a page: not found, not allowed, not signed in, not now. Always the fact and a way on. */

import type { AppError, ErrorCode } from '../errors.ts'
import { address, html } from './markup.ts'
import type { MessageKey } from './messages.ts'
import type { Page } from './page.ts'
import { told } from './said/told.ts'
import type { Visit } from './visit.ts'

const titles: Record<ErrorCode | 'bug', MessageKey> = {
  invalid: 'common.errorInvalid',
  unauthenticated: 'common.errorUnauthenticated',
  forbidden: 'common.errorForbidden',
  'not-found': 'common.errorNotFound',
  conflict: 'common.errorConflict',
  unavailable: 'common.errorUnavailable',
  bug: 'common.errorBug',
}

/** @param error null for a bug: its details are the operator's, in the log. */
export function errorPage({ t, url }: Visit, error: AppError | null): Page {
  const back = `${url.pathname}${url.search}`
  return {
    title: t(titles[error?.code ?? 'bug']),
    width: 'text',
    main: html`<div class="empty">
      ${error ? html`<p>${told(t, error.message)}</p>` : html`<p>${t('common.bugText')}</p>`}
      <p class="actions">
        ${error?.code === 'unauthenticated' && html`<a class="button primary" href="${address('/sign-in', { back })}">${t('common.signIn')}</a>`}
        <a class="button" href="/">${t('common.toHome')}</a>
        <a class="button" href="/models">${t('common.communities')}</a>
      </p>
    </div>`,
  }
}
