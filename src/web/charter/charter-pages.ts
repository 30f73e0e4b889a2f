/** The charter: its clauses with what the current release makes of each, one clause whole, and every change there was. */

import type { ClauseRecord } from '../../domain/models/clause-history.ts'
import type { CharterRecord } from '../../domain/models/charter-queries.ts'
import type { Clause } from '../../domain/models/charter.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import type { ClauseVerdict, Release } from '../../domain/releases/release.ts'
import type { Discussion } from '../discussion/read-discussion.ts'
import { discussion } from '../discussion/discussion-part.ts'
import { address, html, modelPath, type Content, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { badge, empty, modelText, pager, person, userText, type Tone } from '../parts/basics.ts'
import { difference } from '../parts/difference.ts'
import { ago } from '../parts/time.ts'
import { caseLine, clauseDifference } from '../proposals/change-part.ts'
import { dots, firstLine } from '../proposals/words.ts'
import { told } from '../said/told.ts'
import type { Visit } from '../visit.ts'
import type { CharterView, ClauseStanding, StandingClause } from './read-charter.ts'

const tones: Record<ClauseStanding, Tone> = { kept: 'good', broken: 'bad', 'not-tested': 'plain', newer: 'accent', 'no-release': 'plain' }

export function charterPage(visit: Visit, view: CharterView): Page {
  const { t, locale } = visit
  const { model, charter, clauses, release } = view
  const propose = (query: Record<string, string | number>) => address(modelPath(model, '/charter/propose'), query)
  return {
    title: t('charter.title', { community: `${model.owner}/${model.name}` }),
    heading: t('charter.heading'),
    width: 'text',
    community: { model, section: 'charter' },
    json: `${apiOf(model)}/charter`,
    feed: feedOf(model),
    main: html`<p class="soft">${t('charter.about')}</p>
      ${
        clauses.length === 0
          ? empty(t('charter.empty'), html`<a class="button primary" href="${propose({ add: 1 })}">${t('charter.proposeFirst')}</a>`)
          : html`<ol class="clauses">
                ${clauses.map((one) => clauseRow(visit, view, one))}
              </ol>
              <p class="actions">
                <a class="button primary" href="${propose({ add: 1 })}">${t('charter.proposeAdd')}</a>
                <a class="button" href="${modelPath(model, '/charter/history')}">${t('charter.history')}</a>
              </p>
              <p class="meta">
                ${dots(
                  t('charter.revision', { revision: String(charter.revision) }),
                  charter.createdAt && ago(locale, charter.createdAt),
                  release
                    ? html`<a href="${modelPath(model, `/releases/${encodeURIComponent(release.version)}`)}"
                        >${t('charter.measuredBy', { version: release.version })}</a
                      >`
                    : t('charter.noRelease'),
                )}
              </p>`
      }`,
  }
}

function clauseRow({ t }: Visit, { model, release }: CharterView, { clause, standing, verdict }: StandingClause): Html {
  const { number, text, cases } = clause
  return html`<li id="clause-${number}">
    <span class="clause-number">${number}</span>
    <div>
      <p class="clause-text" dir="auto">${text}</p>
      <p class="meta">
        ${badge(t(`charter.standing_${standing}`), tones[standing])}
        ${verdict && verdict.cases > 0 && release && html`<span>${t('charter.evidence', { kept: verdict.cases - verdict.failed, cases: verdict.cases, version: release.version })}</span>`}
        ${verdict === null && cases.length > 0 && html`<span>${t('charter.casesN', { n: cases.length })}</span>`}
        <a href="${modelPath(model, `/charter/${number}`)}">${t('charter.open', { number: String(number) })}</a>
      </p>
    </div>
  </li>`
}

export interface ClauseData {
  readonly view: CharterView
  readonly number: number
  /** null: it was removed. */
  readonly standing: StandingClause | null
  readonly history: readonly ClauseRecord[]
  readonly discussion: Discussion
}

export function clausePage(visit: Visit, { view, number, standing, history, discussion: said }: ClauseData): Page {
  const { t } = visit
  const { model, release } = view
  const last = standing?.clause ?? history[0]?.before ?? null
  const propose = (query: Record<string, string | number>) => address(modelPath(model, '/charter/propose'), query)
  return {
    title: t('charter.clauseTitle', { number: String(number) }),
    heading: html`${t('charter.clauseTitle', { number: String(number) })}
    ${standing ? badge(t(`charter.standing_${standing.standing}`), tones[standing.standing]) : badge(t('charter.removed'), 'bad')}`,
    width: 'text',
    community: { model, section: 'charter' },
    json: `${apiOf(model)}/charter`,
    feed: feedOf(model),
    modules: ['draft'],
    main: html`<p><a href="${modelPath(model, '/charter')}">${t('charter.toCharter')}</a></p>
      ${last && html`<blockquote class="clause-whole" dir="auto">${last.text}</blockquote>`}
      ${
        standing &&
        html`<p>${t(`charter.standingHint_${standing.standing}`, { version: release?.version ?? '' })}</p>
          ${standing.verdict && evidence(visit, standing.verdict, release)}
          <p class="actions">
            <a class="button" href="${propose({ edit: number })}">${t('charter.proposeEdit')}</a>
            <a class="button danger" href="${propose({ remove: number })}">${t('charter.proposeRemove')}</a>
          </p>
          ${casesPart(visit, standing.clause)}`
      }
      <h2>${t('charter.history')}</h2>
      <ol class="timeline">
        ${history.map((record) => historyRow(visit, record))}
      </ol>
      ${discussion(visit, said)}`,
  }
}

/** What the release answered where it does not keep the clause. */
function evidence({ t }: Visit, { failing, failed, cases }: ClauseVerdict, release: Release | null): Content {
  if (cases === 0) return null
  return html`<p class="meta">${t('charter.evidence', { kept: cases - failed, cases, version: release?.version ?? '' })}</p>
    ${
      failing.length > 0 &&
      html`<section aria-labelledby="failing-title">
        <h2 id="failing-title">${t('charter.failing')}</h2>
        <ul class="rows">
          ${failing.map(
            ({ question, answer, why }) =>
              html`<li>
                <p class="asked" dir="auto">${question}</p>
                ${modelText(answer)}
                <p class="meta">${told(t, why)}</p>
              </li>`,
          )}
        </ul>
      </section>`
    }`
}

function casesPart({ t, locale }: Visit, { cases, blocks, tolerance }: Clause): Html {
  return html`<h2>${t('charter.cases')}</h2>
    <p>
      ${t(`charter.blocks_${blocks}`)}
      ${tolerance > 0 && t('charter.toleranceIs', { share: new Intl.NumberFormat(locale.tag, { style: 'percent' }).format(tolerance) })}
    </p>
    ${
      cases.length === 0
        ? html`<p class="soft">${t('charter.noCases')}</p>`
        : html`<ul class="cases">
            ${cases.map((one) => html`<li><bdi>${caseLine(one)}</bdi></li>`)}
          </ul>`
    }`
}

function historyRow({ t, locale }: Visit, { contributionId, author, message, createdAt, before, after }: ClauseRecord): Html {
  const what = before === null ? 'charter.added' : after === null ? 'charter.wasRemoved' : 'charter.changed'
  return html`<li>
    <div>
      ${t(what)}
      <span class="soft small"
        >${dots(author !== null && person(t, author), contributionId !== null && html`<a href="/contributions/${contributionId}"><bdi>#${contributionId} ${firstLine(message)}</bdi></a>`, ago(locale, createdAt))}</span
      >
    </div>
    ${before && after ? clauseDifference(t, before, after) : after ? userText(after.text) : before && html`<div class="gone-text">${userText(before.text)}</div>`}
  </li>`
}

export function charterHistoryPage(visit: Visit, model: CommunityModel, records: readonly CharterRecord[], next: number | null): Page {
  const { t, locale } = visit
  return {
    title: t('charter.history'),
    width: 'text',
    community: { model, section: 'charter' },
    json: `${apiOf(model)}/charter/log`,
    feed: feedOf(model),
    main: html`<p><a href="${modelPath(model, '/charter')}">${t('charter.toCharter')}</a></p>
      ${records.length === 0 && empty(t('charter.empty'))}
      ${records.map(
        ({ revision, contributionId, author, message, createdAt, added, removed, changed, reordered }) =>
          html`<section>
            <h2>${t('charter.revision', { revision: String(revision) })} <small class="soft">${ago(locale, createdAt)}</small></h2>
            <p class="meta">
              ${
                contributionId === null
                  ? t('charter.beganWith')
                  : dots(
                      author !== null && person(t, author),
                      html`<a href="/contributions/${contributionId}"><bdi>#${contributionId} ${firstLine(message)}</bdi></a>`,
                    )
              }
            </p>
            ${added.map((clause) => changedClause(visit, model, clause.number, 'charter.added', difference('', clause.text)))}
            ${changed.map(({ before, after }) => changedClause(visit, model, after.number, 'charter.changed', clauseDifference(t, before, after)))}
            ${removed.map((clause) => changedClause(visit, model, clause.number, 'charter.wasRemoved', difference(clause.text, '')))}
            ${reordered && html`<p>${t('charter.reordered')}</p>`}
          </section>`,
      )}
      ${pager(t, { older: next === null ? null : address(modelPath(model, '/charter/history'), { after: next }) })}`,
  }
}

function changedClause(
  { t }: Visit,
  model: CommunityModel,
  number: number,
  what: 'charter.added' | 'charter.changed' | 'charter.wasRemoved',
  text: Html,
): Html {
  return html`<p class="row-title">
      <a href="${modelPath(model, `/charter/${number}`)}">${t('charter.clauseTitle', { number: String(number) })}</a> · ${t(what)}
    </p>
    ${text}`
}

const apiOf = ({ owner, name }: CommunityModel) => `/api/models/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`
const feedOf = ({ owner, name }: CommunityModel) => `/feeds/${encodeURIComponent(owner)}/${encodeURIComponent(name)}.atom`
