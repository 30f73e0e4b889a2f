/** A person's page: what they offered, reviewed and shipped, where, and how far they are trusted, with the formula. */

import type { Person } from '../../domain/people/person.ts'
import type { ReceiptLine } from '../../domain/receipts/receipt.ts'
import type { OwnCommunity, OwnContribution, OwnReview } from '../../domain/reviews/person-work.ts'
import type { TrustPage } from '../../domain/reviews/trust-page.ts'
import { address, html, modelPath, type Content, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { badge, empty, table, type Tone } from '../parts/basics.ts'
import { count } from '../parts/figures.ts'
import { ago, day } from '../parts/time.ts'
import { row as receiptRow } from '../receipts/receipt-lists-page.ts'
import type { Visit } from '../visit.ts'
import { trustPart } from './trust-part.ts'

export interface Profile {
  readonly person: Person
  /** It is the visitor's own. */
  readonly isVisitor: boolean
  /** Reviews or maintains on the whole instance. */
  readonly isBeyondContributor: boolean
  readonly communities: readonly OwnCommunity[]
  /** In the communities they are most in. */
  readonly trust: readonly TrustPage[]
  readonly contributions: readonly OwnContribution[]
  readonly moreContributions: boolean
  readonly reviews: readonly OwnReview[]
  readonly receipts: readonly ReceiptLine[]
  readonly moreReceipts: boolean
  readonly hasFeed: boolean
}

export function profilePage(visit: Visit, profile: Profile): Page {
  const { t } = visit
  const { person, hasFeed, contributions, reviews, receipts, communities } = profile
  const at = `/people/${encodeURIComponent(person.name)}`
  const shownName = person.displayName ?? person.name
  const nothing = contributions.length + reviews.length + receipts.length + communities.length === 0
  return {
    title: shownName,
    heading: html`<bdi>${shownName}</bdi>`,
    json: `/api${at}/receipts`,
    ...(hasFeed && { feed: `/feeds${at}.atom` }),
    main: html`${head(visit, profile)}
    ${
      nothing
        ? empty(
            profile.isVisitor ? t('profile.nothingYours') : t('profile.nothing'),
            html`<a class="button primary" href="/models">${t('common.communities')}</a>`,
          )
        : html`<div class="columns">
            <div>${contributionsPart(visit, profile, at)} ${receiptsPart(visit, profile, at)} ${reviewsPart(visit, profile)}</div>
            <div>${communitiesPart(visit, profile)} ${profile.trust.length > 0 && trustPart(visit, profile.trust)}</div>
          </div>`
    }`,
  }
}

function head(visit: Visit, { person, isVisitor, isBeyondContributor, hasFeed }: Profile): Html {
  const { t, locale } = visit
  return html`<p class="meta about">
      <bdi>@${person.name}</bdi>
      ${isBeyondContributor && html` ${badge(t(`profile.role_${person.role}`), 'accent')} ${t('profile.everywhere')}`} ·
      ${t('profile.since')} ${day(locale, person.createdAt)}
      ${hasFeed && html` · <a href="/feeds/people/${encodeURIComponent(person.name)}.atom">${t('common.asFeed')}</a>`}
    </p>
    ${person.bio !== '' && html`<p class="bio" dir="auto">${person.bio}</p>`}
    ${
      isVisitor &&
      html`<p class="actions own">
        <a class="button" href="/account">${t('profile.edit')}</a>
        ${
          person.role === 'maintainer' &&
          html`<a class="button" href="/people">${t('common.people')}</a> <a class="button" href="/operator">${t('common.operator')}</a>`
        }
        <a class="button quiet" href="/notifications/settings">${t('profile.notifications')}</a>
      </p>`
    }`
}

function communitiesPart({ t, locale }: Visit, { communities, person }: Profile): Html | false {
  if (communities.length === 0) return false
  return html`<h2 class="first">${t('profile.communities')}</h2>
    ${table(
      t('profile.communitiesCaption'),
      [t('profile.community'), t('profile.role'), t('profile.accepted'), t('profile.reviewed')],
      communities.map(
        ({ model, role, contributions, accepted, reviews }) =>
          html`<tr>
            <td>
              <a href="${modelPath(model)}"><bdi>${model}</bdi></a>
            </td>
            <td>${t(`profile.role_${role ?? person.role}`)}</td>
            <td class="number">${t('profile.nOf', { accepted, contributions })}</td>
            <td class="number">${count(locale, reviews)}</td>
          </tr>`,
      ),
      [2, 3],
    )}`
}

function contributionsPart(visit: Visit, { contributions, moreContributions }: Profile, at: string): Html | false {
  if (contributions.length === 0) return false
  const { t } = visit
  return html`<h2 class="first">${t('profile.contributions')}</h2>
    ${contributionRows(visit, contributions)}
    ${moreContributions && html`<p><a href="${at}/contributions">${t('profile.allContributions')}</a></p>`}`
}

export const stateTones: Record<OwnContribution['state'], Tone> = {
  open: 'accent',
  'changes-requested': 'warn',
  accepted: 'good',
  rejected: 'bad',
  withdrawn: 'plain',
}

export function contributionRows({ t, locale }: Visit, list: readonly OwnContribution[]): Html {
  return html`<ul class="rows">
    ${list.map(
      ({ id, model, state, message, createdAt }) =>
        html`<li>
          <p class="row-title">
            <a href="/contributions/${id}"><bdi>${message}</bdi></a> ${badge(t(`profile.state_${state}`), stateTones[state])}
          </p>
          <p class="meta"><bdi>${model}</bdi> · ${ago(locale, createdAt)}</p>
        </li>`,
    )}
  </ul>`
}

function receiptsPart(visit: Visit, { receipts, moreReceipts }: Profile, at: string): Html | false {
  if (receipts.length === 0) return false
  const { t } = visit
  const title = ({ model, version }: ReceiptLine): Html => html`<bdi>${model} ${version}</bdi>`
  return html`<h2>${t('profile.receipts')}</h2>
    <ul class="rows">
      ${receipts.map((receipt) => receiptRow(visit, receipt, title(receipt)))}
    </ul>
    ${moreReceipts && html`<p><a href="${address(`${at}/receipts`)}">${t('profile.allReceipts')}</a></p>`}`
}

const decisionWords = { accept: 'good', reject: 'bad', 'request-changes': 'warn' } as const satisfies Record<OwnReview['decision'], Tone>

function reviewsPart({ t, locale }: Visit, { reviews }: Profile): Html | false {
  if (reviews.length === 0) return false
  return html`<h2>${t('profile.reviews')}</h2>
    <ul class="rows">
      ${reviews.map(
        ({ contribution, model, about, decision, createdAt }): Content =>
          html`<li>
            <p class="row-title">
              <a href="/contributions/${contribution}"><bdi>${about}</bdi></a>
              ${badge(t(`profile.decision_${decision}`), decisionWords[decision])}
            </p>
            <p class="meta"><bdi>${model}</bdi> · ${ago(locale, createdAt)}</p>
          </li>`,
      )}
    </ul>`
}
