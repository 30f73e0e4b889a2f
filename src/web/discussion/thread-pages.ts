/** The pages of discussions: one thread, a comment being edited, hidden or shown, and what a comment said before. */

import type { Comment, CommentVersion, Thread } from '../../domain/conversation/thread.ts'
import type { AppError } from '../../errors.ts'
import { draftField, draftOf } from '../draft.ts'
import { html, type Html } from '../markup.ts'
import type { MessageKey } from '../messages.ts'
import type { Page } from '../page.ts'
import { field } from '../parts/basics.ts'
import { difference } from '../parts/difference.ts'
import { ago } from '../parts/time.ts'
import type { Visit } from '../visit.ts'
import { comment, commentText } from './comment-part.ts'
import { newThreadForm, textField, thread } from './discussion-part.ts'
import type { Discussion } from './read-discussion.ts'
import { placeOfSubject } from './subject-link.ts'

type Refused = { readonly refused?: AppError | null; readonly typed?: string }

export function threadPage(visit: Visit, said: Discussion, { refused = null, typed = '' }: Refused = {}): Page {
  const one = said.threads[0] as Thread
  const place = placeOfSubject(visit.t, one.subject)
  return {
    title: visit.t('discussion.threadTitle', { subject: place.words }),
    heading: visit.t.rich('discussion.threadHeading', { subject: () => html`<a href="${place.path}">${place.words}</a>` }),
    width: 'text',
    community: { model: ownerAndName(one.model), section: place.section },
    json: `/api/threads/${one.id}`,
    modules: ['draft'],
    refused,
    main: html`<div class="discussion">${thread(visit, said, one, { whole: true, typed })}</div>`,
  }
}

/** A first comment that was refused, with what was typed. */
export function newThreadPage(
  visit: Visit,
  subject: Discussion['subject'],
  model: string,
  { refused = null, typed = '' }: Refused,
  back: string,
): Page {
  const place = placeOfSubject(visit.t, subject)
  return {
    title: visit.t('discussion.threadTitle', { subject: place.words }),
    heading: visit.t.rich('discussion.threadHeading', { subject: () => html`<a href="${place.path}">${place.words}</a>` }),
    width: 'text',
    community: { model: ownerAndName(model), section: place.section },
    modules: ['draft'],
    refused,
    main: newThreadForm(visit, subject, typed, 'new-thread', back),
  }
}

interface OfComment {
  readonly comment: Comment
  readonly said: Discussion
}

export function editPage(visit: Visit, { comment: it }: OfComment, { refused = null, typed }: Refused): Page {
  const { t } = visit
  return {
    title: t('discussion.editTitle'),
    width: 'text',
    refused,
    modules: ['draft'],
    main: html`<p class="soft">${t('discussion.editHint')}</p>
      <form class="stack" method="post" action="/comments/${it.id}/edit" ${draftOf(`comment ${it.id}`, t)}>
        ${draftField(`comment ${it.id}`)}
        ${textField(t('discussion.yourComment'), t('discussion.mentionHint'), typed ?? it.text ?? '', 'text')}
        <p class="actions">
          <button class="primary">${t('common.save')}</button>
          <a class="button" href="/threads/${it.threadId}#comment-${it.id}">${t('common.cancel')}</a>
        </p>
      </form>`,
  }
}

export type Moderation = 'hide' | 'show' | 'erase'

const moderationWords = {
  hide: ['discussion.hideTitle', 'discussion.hideHint', 'discussion.hide'],
  show: ['discussion.showTitle', 'discussion.showHint', 'discussion.show'],
  erase: ['discussion.eraseTitle', 'discussion.eraseHint', 'discussion.erase'],
} as const satisfies Record<Moderation, readonly [MessageKey, MessageKey, MessageKey]>

export function moderationPage(
  visit: Visit,
  act: Moderation,
  { comment: it, said }: OfComment,
  { refused = null, typed = '' }: Refused,
): Page {
  const { t } = visit
  const [title, hint, button] = moderationWords[act]
  const reason: Html | false =
    act !== 'show' &&
    field({
      name: 'reason',
      label: t('discussion.reason'),
      hint: t('discussion.reasonHint'),
      control: (attributes) => html`<input ${attributes} value="${typed}" dir="auto" maxlength="1000" required />`,
    })
  return {
    title: t(title),
    width: 'text',
    refused,
    main: html`<p>${t(hint)}</p>
      <div class="thread">${comment({ ...visit, actor: null }, said, it)}</div>
      <form class="stack" method="post" action="/comments/${it.id}/${act}">
        ${reason}
        <p class="actions">
          <button class="${act === 'erase' ? 'danger' : 'primary'}">${t(button)}</button>
          <a class="button" href="/threads/${it.threadId}#comment-${it.id}">${t('common.cancel')}</a>
        </p>
      </form>`,
  }
}

/** Newest first, each with what it changed. */
export function historyPage(visit: Visit, { comment: it, said }: OfComment, versions: readonly CommentVersion[]): Page {
  const { t, locale } = visit
  return {
    title: t('discussion.historyTitle'),
    width: 'text',
    json: `/api/comments/${it.id}/history`,
    main: html`<p><a href="/threads/${it.threadId}#comment-${it.id}">${t('discussion.toThread')}</a></p>
      ${versions
        .map(({ version, text, createdAt }, i) => {
          const before = versions[i - 1]?.text ?? null
          return html`<section>
            <h2>${t('discussion.version', { version: String(version) })} <small class="soft">${ago(locale, createdAt)}</small></h2>
            ${text === null ? html`<p class="tombstone">${t('discussion.textGone')}</p>` : before === null ? commentText(text, said.people) : difference(before, text)}
          </section>`
        })
        .reverse()}`,
  }
}

function ownerAndName(model: string): { owner: string; name: string } {
  const [owner = '', name = ''] = model.split('/')
  return { owner, name }
}
