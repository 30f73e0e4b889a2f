/** Forms whose text survives a lost connection: browser/draft.ts keeps what is typed until the server has said that it arrived. */

import type { Context } from 'hono'
import { setCookie } from 'hono/cookie'
import type { Typed } from './form.ts'
import { html, type Html } from './markup.ts'
import type { Translate } from './messages.ts'

/**
 * Attributes of the form. The page has to load the module `draft`, and the form to hold `draftField` of the same key.
 * @param newer what the server shows is newer than any draft: it answers what was just sent
 */
export function draftOf(key: string, t: Translate, newer = false): Html {
  return html` ${newer && html`data-draft-newer`} data-draft="${key}" data-draft-restored="${t('discussion.draftRestored')}"
  data-draft-discard="${t('discussion.draftDiscard')}"`
}

export function draftField(key: string): Html {
  return html`<input type="hidden" name="draft" value="${key}" />`
}

/** After a form has done what it was for, before going on. The cookie names what may be forgotten and is gone in a minute. */
export function draftSent(c: Context, typed: Typed): void {
  if (typed['draft']) setCookie(c, 'draft-sent', typed['draft'].slice(0, 200), { sameSite: 'Lax', path: '/', maxAge: 60 })
}
