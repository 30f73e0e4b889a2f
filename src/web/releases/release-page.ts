/** One release: what is new in it and by whom, how it was measured, what may be done with it, and everything needed to use, check or doubt it. */

import { hasRole } from '../../domain/people/actor.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import type { LeftOutWork } from '../../domain/release-train/left-out.ts'
import type { Changelog, ChangelogContribution, Release } from '../../domain/releases/release.ts'
import type { AppError } from '../../errors.ts'
import type { Typed } from '../form.ts'
import { address, html, modelPath, type Content, type Html } from '../markup.ts'
import type { MessageKey } from '../messages.ts'
import type { Page } from '../page.ts'
import { opennessPath } from '../openness/openness-page.ts'
import { badge, field, person, shortDigest } from '../parts/basics.ts'
import { confirmation } from '../parts/confirm.ts'
import { count } from '../parts/figures.ts'
import { opennessLink } from '../parts/openness.ts'
import { ago } from '../parts/time.ts'
import type { Visit } from '../visit.ts'
import { againstText, clauseVerdicts, gateVerdict, measurements } from './gate-part.ts'
import { licenceVerdict, permissionBadge } from './licence-part.ts'
import { files, useIt, type UseData } from './use-part.ts'

export interface ReleaseData extends UseData {
  readonly model: CommunityModel
  /** The version before; null: a first release. */
  readonly previous: string | null
  readonly publishedBy: string
  readonly runId: number
  readonly leftOut: readonly LeftOutWork[]
  readonly discussion: Html
  readonly typed?: Typed
  readonly refused?: AppError | null
}

export function releasePage(visit: Visit, data: ReleaseData): Page {
  const { t, locale } = visit
  const { release, model, previous, publishedBy, refused = null } = data
  const { version, gate, changelog } = release
  const sections: readonly (readonly [string, MessageKey, Html] | null)[] = [
    ['new', 'releases.new', news(visit, data)],
    ['measured', 'releases.measured', measured(visit, data)],
    gate.charter && gate.charter.length > 0 ? ['charter', 'common.tabCharter', clauseVerdicts(visit, release.model, gate.charter)] : null,
    ['licence', 'releases.licence', licenceVerdict(visit, release.licence)],
    data.leftOut.length > 0 ? ['left-out', 'releases.leftOut', leftOut(visit, data.leftOut)] : null,
    release.state === 'published' ? ['use', 'releases.use', useIt(visit, data)] : null,
    ['files', 'releases.files', files(visit, data)],
    ['card', 'releases.card', card(visit, release)],
  ]
  const shown = sections.filter((section) => section !== null)
  return {
    title: t('releases.titleOne', { version, name: release.model }),
    heading: html`<bdi dir="ltr">${model.name} ${version}</bdi> ${release.state === 'retracted' && badge(t('releases.retracted'), 'bad')}`,
    community: { model, section: 'releases' },
    json: `/api${modelPath(model, `/releases/${version}`)}`,
    feed: `/feeds${modelPath(model).replace('/models', '')}.atom`,
    refused,
    main: html`${release.state === 'retracted' && retraction(visit, release)}
      <p class="lead">
        ${t.rich('releases.lead', {
          who: () => person(t, publishedBy),
          when: () => ago(locale, release.createdAt),
          base: () => html`<a href="/bases/${encodeURIComponent(changelog.base)}"><bdi>${changelog.base}</bdi></a>`,
          n: count(locale, changelog.dataset.count),
        })}
      </p>
      <p class="badges">
        ${badge(gate.passed ? t('releases.gateHolds') : t('releases.gateRefuses'), gate.passed ? 'good' : 'bad')}
        <span>${t('releases.commercialUse')} ${permissionBadge(t, release.licence.commercialUse)}</span>
        ${opennessLink(t, opennessPath(model, version), release.openness)}
      </p>
      <p class="actions">
        ${release.state === 'published' && html`<a class="button primary" href="${address(modelPath(model, '/talk'), { model: `${release.model}@${version}` })}">${t('common.tabTalk')}</a>`}
        ${previous !== null && html`<a class="button" href="${address(modelPath(model, '/compare'), { from: previous, to: version })}">${t('releases.compareWith', { version: previous })}</a>`}
        <a class="button" href="${modelPath(model, `/releases/${version}/receipts`)}">${t('releases.receipts')}</a>
        <a class="button" href="${address(modelPath(model, '/lineage'), { release: version })}">${t('common.tabLineage')}</a>
        <a class="button" href="/runs/${data.runId}">${t('runs.run', { id: String(data.runId) })}</a>
      </p>
      <nav class="contents" aria-label="${t('releases.contents')}">
        <ul class="inline">
          ${shown.map(([id, key]) => html`<li><a href="#${id}">${t(key)}</a></li>`)}
        </ul>
      </nav>
      ${shown.map(
        ([id, key, content]) =>
          html`<section aria-labelledby="${id}">
            <h2 id="${id}">${t(key)}</h2>
            ${content}
          </section>`,
      )}
      ${retractForm(visit, data)} ${data.discussion}`,
  }
}

function retraction({ t }: Visit, { retraction: reason }: Release): Html {
  return html`<div class="note bad">
    <p><strong>${t('releases.isRetracted')}</strong></p>
    <p dir="auto">${reason}</p>
  </div>`
}

