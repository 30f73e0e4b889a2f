/** All releases of a community, the newest first, with their scores side by side. */

import type { CommunityModel } from '../../domain/models/community-model.ts'
import { hasRole } from '../../domain/people/actor.ts'
import type { TrainSummary } from '../../domain/release-train/train-summaries.ts'
import type { ReleaseLine } from '../../domain/releases/release-queries.ts'
import type { ReleaseScore } from '../../domain/releases/suite-scores.ts'
import { address, html, joined, modelPath, type Content, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { opennessPath } from '../openness/openness-page.ts'
import { badge, empty, pager, person } from '../parts/basics.ts'
import { count } from '../parts/figures.ts'
import { opennessLink } from '../parts/openness.ts'
import { ago } from '../parts/time.ts'
import { trainLine } from '../trains/train-line.ts'
import type { Visit } from '../visit.ts'
import { permissionBadge } from './licence-part.ts'
import { scoreText } from './score-parts.ts'

export interface ReleasesData {
  readonly model: CommunityModel
  readonly releases: readonly ReleaseLine[]
  readonly scores: readonly ReleaseScore[]
  readonly train: TrainSummary | null
  readonly older: number | null
  /** Whether a finished run waits to be measured and released. */
  readonly candidate: number | null
}

export function releasesPage(visit: Visit, data: ReleasesData): Page {
  const { t, actor } = visit
  const { model, releases, older, train, candidate } = data
  const [newest, before] = releases.filter(({ state }) => state === 'published')
  const path = modelPath(model, '/releases')
  const maintains = actor !== null && hasRole(actor, 'maintainer', model.id)
  const toGate =
    candidate !== null &&
    html`<a class="button ${maintains && 'primary'}" href="${address(`${path}/new`, { run: candidate })}"
      >${maintains ? t('releases.propose') : t('releases.seeGate')}</a
    >`
  return {
    title: t('releases.title', { name: `${model.owner}/${model.name}` }),
    heading: t('common.tabReleases'),
    community: { model, section: 'releases' },
    json: `/api${path}`,
    feed: `/feeds${modelPath(model).replace('/models', '')}.atom`,
    main: html`<p class="lead">${t('releases.what')}</p>
      <p class="note">
        ${train ? html`<a href="/trains/${train.id}">${trainLine(visit, train)}</a>` : t('trains.noneNow')}
        <a href="${modelPath(model, '/trains')}">${t('trains.all')}</a>
      </p>
      <p class="actions">
        ${newest && before && html`<a class="button" href="${address(modelPath(model, '/compare'), { from: before.version, to: newest.version })}">${t('releases.compareTwo')}</a>`}
        ${releases.length > 0 && toGate}
      </p>
      ${
        releases.length > 0
          ? html`<ul class="rows releases">
              ${releases.map((release) => row(visit, data, release))}
            </ul>`
          : empty(t('releases.none'), toGate || html`<a class="button" href="${modelPath(model, '/runs')}">${t('common.tabRuns')}</a>`)
      }
      ${pager(t, { older: older === null ? null : address(path, { after: older }) })}`,
  }
}

function row({ t, locale }: Visit, { scores, model }: ReleasesData, release: ReleaseLine): Html {
  const { version, state, dataset, authors: people, licence, openness, createdAt } = release
  const named: Content[] = people.slice(0, 5).map((name) => person(t, name))
  const own = scores.filter(({ releaseId }) => releaseId === release.id)
  return html`<li>
    <p class="row-title">
      <a href="${modelPath(model, `/releases/${version}`)}">${version}</a> ${state === 'retracted' && badge(t('releases.retracted'), 'bad')}
      <span>${t('releases.commercialUse')} ${permissionBadge(t, licence.commercialUse)}</span>
      ${opennessLink(t, opennessPath(model, version), openness)}
    </p>
    <p class="meta">
      ${ago(locale, createdAt)} · ${t('releases.dataset', { number: dataset.number, n: dataset.count })}
      ${named.length > 0 && html` · ${joined(named, ', ')}${people.length > 5 && t('releases.andMore', { n: people.length - 5 })}`}
    </p>
    ${
      own.length > 0 &&
      html`<ul class="inline scores">
        ${own.map(
          ({ suite, metric, score, samples }) =>
            html`<li>
              <a href="${address(modelPath(model, `/suites/${encodeURIComponent(suite.name)}`), { release: version })}"
                ><bdi>${suite.name}</bdi></a
              >
              <strong>${scoreText(locale, metric, score)}</strong>
              <span class="soft">${t('suites.ofCases', { n: samples, shown: count(locale, samples) })}</span>
            </li>`,
        )}
      </ul>`
    }
    ${release.retraction !== null && html`<p dir="auto">${release.retraction}</p>`}
  </li>`
}
