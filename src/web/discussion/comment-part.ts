/** One comment: who, when, what, and what may be done about it. Hidden and erased ones leave a tombstone that says why. */

import { partsOfComment } from '../../domain/conversation/comment-parts.ts'
import type { Comment } from '../../domain/conversation/thread.ts'
import { hasRole, type Actor } from '../../domain/people/actor.ts'
import { html, type Content, type Html } from '../markup.ts'
import { person } from '../parts/basics.ts'
import { ago } from '../parts/time.ts'
import type { Visit } from '../visit.ts'

/** What somebody said: text, with the people it names and the addresses it gives as links. Never markup of its own. */
export function commentText(text: string, people: ReadonlySet<string>): Html {
  const parts = partsOfComment(text).map((part): Content => {
    if (part.kind === 'text') return part.text
    if (part.kind === 'code')
      return html`<code dir="auto">${part.text.replace(/^([`~]+)[^\n`]*\n|^`+ ?/, '').replace(/ ?`+$|\n~+$/, '')}</code>`
    if (part.kind === 'link') return html`<a href="${part.text}" rel="nofollow ugc noreferrer"><bdi>${part.text}</bdi></a>`
    const name = part.names.find((one) => people.has(one))
    return name === undefined ? part.text : html`<a class="mention" href="/people/${encodeURIComponent(name)}"><bdi>${part.text}</bdi></a>`
  })
  return html`<div class="said-text" dir="auto">${parts}</div>`
}

export function comment(
  { t, locale, actor }: Visit,
  { modelId, people }: { readonly modelId: number; readonly people: ReadonlySet<string> },
  said: Comment,
): Html {
  const { id, author, text, createdAt, editedAt, hidden, erased } = said
  return html`<article class="comment${hidden || erased ? ' gone' : ''}" id="comment-${id}" aria-labelledby="comment-${id}-by">
    <header id="comment-${id}-by">
      <strong>${person(t, author)}</strong> <a class="soft" href="#comment-${id}">${ago(locale, createdAt)}</a>
      ${editedAt && html`<a class="soft" href="/comments/${id}/history">${t('discussion.edited')} ${ago(locale, editedAt)}</a>`}
    </header>
    ${hidden && html`<p class="tombstone">${t.rich('discussion.hiddenBy', { by: () => person(t, hidden.by) })} <q dir="auto">${hidden.reason}</q></p>`}
    ${erased && html`<p class="tombstone">${t('discussion.erasedBy')} <q dir="auto">${erased.reason}</q></p>`}
    ${text !== null && commentText(text, people)} ${actor && commentActions(actor, said, modelId, t)}
  </article>`
}

function commentActions(actor: Actor, { id, authorId, hidden, erased, text }: Comment, modelId: number, t: Visit['t']): Content {
  const own = actor.kind === 'person' ? authorId === actor.id : authorId === null
  const moderates = hasRole(actor, 'maintainer', modelId)
  const links: Content[] = [
    own && !hidden && !erased && html`<a href="/comments/${id}/edit">${t('discussion.edit')}</a>`,
    moderates && !hidden && !erased && html`<a href="/comments/${id}/hide">${t('discussion.hide')}</a>`,
    moderates && hidden && html`<a href="/comments/${id}/show">${t('discussion.show')}</a>`,
    actor.kind === 'operator' && !erased && text !== null && html`<a href="/comments/${id}/erase">${t('discussion.erase')}</a>`,
  ].filter(Boolean)
  if (links.length === 0) return null
  return html`<ul class="inline comment-actions">
    ${links.map((link) => html`<li>${link}</li>`)}
  </ul>`
}