function news(visit: Visit, { release, previous, model }: ReleaseData): Html {
  const { t, locale } = visit
  const { contributions, dataset, recipe } = release.changelog
  const before = dataset.previous
  return html`${
      contributions.length === 0
        ? html`<p>${t('releases.nothingNew')}</p>`
        : html`<ul class="rows">
            ${contributions.slice(0, mostContributions).map((one) => contribution(visit, one))}
          </ul>`
    }
    ${contributions.length > mostContributions && html`<p class="soft">${t('releases.moreContributions', { n: contributions.length - mostContributions })}</p>`}
    <p>
      ${t('releases.dataset', { number: dataset.number, n: dataset.count })} ${shortDigest(dataset.digest)}
      ${before && previous !== null && t('releases.datasetBefore', { version: previous, n: before.count })}
    </p>
    ${charterChanges(visit, release.changelog, model)}
    ${
      recipe.length > 0 &&
      html`<h3>${t('releases.recipeChanges')}</h3>
        <ul>
          ${recipe.map(
            ({ key, before: was, now }) =>
              html`<li><code>${key}</code>: <code>${was ?? t('common.none')}</code> → <code>${now}</code></li>`,
          )}
        </ul>`
    }
    ${contributions.length > 0 && html`<p class="soft">${t('releases.thanks', { n: count(locale, new Set(contributions.map(({ author }) => author)).size) })}</p>`}`
}

/** More than that are in the page's JSON. */
const mostContributions = 100

function contribution({ t, locale }: Visit, one: ChangelogContribution): Html {
  const parts = (['added', 'replaced', 'removed', 'cases', 'clauses'] as const).flatMap((kind) =>
    one[kind] > 0 ? [t(`releases.count_${kind}`, { n: one[kind], shown: count(locale, one[kind]) })] : [],
  )
  return html`<li>
    <p class="row-title"><a href="/contributions/${one.id}" dir="auto">${firstLine(one.message)}</a></p>
    <p class="meta">
      ${person(t, one.author)} · ${parts.join(', ') || t('releases.noExamples')}
      ${one.reviewers.length > 0 && html` · ${t('releases.reviewedBy')} ${one.reviewers.map((name, i) => html`${i > 0 && ', '}${person(t, name)}`)}`}
    </p>
  </li>`
}

export const firstLine = (message: string): string => message.split('\n')[0] ?? ''

function charterChanges({ t }: Visit, { charter }: Changelog, model: CommunityModel): Content {
  if (!charter) return null
  const changed = charter.added.length + charter.changed.length + charter.removed.length
  if (charter.previous === null || changed === 0) return null
  return html`<p>
    <a href="${modelPath(model, '/charter')}"
      >${t('releases.charterChanged', { added: charter.added.length, changed: charter.changed.length, removed: charter.removed.length })}</a
    >
  </p>`
}

function measured(visit: Visit, { release, model, previous }: ReleaseData): Html {
  const { t } = visit
  const { gate, version } = release
  return html`<p>${t('releases.measuredWhat', { against: againstText(t, gate.against) })}</p>
    ${measurements(visit, release.model, gate, version, version)}
    <h3>${t('releases.gate')}</h3>
    ${gateVerdict(visit, gate)}
    ${previous !== null && html`<p><a href="${address(modelPath(model, '/compare'), { from: previous, to: version })}">${t('releases.seeChanged', { version: previous })}</a></p>`}`
}

const whyKeys = {
  train: 'releases.why_train',
  rejected: 'releases.why_rejected',
  withdrawn: 'releases.why_withdrawn',
  later: 'releases.why_later',
  waiting: 'releases.why_waiting',
} as const satisfies Record<LeftOutWork['why'], MessageKey>

function leftOut({ t }: Visit, works: readonly LeftOutWork[]): Html {
  return html`<p>${t('releases.leftOutWhat')}</p>
    <ul class="rows">
      ${works.map(
        ({ id, author, message, why, by, words, trainId }) =>
          html`<li>
            <p class="row-title"><a href="/contributions/${id}" dir="auto">${firstLine(message)}</a></p>
            <p class="meta">
              ${person(t, author)} · ${trainId === null ? t(whyKeys[why]) : html`<a href="/trains/${trainId}">${t(whyKeys[why])}</a>`}
              ${by !== null && html` (${person(t, by)})`}
            </p>
            ${words !== null && html`<blockquote dir="auto">${words}</blockquote>`}
          </li>`,
      )}
    </ul>`
}

function card({ t }: Visit, release: Release): Html {
  return html`<p>${t('releases.cardWhat')}</p>
    <details>
      <summary>${t('releases.cardShow')}</summary>
      <pre tabindex="0" lang="en">${release.card}</pre>
    </details>`
}

function retractForm({ t, actor }: Visit, { release, model, typed = {}, refused }: ReleaseData): Content {
  if (release.state === 'retracted' || actor === null || !hasRole(actor, 'maintainer', model.id)) return null
  return html`<section aria-labelledby="retract">
    <h2 id="retract">${t('releases.retract')}</h2>
    ${confirmation({
      label: t('releases.retract'),
      sentence: t('releases.retractWhat'),
      action: modelPath(model, `/releases/${release.version}/retract`),
      tone: 'danger',
      open: refused != null,
      fields: field({
        name: 'reason',
        label: t('releases.retractReason'),
        hint: t('releases.retractHint'),
        control: (attributes) =>
          html`<textarea ${attributes} rows="3" required maxlength="2000" dir="auto">${typed['reason'] ?? ''}</textarea>`,
      }),
    })}
  </section>`
}
