/** What a proposal still needs, in words, and what the visitor may do about it. */

import type { Contribution } from '../../domain/contributions/contribution.ts'
import { hasRole, type Actor } from '../../domain/people/actor.ts'
import { isUndecided } from '../../domain/previews/preview-queries.ts'
import type { Quorum } from '../../domain/reviews/quorum.ts'
import type { Review } from '../../domain/reviews/review.ts'
import type { AppError } from '../../errors.ts'
import { draftField, draftOf } from '../draft.ts'
import { address, html, type Content, type Html } from '../markup.ts'
import { person } from '../parts/basics.ts'
import { told } from '../said/told.ts'
import type { Visit } from '../visit.ts'
import type { Proposal } from './read-proposal.ts'

/** A decision that was refused, as it was typed. */
export interface TypedDecision {
  readonly refused: AppError
  readonly decision: string
  readonly message: string
}

export function isAuthor(actor: Actor | null, { authorId }: Contribution): boolean {
  return actor !== null && (actor.kind === 'person' ? actor.id === authorId : authorId === null)
}

export function decidePart(visit: Visit, proposal: Proposal, typed: TypedDecision | null): Html {
  const { t } = visit
  const { contribution, quorum, reviews } = proposal
  return html`<section class="card decide" id="decide" aria-labelledby="decide-title">
    <h2 id="decide-title">${t(isUndecided(contribution) ? 'proposals.whatNow' : 'proposals.decided')}</h2>
    ${quorum && contribution.state === 'open' && needed(visit, quorum)}
    ${contribution.state === 'changes-requested' && html`<p>${t('proposals.waitsForAuthor', { name: contribution.author })}</p>`}
    ${quorum === null && html`<p>${t(`proposals.endedAs_${contribution.state}`)}</p>`} ${actions(visit, proposal, reviews, typed)}
  </section>`
}

/** "1 of 2 accepting reviews", why so many, and who could give the next. */
function needed({ t }: Visit, { needed: most, accepting, rule, rejection, active, available, reason }: Quorum): Html {
  const names = [...active, ...available].slice(0, 12)
  return html`<p><strong>${t('proposals.quorum', { accepting, needed: most })}</strong></p>
    <progress max="${most}" value="${accepting}" aria-label="${t('proposals.quorum', { accepting, needed: most })}"></progress>
    <p class="small">
      ${rule.kind === 'fixed' ? t('proposals.quorumFixed', { needed: most }) : t('proposals.quorumAdaptive', { needed: most, active: active.length, days: rule.days })}
    </p>
    ${
      (rejection.needed > 1 || rejection.rejecting > 0) &&
      html`<p class="small">${t('proposals.rejecting', { rejecting: rejection.rejecting, needed: rejection.needed })}</p>`
    }
    ${
      names.length > 0
        ? html`<p class="small">${t('proposals.mayReview')} ${names.map((name, i) => html`${i > 0 && ', '}${person(t, name)}`)}</p>`
        : html`<p class="small note warn">${told(t, reason)}</p>`
    }`
}

