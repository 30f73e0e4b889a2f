/** The smallest parts: badges, people, digests, empty states, fields, pagers, tables. */

import { html, type Content, type Html } from '../markup.ts'
import type { Translate } from '../messages.ts'

export type Tone = 'good' | 'bad' | 'warn' | 'accent' | 'plain'

/** A word on a ground. The word says it; colour only helps. */
export function badge(text: Content, tone: Tone = 'plain'): Html {
  return html`<span class="badge ${tone}">${text}</span>`
}

/** A person by name; null is the operator. */
export function person(t: Translate, name: string | null): Html {
  if (name === null || name === 'operator') return html`<span>${t('common.operatorName')}</span>`
  return html`<a href="/people/${encodeURIComponent(name)}"><bdi>${name}</bdi></a>`
}

/** The first characters of a digest; the whole of it on hover and for machines. */
export function shortDigest(digest: string): Html {
  return html`<code class="digest" title="${digest}">${digest.replace(/^sha256:/, '').slice(0, 12)}</code>`
}

/** Text of a language community, in its own direction and language. `tag` is BCP 47. */
export function userText(text: string, tag?: string | null): Html {
  return html`<div class="user-text" dir="auto" ${tag && html` lang="${tag}"`}>${text}</div>`
}

/** What a model wrote: untrusted, never markup, and framed so that it is never taken for the page's own words. */
export function modelText(text: string, tag?: string | null): Html {
  return html`<div class="model-text" dir="auto" ${tag && html` lang="${tag}"`}>${text}</div>`
}

/** What stands where a list would be: why it is empty and what to do about it. */
export function empty(text: Content, action?: Content): Html {
  return html`<div class="empty">
    <p>${text}</p>
    ${action && html`<p class="actions">${action}</p>`}
  </div>`
}

export interface Field {
  readonly name: string
  readonly label: Content
  readonly hint?: Content
  readonly wrong?: Content
  /** The control, given the ids that tie it to its label, hint and error: spread `attributes` into its tag. */
  readonly control: (attributes: Html) => Html
}

/** A control with its label, hint and error, tied together for screen readers. */
export function field({ name, label, hint, wrong, control }: Field): Html {
  const [hintId, wrongId] = [`${name}-hint`, `${name}-wrong`]
  const described = [hint && hintId, wrong && wrongId].filter(Boolean).join(' ')
  const attributes = html`id="${name}" name="${name}" ${described && html`aria-describedby="${described}"`}
  ${wrong && html`aria-invalid="true"`}`
  return html`<div class="field">
    <label for="${name}">${label}</label>
    ${hint && html`<p class="hint" id="${hintId}">${hint}</p>`} ${control(attributes)}
    ${wrong && html`<p class="wrong" id="${wrongId}">${wrong}</p>`}
  </div>`
}

/** Older and newer pages of a list that is read by key, never by number: new rows do not shift it. */
export function pager(t: Translate, links: { readonly newer?: string | null; readonly older?: string | null }): Html {
  if (!links.newer && !links.older) return html``
  return html`<nav class="pager" aria-label="${t('common.pages')}">
    <span>${links.newer && html`<a class="button" rel="prev" href="${links.newer}">${t('common.newer')}</a>`}</span>
    <span>${links.older && html`<a class="button" rel="next" href="${links.older}">${t('common.older')}</a>`}</span>
  </nav>`
}

/** A table in a frame that scrolls on a narrow screen and that the keyboard can reach. */
export function table(caption: string, head: readonly Content[], rows: readonly Content[], numeric: readonly number[] = []): Html {
  return html`<div class="table" role="region" tabindex="0" aria-label="${caption}">
    <table>
      <caption>
        <span>${caption}</span>
      </caption>
      <thead>
        <tr>
          ${head.map((cell, i) => html`<th scope="col" class="${numeric.includes(i) ? 'number' : 'words'}">${cell}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`
}

/** Text to copy, with a button where the browser can. */
export function copyable(t: Translate, id: string, text: string): Html {
  return html`<div>
    <pre id="${id}" tabindex="0">${text}</pre>
    <button type="button" class="quiet" hidden data-copy="${id}" data-done="${t('common.copied')}">${t('common.copy')}</button>
  </div>`
}
