/** The page of one proposal: what it changes, what that does to the model, what was said, and what is to be done. */

import { address, html, modelPath, type Content, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { badge, person } from '../parts/basics.ts'
import { languageName } from '../parts/languages.ts'
import { ago } from '../parts/time.ts'
import type { Visit } from '../visit.ts'
import { discussion } from '../discussion/discussion-part.ts'
import { changePart, sharedProvenance } from './change-part.ts'
import { checksPart } from './checks-part.ts'
import { decidePart, type TypedDecision } from './decide-part.ts'
import { historyPart } from './history-part.ts'
import { keysHelp } from './keys-part.ts'
import { previewPart } from './preview-part.ts'
import type { Proposal, QueuePlace } from './read-proposal.ts'
import { countsInWords, dots, firstLine, stateBadge } from './words.ts'

export function proposalPage(visit: Visit, proposal: Proposal, typed: TypedDecision | null = null): Page {
  const { t } = visit
  const { contribution, rounds } = proposal
  const { id, message, state } = contribution
  const [owner = '', name = ''] = contribution.model.split('/')
  const round = rounds.at(-1)
  return {
    title: t('proposals.title', { id: String(id), message: firstLine(message) }),
    heading: html`<span dir="auto">${firstLine(message)}</span> ${stateBadge(t, state)}`,
    community: { model: { owner, name }, section: 'proposals' },
    json: `/api/contributions/${id}`,
    feed: `/feeds/${encodeURIComponent(owner)}/${encodeURIComponent(name)}.atom`,
    modules: ['draft', 'keys', 'preview'],
    refused: typed?.refused ?? null,
    main: html`${queueNav(visit, proposal.place)} ${about(visit, proposal)}
      <div class="columns proposal">
        <div>${changesPart(visit, proposal)} ${previewPart(visit, proposal)}</div>
        <div class="aside">
          ${decidePart(visit, proposal, typed)} ${round && checksPart(visit, id, round)} ${whereFrom(visit, proposal)}
          ${historyPart(visit, proposal)}
        </div>
      </div>
      ${discussion(visit, proposal.discussion)} ${keysHelp(t, 'proposal')}`,
  }
}

function about({ t, locale }: Visit, { contribution, conflicts }: Proposal): Html {
  const { id, message, author, createdAt, round, mentor, counts, reverts, feedbackId } = contribution
  const rest = message.slice(firstLine(message).length).trim()
  return html`<p class="meta">
      ${dots(
        `#${id}`,
        t.rich('proposals.by', { by: () => person(t, author), when: () => ago(locale, createdAt) }),
        round > 1 && t('proposals.round', { round: String(round) }),
        mentor && t.rich('proposals.mentor', { by: () => person(t, mentor) }),
        countsInWords(t, counts),
      )}
    </p>
    ${rest !== '' && html`<p class="message" dir="auto">${rest}</p>`}
    ${
      reverts !== null &&
      html`<p class="note">
        ${t.rich('proposals.takesBack', { link: (inside) => html`<a href="/contributions/${reverts}">${inside}</a>`, id: String(reverts) })}
      </p>`
    }
    ${feedbackId !== null && html`<p class="note">${t('proposals.fromFeedback')}</p>`}
    ${
      conflicts.length > 0 &&
      html`<div class="note warn">
        <p><strong>${t('proposals.conflicts', { n: conflicts.length })}</strong></p>
        <ul>
          ${conflicts.map(
            (one) =>
              html`<li>
                <a href="/contributions/${one.contribution}" dir="auto">${firstLine(one.message)}</a>
                <span class="soft"
                  >${dots(one.author === null ? t('common.operatorName') : html`<bdi>${one.author}</bdi>`, t('proposals.conflictOver', { examples: one.examples, questions: one.questions }))}</span
                >
              </li>`,
          )}
        </ul>
      </div>`
    }`
}

function changesPart(visit: Visit, { contribution, changes, after, next }: Proposal): Html {
  const { t, url } = visit
  const { model, counts } = contribution
  const shared = sharedProvenance(changes)
  const all = counts.add + counts.replace + counts.remove + counts.case + counts.clause
  const to = (position: number) =>
    `${address(url.pathname, { ...Object.fromEntries(url.searchParams), after: position > 0 ? position : null })}#changes`
  const paged = after > 0 || next !== null
  return html`<section id="changes" aria-labelledby="changes-title">
    <h2 id="changes-title">${t('proposals.changes')}</h2>
    ${paged && html`<p class="meta">${t('proposals.changesShown', { from: after + 1, to: after + changes.length, all })}</p>`}
    ${changes.length === 0 && html`<p class="soft">${t('proposals.noMoreChanges')}</p>`}
    ${changes.map((change) => changePart(t, model, change, shared))}
    ${
      paged &&
      html`<nav class="pager" aria-label="${t('proposals.changes')}">
        <span>${after > 0 && html`<a class="button" href="${to(Math.max(0, after - 20))}">${t('proposals.changesBefore')}</a>`}</span>
        <span>${next !== null && html`<a class="button" href="${to(next)}">${t('proposals.changesAfter')}</a>`}</span>
      </nav>`
    }
  </section>`
}

/** Where it is from, as far as this page of changes says the same of all. */
function whereFrom({ t, locale }: Visit, { changes, rounds }: Proposal): Content {
  const shared = sharedProvenance(changes)
  const brings = changes.some(({ kind }) => kind === 'add' || kind === 'replace' || kind === 'case')
  const signOff = rounds.at(-1)?.signOff ?? ''
  return html`<section aria-labelledby="from-title">
    <h2 id="from-title">${t('proposals.whereFrom')}</h2>
    <dl class="facts">
      ${
        shared &&
        html`<dt>${t('proposals.origin')}</dt>
          <dd>${t(`proposals.origin_${shared.origin}`)} ${shared.generator && html`(<bdi>${shared.generator}</bdi>)`}</dd>
          <dt>${t('proposals.source')}</dt>
          <dd dir="auto">${shared.source}</dd>
          <dt>${t('proposals.licence')}</dt>
          <dd>${badge(html`<bdi>${shared.licence}</bdi>`)}</dd>
          <dt>${t('proposals.language')}</dt>
          <dd>${languageName(locale, shared.language)}</dd>`
      }
      ${
        !shared &&
        brings &&
        html`<dt>${t('proposals.origin')}</dt>
          <dd>${t('proposals.fromSeveral')}</dd>`
      }
      <dt>${t('proposals.signOff')}</dt>
      <dd dir="auto">${signOff}</dd>
    </dl>
  </section>`
}

function queueNav({ t }: Visit, place: QueuePlace | null): Content {
  if (place === null) return null
  const link = (id: number | null, key: 'j' | 'k', rel: 'next' | 'prev', word: string) =>
    id === null
      ? html`<span></span>`
      : html`<a class="button" rel="${rel}" data-key="${key}" href="${address(`/contributions/${id}`, { queue: place.queue })}">${word}</a>`
  return html`<nav class="pager queue-nav" aria-label="${t('proposals.inQueue')}">
    ${link(place.before, 'k', 'prev', t('proposals.queuePrevious'))} <span class="soft">${t(`proposals.list_${place.queue}`)}</span>
    ${link(place.after, 'j', 'next', t('proposals.queueNext'))}
  </nav>`
}

export function communityPath(model: string, list: string | null): string {
  return address(modelPath(model, '/proposals'), { list })
}
