/** Where a passkey signs in or is made. They belong to a name: under a bare address the page says where to go instead. */

import { html, type Html } from '../markup.ts'
import type { Visit } from '../visit.ts'

export function passkeyPart({ t, url }: Visit, kind: 'sign-in' | 'add', back = ''): Html {
  const named = nameFor(url)
  if (named === null)
    return html`<div class="actions spaced" data-passkey="${kind}" data-back="${back}" data-failed="${t('people.passkeyFailed')}" hidden>
        <button type="button">${t(kind === 'add' ? 'people.addPasskey' : 'people.withPasskey')}</button>
        <p role="status"></p>
      </div>
      <noscript><p class="soft">${t('people.passkeyNeedsScript')}</p></noscript>`
  return named === ''
    ? html`<p class="soft">${t('people.passkeyNeedsName', { host: url.hostname })}</p>`
    : html`<p class="soft">
        ${t.rich('people.passkeyUnderName', { host: url.hostname, link: (inside) => html`<a href="${named}" rel="nofollow">${inside}</a>` })}
      </p>`
}

/** null: the page stands under a name already; '': nobody knows one; else the same page under one. */
function nameFor({ hostname, port, protocol, pathname, search }: URL): string | null {
  if (!/^[\d.]+$|^\[/.test(hostname)) return null
  const here = hostname === '[::1]' || hostname.startsWith('127.')
  return here ? `${protocol}//localhost${port === '' ? '' : `:${port}`}${pathname}${search}` : ''
}
