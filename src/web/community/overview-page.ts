/** A community's first page: what it is, what its newest release can do and may be used for, how things stand, and how to use or improve it. */

import { formatScore } from '../../domain/evaluation/comparison.ts'
import type { BaseModel } from '../../domain/models/base-model.ts'
import type { Charter } from '../../domain/models/charter.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import type { Suite } from '../../domain/models/suite.ts'
import type { Activity } from '../../domain/receipts/activity.ts'
import type { CommunityHealth } from '../../domain/feedback/community-health.ts'
import type { BriefRelease } from '../../domain/releases/release-queries.ts'
import { html, modelPath, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { activityRows } from '../parts/activity.ts'
import { copyable, empty } from '../parts/basics.ts'
import { count } from '../parts/figures.ts'
import { opennessPath } from '../openness/openness-page.ts'
import { commercialUse } from '../parts/licence.ts'
import { opennessLink } from '../parts/openness.ts'
import { ago } from '../parts/time.ts'
import { told } from '../said/told.ts'
import type { Visit } from '../visit.ts'
import { nextPart } from './next-part.ts'
import type { Next } from './read-next.ts'
import { usage } from './usage.ts'

export interface Overview {
  readonly model: CommunityModel
  readonly base: BaseModel
  readonly release: BriefRelease | null
  readonly suites: readonly Suite[]
  /** Accepting reviews that a proposal takes now. */
  readonly needed: number
  readonly charter: Charter
  readonly recent: readonly Activity[]
  readonly health: CommunityHealth
  readonly next: Next
}

/** Clauses shown before the reader is sent to the charter's own page. */
const clausesShown = 3

export function overviewPage(visit: Visit, facts: Overview): Page {
  const { t, url } = visit
  const { model, release, charter, recent } = facts
  const name = `${model.owner}/${model.name}`
  return {
    title: name,
    heading: model.description || name,
    community: { model, section: 'overview' },
    json: `/api/models/${name}`,
    feed: `/feeds/${name}.atom`,
    main: html`<div class="columns">
      <div>
        ${release ? newest(visit, facts, release) : unreleased(visit, facts)} ${nextPart(visit, model, release, facts.next)}
        ${
          release &&
          html`<h2>${t('community.useIt')}</h2>
            ${usage(name, release.version, url.origin).map(
              ({ title, text }, i) =>
                html`<details ${i === 0 && html` open`}>
                  <summary>${title}</summary>
                  ${copyable(t, `use-${i}`, text)}
                </details>`,
            )}`
        }
      </div>
      <div>
        ${figures(visit, facts)}
        <p class="actions">
          <a class="button primary" href="${modelPath(model, '/propose')}">${t('community.offer')}</a>
          <a class="button" href="${modelPath(model, '/proposals')}">${t('community.review')}</a>
        </p>
        ${
          charter.clauses.length > 0 &&
          html`<h2>${t('common.tabCharter')}</h2>
            <ol class="numbered">
              ${charter.clauses.slice(0, clausesShown).map((it) => html`<li><bdi>${it.text}</bdi></li>`)}
            </ol>
            ${
              charter.clauses.length > clausesShown &&
              html`<p><a href="${modelPath(model, '/charter')}">${t('community.wholeCharter', { n: charter.clauses.length })}</a></p>`
            }`
        }
        <h2>${t('common.recentChanges')}</h2>
        ${recent.length === 0 ? html`<p class="soft">${t('community.nothingYet')}</p>` : activityRows(visit, recent)}
      </div>
    </div>`,
  }
}

function newest({ t, locale }: Visit, { model }: Overview, release: BriefRelease): Html {
  const measured = release.gate.suites.find(({ target }) => target) ?? release.gate.suites[0]
  const page = modelPath(model, `/releases/${release.version}`)
  return html`<section class="card" aria-labelledby="newest">
    <h2 id="newest">
      <a href="${page}">${t('community.releaseNamed', { version: release.version })}</a>
    </h2>
    <p class="badges">
      <a class="badge-link" href="${page}#licence">${commercialUse(t, release.licence.commercialUse)}</a>
      ${opennessLink(t, opennessPath(model, release.version), release.openness)}
    </p>
    ${
      measured &&
      html`<p>
        ${t.rich('community.measured', {
          suite: measured.name,
          base: formatScore(measured.withBase.metric, measured.withBase.baseline.score),
          now: formatScore(measured.withBase.metric, measured.withBase.subject.score),
          n: measured.withBase.samples,
          strong: (inside) => html`<strong>${inside}</strong>`,
        })}
      </p>`
    }
    <p class="soft small">${told(t, `${release.licence.summary} ${release.licence.notLegalAdvice}`)}</p>
    <form class="ask" method="post" action="${modelPath(model, '/talk')}#newest">
      <input type="hidden" name="model" value="${model.owner}/${model.name}@${release.version}" />
      <input type="hidden" name="likeliest" value="on" />
      <label for="ask">${t('community.ask')}</label>
      <div class="ask-row">
        <input id="ask" name="question" dir="auto" autocomplete="off" required maxlength="2000" />
        <button class="primary">${t('community.askIt')}</button>
      </div>
    </form>
    <p class="meta">${t('community.releasedAgo')} ${ago(locale, release.createdAt)}</p>
  </section>`
}

function unreleased({ t }: Visit, { model, base, health }: Overview): Html {
  const next =
    health.examples === 0
      ? html`<a class="button primary" href="${modelPath(model, '/propose')}">${t('community.offerFirst')}</a>`
      : html`<a class="button primary" href="${modelPath(model, '/runs')}">${t('community.trainFirst')}</a>`
  return empty(t('community.unreleased', { base: base.name }), next)
}

function figures({ t, locale }: Visit, { model, base, suites, needed, health }: Overview): Html {
  const { openProposals, answersWaiting, daysSinceRelease, examples } = health
  return html`<dl class="figures">
      <div>
        <dt>${t('community.openProposals')}</dt>
        <dd><a href="${modelPath(model, '/proposals')}">${count(locale, openProposals.count)}${openProposals.more && '+'}</a></dd>
      </div>
      <div>
        <dt>${t('community.daysSince')}</dt>
        <dd>${daysSinceRelease === null ? '–' : count(locale, daysSinceRelease)}</dd>
      </div>
      <div>
        <dt>${t('community.answersWaiting')}</dt>
        <dd><a href="${modelPath(model, '/wrong-answers')}">${count(locale, answersWaiting.count)}${answersWaiting.more && '+'}</a></dd>
      </div>
      <div>
        <dt>${t('common.tabExamples')}</dt>
        <dd><a href="${modelPath(model, '/examples')}">${count(locale, examples)}</a></dd>
      </div>
    </dl>
    <dl class="facts">
      <dt>${t('community.base')}</dt>
      <dd><a href="/bases/${encodeURIComponent(base.name)}">${base.name}</a>, ${base.licence}</dd>
      <dt>${t('common.tabSuites')}</dt>
      <dd><a href="${modelPath(model, '/suites')}">${t('community.suiteCount', { n: suites.length })}</a></dd>
      <dt>${t('community.quorum')}</dt>
      <dd>${t('community.quorumNeeded', { n: needed })}</dd>
    </dl>`
}