function actions(visit: Visit, proposal: Proposal, reviews: readonly Review[], typed: TypedDecision | null): Content {
  const { t, actor, url } = visit
  const { contribution, patrol } = proposal
  const { id, modelId, round, state } = contribution
  if (actor === null)
    return html`<p class="actions">
      <a class="button primary" href="${address('/sign-in', { back: `${url.pathname}${url.search}#decide` })}"
        >${t('proposals.signInToReview')}</a
      >
    </p>`
  const own = isAuthor(actor, contribution)
  const reviewer = hasRole(actor, 'reviewer', modelId)
  if (isUndecided(contribution)) {
    if (own) return authorActions(visit, contribution)
    if (!reviewer) return html`<p class="small soft">${t('proposals.notReviewer')}</p>`
    const mine = reviews.find((review) => review.round === round && review.reviewerId === (actor.kind === 'person' ? actor.id : null))
    if (mine) return html`<p class="note">${t('proposals.youReviewed')} <strong>${t(`proposals.decision_${mine.decision}`)}</strong></p>`
    return state === 'open' ? decisionForm(visit, proposal, typed) : null
  }
  return html`${patrol?.state === 'waiting' && patrol.contributionId === id && reviewer && !own && patrolForm(visit, id, typed)}
  ${state === 'accepted' && html`<p class="actions"><a class="button" href="/contributions/${id}/revert">${t('proposals.revert')}</a></p>`}
  ${own && (state === 'rejected' || state === 'withdrawn') && html`<p class="small">${t('proposals.offerAgain')}</p>`}`
}

function authorActions({ t }: Visit, { id }: Contribution): Html {
  return html`<p class="small soft">${t('proposals.ownNotReviewed')}</p>
    <p class="actions">
      <a class="button" href="/contributions/${id}/revise">${t('proposals.revise')}</a>
      <a class="button danger" href="/contributions/${id}/withdraw">${t('proposals.withdraw')}</a>
    </p>`
}

const decisions = ['accept', 'request-changes', 'reject'] as const
const keys = { accept: 'a', 'request-changes': 'm', reject: 'r' } as const

function decisionForm(visit: Visit, { contribution: { id }, quorum, place }: Proposal, typed: TypedDecision | null): Html {
  const { t, url } = visit
  const wanted = typed?.decision ?? url.searchParams.get('decide') ?? ''
  const accepts = quorum !== null && quorum.accepting + 1 >= quorum.needed
  const rejects = quorum !== null && quorum.rejection.rejecting + 1 >= quorum.rejection.needed
  const hints = {
    accept: t(accepts ? 'proposals.acceptCompletes' : 'proposals.acceptCounts'),
    'request-changes': t('proposals.hint_request-changes'),
    reject: t(rejects ? 'proposals.hint_reject' : 'proposals.rejectCounts'),
  }
  return html`<form
    class="stack"
    method="post"
    action="${address(`/contributions/${id}/review`, { queue: place?.queue })}"
    ${draftOf(`review ${id}`, t)}
  >
    ${draftField(`review ${id}`)}
    <fieldset class="plain">
      <legend>${t('proposals.yourDecision')}</legend>
      ${decisions.map(
        (decision) =>
          html`<label class="choice">
            <input
              type="radio"
              name="decision"
              value="${decision}"
              required
              data-key="${keys[decision]}"
              data-then="review-message"
              ${wanted === decision && html` checked`}
            />
            <span><strong>${t(`proposals.decision_${decision}`)}</strong> <span class="hint">${hints[decision]}</span></span>
          </label>`,
      )}
    </fieldset>
    <div class="field">
      <label for="review-message">${t('proposals.reviewMessage')}</label>
      <p class="hint" id="review-message-hint">${t('proposals.reviewMessageHint')}</p>
      <textarea id="review-message" name="message" rows="3" maxlength="4000" dir="auto" aria-describedby="review-message-hint">
${typed?.message ?? ''}</textarea>
    </div>
    <p class="actions"><button class="primary">${t(place?.after ? 'proposals.sendAndNext' : 'proposals.sendReview')}</button></p>
  </form>`
}

function patrolForm({ t }: Visit, id: number, typed: TypedDecision | null): Html {
  return html`<form class="stack" method="post" action="/contributions/${id}/patrol">
    <p class="note warn">${t('proposals.patrolWaits')}</p>
    <div class="field">
      <label for="patrol-message">${t('proposals.patrolMessage')}</label>
      <input id="patrol-message" name="message" value="${typed?.message ?? ''}" maxlength="4000" dir="auto" />
    </div>
    <p class="actions">
      <button class="primary" name="decision" value="ok" data-key="a">${t('proposals.patrolOk')}</button>
      <button class="danger" name="decision" value="revert">${t('proposals.patrolRevert')}</button>
    </p>
  </form>`
}
