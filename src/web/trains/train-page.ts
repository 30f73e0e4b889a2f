/** One train: its line, where it is, who is aboard, what the gate said, and the search for what broke it. */

import { hasRole } from '../../domain/people/actor.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import type { ReleaseTrain, TrainStage } from '../../domain/release-train/release-train.ts'
import { summaryOf } from '../../domain/release-train/train-summaries.ts'
import type { AppError } from '../../errors.ts'
import { html, modelPath, type Content, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { badge, person } from '../parts/basics.ts'
import { confirmation } from '../parts/confirm.ts'
import { gateVerdict, measurements } from '../releases/gate-part.ts'
import { firstLine } from '../releases/release-page.ts'
import { told } from '../said/told.ts'
import type { Visit } from '../visit.ts'
import { searchEvidence } from './search-part.ts'
import { trainLine, trainTones } from './train-line.ts'

export interface TrainData {
  readonly model: CommunityModel
  readonly train: ReleaseTrain
  readonly refused?: AppError | null
}

export function trainPage(visit: Visit, data: TrainData): Page {
  const { t } = visit
  const { model, train, refused = null } = data
  const live = train.state === 'running'
  return {
    title: t('trains.titleOne', { number: String(train.number), name: train.model }),
    heading: html`${t('trains.number', { number: String(train.number) })}
    ${badge(t(`trains.state_${train.state}`), trainTones[train.state])}`,
    community: { model, section: 'releases' },
    json: `/api/trains/${train.id}`,
    refused,
    ...(live && { modules: ['live'] }),
    main: html`<div id="live" ${live && html` data-live="/api/trains/${train.id}/events"`}>
        <p class="lead" role="status">${trainLine(visit, summaryOf(train))}</p>
        ${train.outcome !== null && html`<p class="note ${train.state === 'published' ? 'good' : 'warn'}">${told(t, train.outcome)}</p>`}
        ${stages(visit, train)} ${live && html`<p class="soft without-script"><a href="/trains/${train.id}">${t('runs.reload')}</a></p>`}
        ${searchEvidence(visit, train)}
      </div>
      ${actions(visit, data)} ${aboard(visit, train)} ${gates(visit, train)}`,
  }
}

const order = ['train', 'evaluate', 'gate', 'search', 'propose', 'publish'] as const satisfies readonly TrainStage[]

function stages({ t }: Visit, train: ReleaseTrain): Html {
  const { state, stage, runId, trials, leftOut, release, model } = train
  const searched = stage === 'search' || trials.length > 0 || leftOut.length > 0
  const at = state === 'published' ? order.length : state === 'proposed' ? order.indexOf('publish') : order.indexOf(stage)
  const over = state === 'stopped' || state === 'failed' || state === 'cancelled' || state === 'overtaken'
  const more: Partial<Record<TrainStage, Content>> = {
    train: runId !== null && html`<a href="/runs/${runId}">${t('runs.run', { id: String(runId) })}</a>`,
    publish: release !== null && html`<a href="${modelPath(model, `/releases/${release}`)}">${release}</a>`,
  }
  return html`<ol class="stages">
    ${order
      .filter((one) => one !== 'search' || searched)
      .map((one) => {
        const place = order.indexOf(one)
        const how = place < at ? 'done' : place > at ? 'ahead' : over ? 'ended' : 'now'
        return html`<li class="${how}" ${how === 'now' && html` aria-current="step"`}>
          <strong>${t(`trains.stage_${one}`)}</strong> <span class="soft">${t(`trains.stage_is_${how}`)}</span> ${more[one]}
        </li>`
      })}
  </ol>`
}

function actions({ t, actor }: Visit, { train, model }: TrainData): Html {
  const { id, state, reversalId } = train
  if (state !== 'running' && state !== 'proposed') return html``
  if (actor === null || !hasRole(actor, 'maintainer', model.id)) return html`<p class="soft">${t('trains.whoDecides')}</p>`
  return html`<div class="actions top">
    ${
      state === 'proposed' &&
      confirmation({
        label: t('trains.publish'),
        sentence:
          reversalId === null
            ? t('trains.publishWhat')
            : t.rich('trains.publishWithout', {
                reversal: () => html`<a href="/contributions/${reversalId}">${t('trains.reversal', { id: String(reversalId) })}</a>`,
              }),
        action: `/trains/${id}/publish`,
        tone: 'primary',
      })
    }
    ${confirmation({
      label: state === 'running' ? t('trains.cancel') : t('trains.turnDown'),
      sentence: t('trains.cancelWhat'),
      action: `/trains/${id}/cancel`,
      tone: 'danger',
    })}
  </div>`
}

/** More than that are in the page's JSON. */
const mostShown = 100

function aboard({ t }: Visit, { passengers, leftOut, reason }: ReleaseTrain): Html {
  return html`<section aria-labelledby="aboard">
    <h2 id="aboard">${t('trains.aboard')}</h2>
    <p class="soft">${t('trains.because')} ${told(t, reason)}</p>
    <ul class="rows">
      ${passengers.slice(0, mostShown).map(
        ({ id, author, message, examples }) =>
          html`<li>
            <p class="row-title">
              <a href="/contributions/${id}" dir="auto">${firstLine(message)}</a>
              ${leftOut.includes(id) && badge(t('trains.isLeftOut'), 'bad')}
            </p>
            <p class="meta">${person(t, author)} · ${t('common.examples', { n: examples })}</p>
          </li>`,
      )}
    </ul>
    ${passengers.length > mostShown && html`<p class="soft">${t('trains.moreAboard', { n: passengers.length - mostShown })}</p>`}
  </section>`
}

function gates(visit: Visit, { gate, firstGate, model }: ReleaseTrain): Html {
  const { t } = visit
  if (gate === null) return html``
  return html`<section aria-labelledby="gate">
    <h2 id="gate">${t('releases.gate')}</h2>
    ${gateVerdict(visit, gate)} ${measurements(visit, model, gate, t('trains.candidate'))}
    ${
      firstGate !== null &&
      html`<details>
        <summary>${t('trains.firstGate')}</summary>
        ${gateVerdict(visit, firstGate)} ${measurements(visit, model, firstGate, t('trains.candidate'))}
      </details>`
    }
  </section>`
}
