/** The tests of a community: what each measures, how the newest release did, and the smallest change it can show. */

import type { CommunityModel } from '../../domain/models/community-model.ts'
import { hasRole } from '../../domain/people/actor.ts'
import type { Suite } from '../../domain/models/suite.ts'
import type { ReleaseScore } from '../../domain/releases/suite-scores.ts'
import { html, modelPath, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { empty } from '../parts/basics.ts'
import { count } from '../parts/figures.ts'
import { ago } from '../parts/time.ts'
import { roleBadge, scoreText } from '../releases/score-parts.ts'
import type { Visit } from '../visit.ts'
import { detectableText, type Detectable } from './detectable-part.ts'

export interface SuitesData {
  readonly model: CommunityModel
  readonly suites: readonly (Suite & { readonly detectable: Detectable | null; readonly newest: ReleaseScore | null })[]
  /** Those that no later release is asked. */
  readonly retired: readonly Suite[]
}

export function suitesPage(visit: Visit, { model, suites, retired }: SuitesData): Page {
  const { t, actor } = visit
  const name = `${model.owner}/${model.name}`
  const maintains = actor !== null && hasRole(actor, 'maintainer', model.id)
  const groups = (['measure', 'regression', 'charter'] as const)
    .map((role) => ({ role, own: suites.filter((suite) => suite.role === role) }))
    .filter(({ own }) => own.length > 0)
  return {
    title: t('suites.title', { name }),
    heading: t('common.tabSuites'),
    community: { model, section: 'suites' },
    json: `/api${modelPath(model, '/suites')}`,
    main: html`<p class="lead">${t('suites.what')}</p>
      ${
        groups.length > 0
          ? groups.map(
              ({ role, own }) =>
                html`<section aria-labelledby="${role}">
                  <h2 id="${role}">${t(`suites.group_${role}`)}</h2>
                  <p class="soft">${t(`suites.about_${role}`)}</p>
                  <ul class="rows">
                    ${own.map((suite) => row(visit, model, suite))}
                  </ul>
                </section>`,
            )
          : empty(t('suites.none'))
      }
      ${retired.length > 0 && retiredList(visit, model, retired)}
      <p class="actions">
        ${maintains && html`<a class="button ${groups.length === 0 && 'primary'}" href="${modelPath(model, '/add-suite')}">${t('suites.add')}</a>`}
        ${actor !== null && html`<a class="button" href="${modelPath(model, '/propose-case')}">${t('suites.proposeCase')}</a>`}
      </p>`,
  }
}

function row(visit: Visit, model: CommunityModel, suite: SuitesData['suites'][number]): Html {
  const { t, locale } = visit
  const { name, kind, count: cases, newest, detectable } = suite
  return html`<li>
    <p class="row-title">
      <a href="${modelPath(model, `/suites/${encodeURIComponent(name)}`)}"><bdi>${name}</bdi></a> ${roleBadge(t, suite)}
    </p>
    <p class="meta">${t('suites.ofCases', { n: cases, shown: count(locale, cases) })} · ${t(`suites.kind_${kind}`)}</p>
    <p class="meta">
      ${
        newest
          ? html`${t('suites.newestScore', { version: newest.version })} <strong>${scoreText(locale, newest.metric, newest.score)}</strong>`
          : t('suites.neverAsked')
      }
      ${detectable && html` · ${detectableText(visit, detectable)}`}
    </p>
  </li>`
}

function retiredList({ t, locale }: Visit, model: CommunityModel, retired: readonly Suite[]): Html {
  return html`<section aria-labelledby="retired">
    <h2 id="retired">${t('suites.group_retired')}</h2>
    <p class="soft">${t('suites.about_retired')}</p>
    <ul class="rows">
      ${retired.map(
        ({ name, kind, count: cases, retiredAt }) =>
          html`<li>
            <p class="row-title">
              <a href="${modelPath(model, `/suites/${encodeURIComponent(name)}`)}"><bdi>${name}</bdi></a>
            </p>
            <p class="meta">
              ${t('suites.ofCases', { n: cases, shown: count(locale, cases) })} · ${t(`suites.kind_${kind}`)} ·
              ${retiredAt && t.rich('suites.retiredSince', { when: () => ago(locale, retiredAt) })}
            </p>
          </li>`,
      )}
    </ul>
  </section>`
}
