/** How open a release is: its class, what would lift it to the next, every component with its reasons, and what its community declares. */

import { communityComponents } from '../../domain/models/openness-declaration.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import { hasRole } from '../../domain/people/actor.ts'
import type { OpennessOfRelease } from '../../domain/releases/release-openness.ts'
import type { Release } from '../../domain/releases/release.ts'
import { nextClass } from '../../domain/lineage/openness.ts'
import type { AppError } from '../../errors.ts'
import type { Typed } from '../form.ts'
import { address, html, modelPath, type Content, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { opennessBadge } from '../parts/openness.ts'
import type { Visit } from '../visit.ts'
import { everyComponent, fineprint, ladder, lifts, mofWhat, type WayOut } from './components-part.ts'
import { declarePart, type DeclarePart } from './declare-part.ts'

export interface OpennessData {
  readonly model: CommunityModel
  readonly release: Release
  readonly openness: OpennessOfRelease
  readonly declared: Pick<DeclarePart, 'current' | 'history'>
  readonly typed: Typed | null
  readonly refused: AppError | null
}

/** Address of the page, and of a part of it. */
export function opennessPath(model: { readonly owner: string; readonly name: string } | string, version: string): string {
  return modelPath(model, `/releases/${version}/openness`)
}

export function opennessPage(visit: Visit, data: OpennessData): Page {
  const { t } = visit
  const { model, release, openness } = data
  const { version } = release
  return {
    title: t('openness.title', { name: release.model, version }),
    heading: t('openness.title', { name: model.name, version }),
    community: { model, section: 'releases' },
    json: `/api${opennessPath(model, version)}`,
    refused: data.refused,
    main: html`<p class="badges">
        ${opennessBadge(t, openness.graded)}
        <a href="${modelPath(model, `/releases/${version}`)}"><bdi dir="ltr">${model.name} ${version}</bdi></a>
      </p>
      <p class="lead">${mofWhat(visit)}</p>
      ${openness.graded === null ? html`<p class="note">${t('openness.notGraded')}</p>` : graded(visit, data, openness.graded)}
      ${declaredByCommunity(visit, data, version)}`,
  }
}

/** Before there is a release. */
export function unreleasedPage(visit: Visit, data: Omit<OpennessData, 'release' | 'openness'>): Page {
  const { t } = visit
  const { model } = data
  const name = `${model.owner}/${model.name}`
  return {
    title: t('openness.titleCommunity', { name }),
    community: { model, section: 'releases' },
    json: `/api${modelPath(model, '/openness')}`,
    refused: data.refused,
    main: html`<p class="lead">${mofWhat(visit)}</p>
      <p class="note">${t('openness.noRelease')}</p>
      ${declaredByCommunity(visit, data, null)}`,
  }
}

function declaredByCommunity(
  visit: Visit,
  { model, declared, typed }: Omit<OpennessData, 'release' | 'openness'>,
  version: string | null,
): Html {
  const { t } = visit
  return html`<section aria-labelledby="declared">
      <h2 id="declared">${t('openness.declared')}</h2>
      <p>${t('openness.declaredWhat')}</p>
      ${declarePart(visit, {
        action: address(modelPath(model, '/openness'), { release: version }),
        components: communityComponents,
        ...declared,
        may: visit.actor !== null && hasRole(visit.actor, 'maintainer', model.id),
        record: false,
        typed,
      })}
    </section>
    ${fineprint(visit)}`
}

function sinceText({ t }: Visit, today: NonNullable<OpennessOfRelease['today']>): Content {
  return t.rich('openness.since', { badge: () => opennessBadge(t, today) })
}

function graded(visit: Visit, { model, release, openness }: OpennessData, verdict: NonNullable<OpennessOfRelease['graded']>): Html {
  const { t } = visit
  const base = release.changelog.base
  const basePath = `/bases/${encodeURIComponent(base)}`
  // What helps is what is missing now.
  const now = openness.today ?? verdict
  const next = nextClass(now)
  const wayOut: WayOut = (id, side) => {
    // Under which licence the weights of a base are is no matter of declaring it.
    if (id === 'final-parameters') return null
    if (side === 'base') return html`<a href="${basePath}/openness#declare">${t('openness.toBase')}</a>`
    if (id === 'evaluation-data') return html`<a href="${modelPath(model, '/suites')}">${t('openness.toSuites')}</a>`
    return communityComponents.includes(id) && html`<a href="#declare">${t('openness.toDeclare')}</a>`
  }
  return html`<p>
      ${t.rich('openness.adapted', { base: () => html`<a href="${basePath}"><bdi>${base}</bdi></a>` })}
      <span class="soft">${t('openness.graded')}</span>
    </p>
    ${openness.today && html`<p class="note">${sinceText(visit, openness.today)}</p>`}
    <section aria-labelledby="ladder">
      <h2 id="ladder">${t('openness.ladder')}</h2>
      ${ladder(visit, verdict)}
    </section>
    ${
      next &&
      html`<section aria-labelledby="lift">
        <h2 id="lift">${t('openness.lift', { name: t(`openness.class_${next.class}`) })}</h2>
        ${lifts(visit, now, wayOut)}
      </section>`
    }
    <section aria-labelledby="components">
      <h2 id="components">${t('openness.components')}</h2>
      ${everyComponent(visit, verdict)}
      <p>
        <a href="/api${opennessPath(model, release.version)}.yml">${t('openness.record')}</a>.
        <span class="soft">${t('openness.recordWhat')}</span>
      </p>
    </section>`
}
