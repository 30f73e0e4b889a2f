/** What changed between two rounds of a proposal, and the pages that ask once more before something is taken back. */

import type { ContributionDetail } from '../../domain/contributions/contribute.ts'
import type { Contribution } from '../../domain/contributions/contribution.ts'
import type { RoundDifference, RoundPair } from '../../domain/contributions/round-difference.ts'
import type { AppError } from '../../errors.ts'
import { html, type Content, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { badge, field, pager } from '../parts/basics.ts'
import { ago } from '../parts/time.ts'
import type { Visit } from '../visit.ts'
import { bodyOf, clauseDifference, exampleDifference } from './change-part.ts'
import { dots, firstLine } from './words.ts'

/** Pairs of a page. */
export const pairsShown = 20

export function roundPage(
  visit: Visit,
  { contribution, rounds }: ContributionDetail,
  round: number,
  difference: RoundDifference,
  after: number,
): Page {
  const { t, locale } = visit
  const [own, before] = [rounds.find((one) => one.round === round), round - 1]
  const path = `/contributions/${contribution.id}/rounds/${round}`
  return {
    title: t('proposals.roundTitle', { round: String(round) }),
    width: 'text',
    community: { model: modelOf(contribution), section: 'proposals' },
    json: `/api/contributions/${contribution.id}/changes?round=${round}`,
    main: html`<p class="meta">
        ${dots(
          html`<a href="/contributions/${contribution.id}"><bdi>#${contribution.id} ${firstLine(contribution.message)}</bdi></a>`,
          t('proposals.comparedWith', { round: String(before) }),
          own && ago(locale, own.createdAt),
        )}
      </p>
      ${own && html`<blockquote dir="auto">${own.message}</blockquote>`}
      <p>
        ${t('proposals.roundSum', { same: difference.same, changed: difference.changed, added: difference.added, removed: difference.removed })}
      </p>
      ${difference.pairs.map((pair) => pairPart(visit, pair))}
      ${pager(t, {
        newer: after > 0 ? `${path}?after=${Math.max(0, after - pairsShown)}` : null,
        older: difference.next === null ? null : `${path}?after=${difference.next}`,
      })}`,
  }
}

function pairPart({ t }: Visit, { before, after }: RoundPair): Html {
  const [word, tone] =
    before === null
      ? ([t('proposals.pairAdded'), 'good'] as const)
      : after === null
        ? ([t('proposals.pairRemoved'), 'bad'] as const)
        : ([t('proposals.pairChanged'), 'accent'] as const)
  const position = (after ?? before)?.position ?? 0
  return html`<article class="change" aria-labelledby="pair-${position}-${after === null ? 'old' : 'new'}">
    <header id="pair-${position}-${after === null ? 'old' : 'new'}">${badge(word, tone)} <span class="soft">${position}</span></header>
    ${pairBody(t, before, after)}
  </article>`
}

function pairBody(t: Visit['t'], before: RoundPair['before'], after: RoundPair['after']): Content {
  if (before && after) {
    if ('example' in before && 'example' in after) return exampleDifference(t, before.example, after.example)
    if (before.kind === 'clause' && after.kind === 'clause' && before.change.action !== 'remove' && after.change.action !== 'remove')
      return clauseDifference(t, before.change.clause, after.change.clause)
    return html`<div class="halves">
      <div class="gone-text">${bodyOf(t, before)}</div>
      <div>${bodyOf(t, after)}</div>
    </div>`
  }
  return after ? bodyOf(t, after) : before && html`<div class="gone-text">${bodyOf(t, before)}</div>`
}

export function withdrawPage({ t }: Visit, contribution: Contribution, refused: AppError | null = null): Page {
  const { id, message } = contribution
  return {
    title: t('proposals.withdrawTitle'),
    width: 'text',
    community: { model: modelOf(contribution), section: 'proposals' },
    refused,
    main: html`<blockquote dir="auto">${firstLine(message)}</blockquote>
      <p>${t('proposals.withdrawHint')}</p>
      <form method="post" action="/contributions/${id}/withdraw">
        <p class="actions">
          <button class="danger">${t('proposals.withdraw')}</button> <a class="button" href="/contributions/${id}">${t('common.cancel')}</a>
        </p>
      </form>`,
  }
}

export function revertPage(
  { t }: Visit,
  contribution: Contribution,
  typed: { readonly message?: string; readonly refused?: AppError | null } = {},
): Page {
  const { id, message } = contribution
  return {
    title: t('proposals.revertTitle'),
    width: 'text',
    community: { model: modelOf(contribution), section: 'proposals' },
    refused: typed.refused ?? null,
    main: html`<blockquote dir="auto">${firstLine(message)}</blockquote>
      <p>${t('proposals.revertHint')}</p>
      <form class="stack" method="post" action="/contributions/${id}/revert">
        ${field({
          name: 'message',
          label: t('proposals.revertWhy'),
          control: (attributes) => html`<input ${attributes} value="${typed.message ?? ''}" maxlength="2000" dir="auto" required />`,
        })}
        <p class="actions">
          <button class="primary">${t('proposals.revertSend')}</button>
          <a class="button" href="/contributions/${id}">${t('common.cancel')}</a>
        </p>
      </form>`,
  }
}

export function modelOf({ model }: Pick<Contribution, 'model'>): { readonly owner: string; readonly name: string } {
  const [owner = '', name = ''] = model.split('/')
  return { owner, name }
}
