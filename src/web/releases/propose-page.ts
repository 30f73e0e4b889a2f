/** From a finished run to a release: what is still to be measured, what the gate says, and the form that publishes. */

import { hasRole } from '../../domain/people/actor.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import type { Candidate } from '../../domain/releases/candidate.ts'
import type { Measured } from '../../domain/releases/measured.ts'
import type { GateReport } from '../../domain/releases/release.ts'
import type { AppError } from '../../errors.ts'
import type { Typed } from '../form.ts'
import { address, html, modelPath, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { badge, empty, table } from '../parts/basics.ts'
import { codeField } from '../parts/fields.ts'
import { count } from '../parts/figures.ts'
import { told } from '../said/told.ts'
import type { Visit } from '../visit.ts'
import { clauseVerdicts, gateVerdict, measurements } from './gate-part.ts'
import { scoreText } from './score-parts.ts'

export interface ProposeData {
  readonly model: CommunityModel
  readonly candidate: Candidate
  readonly measured: readonly Measured[]
  /** null while something is not measured, or where the gate cannot be asked. */
  readonly gate: GateReport | null
  /** Why it cannot be asked though everything is measured. */
  readonly noGate: AppError | null
  /** The release that the run is already. */
  readonly released: string | null
  readonly version: string
  readonly typed?: Typed
  readonly refused?: AppError | null
}

export function proposePage(visit: Visit, data: ProposeData): Page {
  const { t } = visit
  const { model, candidate, measured, gate, noGate, released, refused = null } = data
  const { run } = candidate
  const active = measured.filter(({ evaluation }) => evaluation?.state === 'queued' || evaluation?.state === 'running')
  const ids = active.map(({ evaluation }) => evaluation!.id)
  return {
    title: t('releases.proposeTitle', { id: String(run.id) }),
    community: { model, section: 'releases' },
    json: address(`/api${modelPath(model, '/gate')}`, { run: run.id }),
    refused,
    ...(ids.length > 0 && { modules: ['live'] }),
    main: html`<p class="lead">
        ${t.rich('releases.proposeWhat', { run: () => html`<a href="/runs/${run.id}">${t('runs.run', { id: String(run.id) })}</a>`, number: run.revision.number ?? 0, n: count(visit.locale, run.revision.count) })}
      </p>
      ${released !== null && html`<p class="note good"><a href="${modelPath(model, `/releases/${released}`)}">${t('runs.releasedAs', { version: released })}</a></p>`}
      <div
        id="live"
        aria-live="polite"
        ${ids.length > 0 && html` data-live="${address('/api/evaluations/events', { ids: ids.slice(0, 300).join(',') })}"`}
      >
        ${measuring(visit, data)}
      </div>
      ${
        gate &&
        html`<section aria-labelledby="gate">
          <h2 id="gate">${t('releases.gate')}</h2>
          ${gateVerdict(visit, gate)} ${measurements(visit, candidate.name, gate, t('releases.thisRun'))}
          ${
            gate.charter &&
            gate.charter.length > 0 &&
            html`<h3>${t('common.tabCharter')}</h3>
              ${clauseVerdicts(visit, candidate.name, gate.charter)}`
          }
        </section>`
      }
      ${noGate && html`<p class="note warn">${told(visit.t, noGate.message)}</p>`}
      ${gate && released === null && publish(visit, data, gate)}`,
  }
}

function measuring({ t, locale, actor, url }: Visit, { measured, model, candidate }: ProposeData): Html {
  const done = measured.filter(({ evaluation }) => evaluation?.state === 'finished').length
  const active = measured.some(({ evaluation }) => evaluation?.state === 'queued' || evaluation?.state === 'running')
  if (done === measured.length) return html`<p class="soft">${t('releases.allMeasured', { n: measured.length })}</p>`
  const rows = measured.map(
    ({ suite, whose, evaluation }) =>
      html`<tr>
        <th scope="row"><bdi>${suite.name}</bdi></th>
        <td>${t(`releases.whose_${whose}`)}</td>
        <td>
          ${
            evaluation === null
              ? badge(t('releases.notMeasured'))
              : evaluation.state === 'finished' && evaluation.score !== null
                ? html`<strong>${scoreText(locale, evaluation.metric, evaluation.score)}</strong>`
                : evaluation.state === 'failed'
                  ? html`${badge(t('runs.state_failed'), 'bad')} ${told(t, evaluation.error ?? '')}`
                  : t('releases.measuredSoFar', { done: count(locale, evaluation.done), n: count(locale, evaluation.count) })
          }
        </td>
      </tr>`,
  )
  const may = actor !== null && hasRole(actor, 'reviewer', model.id)
  return html`<h2>${t('releases.measuring')}</h2>
    <p>${t('releases.measuringWhat')}</p>
    ${table(t('releases.measuringCaption', { done, n: measured.length }), [t('suites.test'), t('releases.onWhat'), t('releases.result')], rows)}
    ${
      active
        ? html`<p class="soft">
            ${t('releases.measuringNow')} <a class="without-script" href="${url.pathname}${url.search}">${t('runs.reload')}</a>
          </p>`
        : may
          ? html`<form method="post" action="${address(modelPath(model, '/releases/new/measure'), { run: candidate.run.id })}">
              <p class="actions"><button class="primary">${t('releases.measure')}</button></p>
            </form>`
          : html`<p class="soft">${t('releases.whoMeasures')}</p>`
    }`
}

function publish({ t, actor }: Visit, { model, candidate, version, typed = {} }: ProposeData, gate: GateReport): Html {
  if (!gate.passed)
    return empty(
      t('releases.refusedWhat'),
      html`<a class="button" href="${modelPath(model, '/proposals')}">${t('common.tabProposals')}</a>
        <a class="button" href="${modelPath(model, '/suites')}">${t('common.tabSuites')}</a>
        <a class="button" href="${modelPath(model, '/trains')}">${t('trains.title')}</a>`,
    )
  if (actor === null || !hasRole(actor, 'maintainer', model.id)) return html`<p class="soft">${t('releases.whoPublishes')}</p>`
  return html`<section aria-labelledby="publish">
    <h2 id="publish">${t('releases.publish')}</h2>
    <form class="stack" method="post" action="${address(modelPath(model, '/releases/new'), { run: candidate.run.id })}">
      ${codeField({
        name: 'version',
        label: t('releases.version'),
        hint: t('releases.versionHint'),
        value: typed['version'] ?? version,
        short: true,
        required: true,
        autocomplete: 'off',
      })}
      <p>${t('releases.publishWhat')}</p>
      <p class="actions"><button class="primary">${t('releases.publish')}</button></p>
    </form>
  </section>`
}

/** Where there is nothing to propose: the fact and the way out, which the domain says. */
export function nothingToPropose({ t }: Visit, model: CommunityModel, why: AppError): Page {
  return {
    title: t('releases.propose'),
    community: { model, section: 'releases' },
    main: empty(
      told(t, why.message),
      html`<a class="button" href="${modelPath(model, '/runs')}">${t('common.tabRuns')}</a>
        <a class="button" href="${modelPath(model, '/suites')}">${t('common.tabSuites')}</a>`,
    ),
  }
}
