/** The proposals of a community: what waits for whom, what is in conflict, what was decided. */

import type { Contribution } from '../../domain/contributions/contribution.ts'
import { proposalKinds, type ProposalKind } from '../../domain/contributions/proposal-lists.ts'
import type { Mentor } from '../../domain/contributions/mentors.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import { hasRole } from '../../domain/people/actor.ts'
import type { Patrol } from '../../domain/reviews/patrol.ts'
import { address, html, modelPath, type Content, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { badge, empty, field, pager, person } from '../parts/basics.ts'
import { ago } from '../parts/time.ts'
import type { Visit } from '../visit.ts'
import { keysHelp } from './keys-part.ts'
import { countsInWords, dots, firstLine, stateBadge } from './words.ts'

/** In the order of the page. */
export const lists = [
  'waiting',
  'mine',
  'mentor',
  'conflicting',
  'patrol',
  'yours',
  'changes-requested',
  'accepted',
  'rejected',
  'withdrawn',
  'all',
] as const
export type List = (typeof lists)[number]

export interface QueueRow {
  readonly proposal: Contribution
  /** Accepting reviews in this round; null where that says nothing. */
  readonly accepting: number | null
}

export interface QueueData {
  readonly model: CommunityModel
  readonly list: List
  readonly kind: ProposalKind | null
  readonly rows: readonly QueueRow[]
  readonly patrols: readonly Patrol[]
  /** Accepting reviews a proposal here needs now. */
  readonly needed: number
  readonly next: number | null
  readonly mentors: readonly Mentor[]
  /** Whether the rules let anything be patrolled, or anything waits for it. */
  readonly patrolled: boolean
}

/** Lists that somebody works through, oldest first, with keys. */
export const queues: readonly List[] = ['waiting', 'mine', 'mentor']

export function queuePage(visit: Visit, data: QueueData): Page {
  const { t, url } = visit
  const { model, list, next } = data
  const path = modelPath(model, '/proposals')
  return {
    title: t('proposals.listTitle', { community: `${model.owner}/${model.name}` }),
    heading: t('proposals.proposals'),
    community: { model, section: 'proposals' },
    json: address(`/api/models/${encodeURIComponent(model.owner)}/${encodeURIComponent(model.name)}/contributions`, {
      queue: queues.includes(list) ? list : null,
    }),
    feed: `/feeds/${encodeURIComponent(model.owner)}/${encodeURIComponent(model.name)}.atom`,
    modules: ['keys'],
    main: html`<div class="actions">
        <a class="button primary" href="${modelPath(model, '/propose')}">${t('proposals.propose')}</a>
        <a class="button" href="${modelPath(model, '/upload')}">${t('proposals.upload')}</a>
        <a class="button quiet" href="${modelPath(model, '/suggestions')}">${t('chat.suggestionsTitle')}</a>
        <a class="button quiet" href="${modelPath(model, '/wrong-answers')}">${t('community.wrongTitle')}</a>
      </div>
      ${listNav(visit, data)} ${!queues.includes(list) && list !== 'patrol' && list !== 'conflicting' && kindFilter(visit, data)}
      <p class="soft">${t(`proposals.about_${list}`)}</p>
      ${list === 'mentor' && mentorsPart(visit, data)} ${list === 'patrol' ? patrolRows(visit, data) : proposalRows(visit, data)}
      ${pager(t, { older: next === null ? null : address(path, { ...Object.fromEntries(url.searchParams), after: next }) })}
      ${keysHelp(t, 'queue')}`,
  }
}

function listNav({ t, actor }: Visit, { model, list, patrolled }: QueueData): Html {
  const reviewer = actor !== null && hasRole(actor, 'reviewer', model.id)
  const shown = lists.filter((one) => {
    if (one === list) return true
    if (one === 'mine') return reviewer
    if (one === 'yours') return actor !== null
    return one !== 'patrol' || patrolled
  })
  return html`<nav class="lists" aria-label="${t('proposals.lists')}">
    <ul class="inline">
      ${shown.map(
        (one) =>
          html`<li>
            <a href="${address(modelPath(model, '/proposals'), { list: one })}" ${one === list && html` aria-current="page"`}
              >${t(`proposals.list_${one}`)}</a
            >
          </li>`,
      )}
    </ul>
  </nav>`
}

function kindFilter({ t }: Visit, { model, list, kind }: QueueData): Html {
  return html`<form class="filters" action="${modelPath(model, '/proposals')}">
    <input type="hidden" name="list" value="${list}" />
    ${field({
      name: 'kind',
      label: t('proposals.kind'),
      control: (attributes) =>
        html`<select ${attributes}>
          <option value="">${t('proposals.anyKind')}</option>
          ${proposalKinds.map((one) => html`<option value="${one}" ${one === kind && html` selected`}>${t(`proposals.does_${one}`)}</option>`)}
        </select>`,
    })}
    <button>${t('proposals.filter')}</button>
  </form>`
}

function proposalRows(visit: Visit, { model, list, rows, needed }: QueueData): Html {
  const { t, locale } = visit
  if (rows.length === 0) return nothingHere(visit, model, list)
  const queue = queues.includes(list) ? list : null
  return html`<ul class="rows">
    ${rows.map(
      ({ proposal, accepting }) =>
        html`<li>
          <p class="row-title">
            <a href="${address(`/contributions/${proposal.id}`, { queue })}" data-row dir="auto">${firstLine(proposal.message)}</a>
            ${proposal.state !== 'open' && stateBadge(t, proposal.state)}
          </p>
          <p class="meta">
            ${dots(
              `#${proposal.id}`,
              t.rich('proposals.by', { by: () => person(t, proposal.author), when: () => ago(locale, proposal.createdAt) }),
              countsInWords(t, proposal.counts),
              proposal.round > 1 && t('proposals.round', { round: String(proposal.round) }),
              proposal.mentor && t.rich('proposals.mentor', { by: () => person(t, proposal.mentor) }),
              accepting !== null && t('proposals.quorum', { accepting, needed }),
            )}
          </p>
        </li>`,
    )}
  </ul>`
}

function patrolRows(visit: Visit, { model, patrols }: QueueData): Html {
  const { t, locale } = visit
  if (patrols.length === 0) return nothingHere(visit, model, 'patrol')
  return html`<ul class="rows">
    ${patrols.map(
      ({ contributionId, message, author, createdAt, overdue, trust }) =>
        html`<li>
          <p class="row-title">
            <a href="/contributions/${contributionId}" data-row dir="auto">${firstLine(message)}</a>
            ${overdue && badge(t('proposals.overdue'), 'warn')}
          </p>
          <p class="meta">
            ${dots(`#${contributionId}`, t.rich('proposals.by', { by: () => person(t, author), when: () => ago(locale, createdAt) }), t('proposals.trustThen', { trust: trust.toFixed(2) }))}
          </p>
        </li>`,
    )}
  </ul>`
}

function nothingHere({ t }: Visit, model: CommunityModel, list: List): Html {
  const propose = html`<a class="button" href="${modelPath(model, '/propose')}">${t('proposals.propose')}</a>`
  const waiting = html`<a class="button" href="${address(modelPath(model, '/proposals'), { list: 'waiting' })}"
    >${t('proposals.list_waiting')}</a
  >`
  const action: Content = list === 'waiting' || list === 'yours' || list === 'all' ? propose : waiting
  return empty(t(`proposals.empty_${list}`), action)
}

function mentorsPart({ t, actor }: Visit, { model, mentors }: QueueData): Html {
  const own = actor?.kind === 'person' && mentors.some(({ name }) => name === actor.name)
  return html`<div class="card">
    <p>
      ${mentors.length === 0 ? t('proposals.noMentors') : html`${t('proposals.mentors')} ${mentors.map(({ name, helping }, i) => html`${i > 0 && ', '}${person(t, name)} (${t('proposals.helping', { n: helping })})`)}`}
    </p>
    ${
      actor?.kind === 'person' &&
      hasRole(actor, 'reviewer', model.id) &&
      html`<form method="post" action="${modelPath(model, `/proposals/mentors/${own ? 'leave' : 'join'}`)}">
        <button>${t(own ? 'proposals.leaveMentors' : 'proposals.joinMentors')}</button>
      </form>`
    }
  </div>`
}
