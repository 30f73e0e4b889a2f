/** The runs of a community, the newest first, and the form that starts one. */

import type { CommunityModel } from '../../domain/models/community-model.ts'
import { hasRole } from '../../domain/people/actor.ts'
import type { ReleaseOfCheckpoint } from '../../domain/releases/releases-of-checkpoint.ts'
import type { TrainingRun } from '../../domain/training/run.ts'
import type { AppError } from '../../errors.ts'
import { address, html, modelPath, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { empty, field, pager, person } from '../parts/basics.ts'
import { count } from '../parts/figures.ts'
import { ago, duration } from '../parts/time.ts'
import type { Typed } from '../form.ts'
import type { Visit } from '../visit.ts'
import { runBadge } from './run-parts.ts'

export interface RunsData {
  readonly model: CommunityModel
  readonly runs: readonly TrainingRun[]
  readonly releases: readonly ReleaseOfCheckpoint[]
  readonly nameOf: (id: number | null) => string
  readonly older: number | null
  /** The newest accepted dataset; null: nothing to train on yet. */
  readonly dataset: { readonly number: number; readonly count: number } | null
  readonly typed?: Typed
  readonly refused?: AppError | null
}

export function runsPage(visit: Visit, data: RunsData): Page {
  const { t } = visit
  const { model, runs, older, dataset, refused = null } = data
  const name = `${model.owner}/${model.name}`
  return {
    title: t('runs.title', { name }),
    heading: t('common.tabRuns'),
    community: { model, section: 'runs' },
    json: `/api${modelPath(model, '/runs')}`,
    refused,
    main: html`<p class="lead">${t('runs.what')}</p>
      ${startForm(visit, data)} ${dataset !== null && html`<p><a href="${modelPath(model, '/studies')}">${t('studies.fromRuns')}</a></p>`}
      ${
        runs.length > 0
          ? html`<ul class="rows">
              ${runs.map((run) => runRow(visit, data, run))}
            </ul>`
          : empty(
              dataset === null ? t('runs.noneNoData') : t('runs.none'),
              dataset === null && html`<a class="button" href="${modelPath(model, '/proposals')}">${t('common.tabProposals')}</a>`,
            )
      }
      ${pager(t, { older: older === null ? null : address(modelPath(model, '/runs'), { after: older }) })}`,
  }
}

function runRow({ t, locale }: Visit, { releases, nameOf }: RunsData, run: TrainingRun): Html {
  const { id, progress, startedAt, endedAt, createdAt, revision } = run
  const made = releases.filter(({ checkpointId }) => checkpointId === run.checkpoint?.id)
  const facts = [
    revision.number === null ? t('runs.ofDraft') : t('runs.ofRevision', { number: revision.number, n: revision.count }),
    progress.steps !== null && t('runs.stepOf', { step: count(locale, progress.step), steps: count(locale, progress.steps) }),
    progress.loss !== null && t('runs.lossNow', { loss: loss(locale.tag, progress.loss) }),
    startedAt && endedAt && duration(locale, (endedAt.getTime() - startedAt.getTime()) / 1000),
  ].filter((fact) => typeof fact === 'string')
  return html`<li>
    <p class="row-title">
      <a href="/runs/${id}">${t('runs.run', { id: String(id) })}</a> ${runBadge(t, run)}
      ${made.map(({ version }) => html`<span class="badge accent">${t('runs.releasedAs', { version })}</span>`)}
    </p>
    <p class="meta">${facts.join(' · ')}</p>
    <p class="meta">${ago(locale, createdAt)} · ${person(t, nameOf(run.startedBy))}</p>
  </li>`
}

/** Nats per token, with as many digits as tell neighbouring steps apart. */
export function loss(tag: string, value: number): string {
  return new Intl.NumberFormat(tag, { minimumFractionDigits: 3, maximumFractionDigits: value < 0.1 ? 4 : 3 }).format(value)
}

function startForm({ t, actor }: Visit, { model, dataset, typed = {}, refused }: RunsData): Html {
  if (dataset === null) return html``
  if (actor === null || !hasRole(actor, 'reviewer', model.id)) return html`<p class="soft">${t('runs.whoStarts')}</p>`
  return html`<details class="confirm" ${refused && html` open`}>
    <summary class="button primary">${t('runs.start')}</summary>
    <form class="stack card" method="post" action="${modelPath(model, '/runs')}">
      <p>${t('runs.startWhat', { number: dataset.number, n: dataset.count })}</p>
      ${field({
        name: 'recipe',
        label: html`${t('runs.recipe')} <span class="soft">(${t('common.optional')})</span>`,
        hint: t('runs.recipeHint'),
        control: (attributes) =>
          html`<textarea ${attributes} class="code" rows="4" dir="ltr" spellcheck="false" placeholder="rank: 16">
${typed['recipe'] ?? ''}</textarea>`,
      })}
      <label class="choice"
        ><input type="checkbox" name="again" value="yes" ${typed['again'] && html` checked`} /> ${t('runs.again')}</label
      >
      <p class="actions"><button class="primary">${t('runs.start')}</button></p>
    </form>
  </details>`
}
