/** The keys of a page, said on the page itself; browser/keys.ts makes them work and opens this with "?". */

import { html, type Html } from '../markup.ts'
import type { MessageKey, Translate } from '../messages.ts'

const keys = {
  queue: [
    ['j', 'proposals.keyNext'],
    ['k', 'proposals.keyPrevious'],
    ['Enter', 'proposals.keyOpen'],
    ['a', 'proposals.keyAccept'],
    ['m', 'proposals.keyChanges'],
    ['r', 'proposals.keyReject'],
    ['c', 'proposals.keyComment'],
    ['?', 'proposals.keyHelp'],
  ],
  proposal: [
    ['j', 'proposals.keyNext'],
    ['k', 'proposals.keyPrevious'],
    ['a', 'proposals.keyAccept'],
    ['m', 'proposals.keyChanges'],
    ['r', 'proposals.keyReject'],
    ['c', 'proposals.keyComment'],
    ['?', 'proposals.keyHelp'],
  ],
} as const satisfies Record<string, readonly (readonly [string, MessageKey])[]>

export function keysHelp(t: Translate, page: keyof typeof keys): Html {
  return html`<p class="keys-hint soft small" hidden data-keys-hint>
      ${t.rich('proposals.keysHint', { key: (inside) => html`<kbd>${inside}</kbd>` })}
    </p>
    <dialog id="keys" aria-labelledby="keys-title">
      <h2 id="keys-title">${t('proposals.keys')}</h2>
      <dl class="facts">
        ${keys[page].map(
          ([key, words]) =>
            html`<dt><kbd>${key}</kbd></dt>
              <dd>${t(words)}</dd>`,
        )}
      </dl>
      <p class="small soft">${t('proposals.keysNote')}</p>
      <form method="dialog"><button autofocus>${t('proposals.close')}</button></form>
    </dialog>`
}
