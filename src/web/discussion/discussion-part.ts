/** The discussion of something, for the page of that thing: its threads, a reply under each, and a form to start another. */

import type { Thread } from '../../domain/conversation/thread.ts'
import { hasRole } from '../../domain/people/actor.ts'
import { draftField, draftOf } from '../draft.ts'
import { address, html, type Content, type Html } from '../markup.ts'
import { person } from '../parts/basics.ts'
import { count } from '../parts/figures.ts'
import { ago } from '../parts/time.ts'
import type { Visit } from '../visit.ts'
import { comment } from './comment-part.ts'
import type { Discussion } from './read-discussion.ts'

/** Comments of a long thread shown under its subject: the first, and the newest so many. The thread's own page has all. */
const newestShown = 6

/** A section with its own heading (h2). Anchor: #discussion. */
export function discussion(visit: Visit, said: Discussion): Html {
  const { t, url, actor } = visit
  return html`<section class="discussion" id="discussion" aria-labelledby="discussion-title">
    <h2 id="discussion-title">${t('discussion.title')}</h2>
    ${said.threads.length === 0 && html`<p class="soft">${t('discussion.none')}</p>`}
    ${said.threads.map((one) => thread(visit, said, one, { whole: false }))}
    ${said.next !== null && html`<p><a class="button" href="${withThreads(url, said.next)}">${t('discussion.more')}</a></p>`}
    ${
      actor === null
        ? html`<p class="soft">${signInToSpeak(visit)}</p>`
        : html`<details class="write" data-key="c" data-then="new-thread" ${said.threads.length === 0 && html` open`}>
            <summary>${t('discussion.start')}</summary>
            ${newThreadForm(visit, said.subject, '', 'new-thread')}
          </details>`
    }
  </section>`
}

function withThreads(url: URL, after: number): string {
  return `${address(url.pathname, { ...Object.fromEntries(url.searchParams), threads: after })}#discussion`
}

function signInToSpeak({ t, url }: Visit): Content {
  return t.rich('discussion.signIn', {
    link: (inside) => html`<a href="${address('/sign-in', { back: `${url.pathname}${url.search}#discussion` })}">${inside}</a>`,
  })
}

/** @param id of the field, which has to be the page's only one of that name */
export function newThreadForm({ t, url }: Visit, subject: Discussion['subject'], typed: string, id: string, back?: string): Html {
  return html`<form class="stack" method="post" action="/threads" ${draftOf(`thread ${subject.kind} ${subject.id}`, t)}>
    ${draftField(`thread ${subject.kind} ${subject.id}`)}
    <input type="hidden" name="kind" value="${subject.kind}" /><input type="hidden" name="subject" value="${subject.id}" />
    <input type="hidden" name="back" value="${back ?? `${url.pathname}${url.search}`}" />
    ${textField(t('discussion.yourComment'), t('discussion.mentionHint'), typed, id)}
    <p class="actions"><button>${t('discussion.send')}</button></p>
  </form>`
}

/** A textarea called `text`, whose id is its own: several stand on one page. */
export function textField(label: string, hint: string | null, typed: string, id: string): Html {
  return html`<div class="field">
    <label for="${id}">${label}</label>
    ${hint !== null && html`<p class="hint" id="${id}-hint">${hint}</p>`}
    <textarea
      id="${id}"
      name="text"
      rows="4"
      dir="auto"
      maxlength="10000"
      required
      ${hint !== null && html` aria-describedby="${id}-hint"`}
    >
${typed}</textarea>
  </div>`
}

export function thread(visit: Visit, said: Discussion, one: Thread, { whole, typed = '' }: { whole: boolean; typed?: string }): Html {
  const { t, locale, actor } = visit
  const { id, comments, resolved } = one
  const left = whole || comments.length <= newestShown + 2 ? 0 : comments.length - newestShown - 1
  const [first, ...replies] = comments
  return html`<div class="thread${resolved ? ' resolved' : ''}" id="thread-${id}">
    ${
      resolved &&
      html`<p class="meta">
        <span class="badge good">${t('discussion.resolved')}</span>
        ${t.rich('discussion.resolvedBy', { by: () => person(t, resolved.by), when: () => ago(locale, resolved.at) })}
      </p>`
    }
    ${first && comment(visit, said, first)}
    ${left > 0 && html`<p class="between"><a href="/threads/${id}">${t('discussion.between', { n: count(locale, left), left })}</a></p>`}
    ${replies.slice(left).map((reply) => comment(visit, said, reply))}
    <div class="thread-foot">
      ${
        actor &&
        !resolved &&
        html`<details class="write" ${(whole || typed !== '') && html` open`}>
          <summary>${t('discussion.reply')}</summary>
          <form class="stack" method="post" action="/threads/${id}/reply" ${draftOf(`reply ${id}`, t)}>
            ${draftField(`reply ${id}`)}
            <input type="hidden" name="back" value="${`${visit.url.pathname}${visit.url.search}`}" />
            ${textField(t('discussion.yourReply'), null, typed, `reply-${id}`)}
            <p class="actions"><button>${t('discussion.send')}</button></p>
          </form>
        </details>`
      }
      <ul class="inline">
        ${!whole && html`<li><a href="/threads/${id}">${t('discussion.permalink')}</a></li>`}
        ${maySettle(visit, said, one) && html`<li>${settleForm(visit, one)}</li>`}
      </ul>
    </div>
  </div>`
}

function maySettle({ actor }: Visit, { modelId, ownerId }: Discussion, { startedBy }: Thread): boolean {
  if (actor === null) return false
  return actor.kind === 'operator' || hasRole(actor, 'reviewer', modelId) || actor.id === startedBy || actor.id === ownerId
}

function settleForm({ t, url }: Visit, { id, resolved }: Thread): Html {
  const act = resolved ? 'reopen' : 'resolve'
  return html`<form method="post" action="/threads/${id}/${act}">
    <input type="hidden" name="back" value="${`${url.pathname}${url.search}`}" />
    <button class="quiet">${t(resolved ? 'discussion.reopen' : 'discussion.resolve')}</button>
  </form>`
}
