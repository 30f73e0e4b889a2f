/** What the trainer found out for a community without making weights, and the two forms that ask it. */

import type { CommunityModel } from '../../domain/models/community-model.ts'
import { hasRole } from '../../domain/people/actor.ts'
import type { Study } from '../../domain/studies/study.ts'
import type { AppError } from '../../errors.ts'
import type { Typed } from '../form.ts'
import { address, html, modelPath, type Html } from '../markup.ts'
import type { Translate } from '../messages.ts'
import type { Page } from '../page.ts'
import { badge, empty, field, pager, userText } from '../parts/basics.ts'
import { confirmation } from '../parts/confirm.ts'
import { numberFormat } from '../parts/figures.ts'
import { ago } from '../parts/time.ts'
import type { Visit } from '../visit.ts'

export interface StudiesData {
  readonly model: CommunityModel
  readonly studies: readonly Study[]
  readonly older: number | null
  readonly dataset: { readonly number: number; readonly count: number } | null
  /** The run that a trace would ask; null where none has finished. */
  readonly run: number | null
  readonly typed: Typed
  readonly refused: AppError | null
}

export function studiesPage(visit: Visit, data: StudiesData): Page {
  const { t } = visit
  const { model, studies, older, refused } = data
  return {
    title: t('studies.title', { name: `${model.owner}/${model.name}` }),
    heading: t('studies.heading'),
    community: { model, section: 'runs' },
    json: `/api${modelPath(model, '/studies')}`,
    refused,
    main: html`<p class="lead">${t('studies.what')}</p>
      ${forms(visit, data)}
      ${
        studies.length > 0
          ? html`<ul class="rows">
              ${studies.map((study) => row(visit, study))}
            </ul>`
          : empty(t('studies.none'))
      }
      ${pager(t, { older: older === null ? null : address(modelPath(model, '/studies'), { after: older }) })}`,
  }
}

export function studyBadge(t: Translate, { state }: Study): Html {
  return badge(
    t(`runs.state_${state}`),
    state === 'finished' ? 'good' : state === 'failed' ? 'bad' : state === 'running' ? 'accent' : 'plain',
  )
}

function row({ t, locale }: Visit, study: Study): Html {
  const asked = study.kind === 'rate' ? null : (study.request.question ?? study.request.answer)
  return html`<li>
    <p class="row-title">
      <a href="/studies/${study.id}">${t(`studies.kind_${study.kind}`)}</a> ${studyBadge(t, study)}
      ${
        study.kind === 'rate' &&
        study.result?.suggested != null &&
        html`<span class="badge accent">${numberFormat(locale, { maximumSignificantDigits: 2 }).format(study.result.suggested)}</span>`
      }
    </p>
    ${asked !== null && userText(asked.length > 160 ? `${asked.slice(0, 159)}…` : asked)}
    <p class="meta">
      ${ago(locale, study.createdAt)} ·
      ${t('runs.ofRevision', { number: study.revision.number, n: study.revision.count })}${
        study.runId !== null && html` · <a href="/runs/${study.runId}">${t('runs.run', { id: String(study.runId) })}</a>`
      }
    </p>
  </li>`
}

function forms({ t, actor }: Visit, { model, dataset, run, typed, refused }: StudiesData): Html {
  if (dataset === null) return html`<p class="soft">${t('studies.noData')}</p>`
  if (actor === null || !hasRole(actor, 'reviewer', model.id)) return html`<p class="soft">${t('studies.whoAsks')}</p>`
  return html`<div class="stack">
    ${confirmation({
      label: t('studies.findRate'),
      sentence: t('studies.findRateWhat', { number: dataset.number, n: dataset.count }),
      action: modelPath(model, '/studies/rate'),
      tone: 'primary',
    })}
    ${
      run !== null &&
      confirmation({
        label: t('studies.trace'),
        sentence: t('studies.traceWhat', { id: String(run) }),
        action: modelPath(model, '/studies/trace'),
        open: refused !== null && typed['answer'] !== undefined,
        fields: html`<input type="hidden" name="run" value="${run}" /> ${field({
            name: 'question',
            label: html`${t('studies.question')} <span class="soft">(${t('common.optional')})</span>`,
            control: (attributes) => html`<input ${attributes} dir="auto" value="${typed['question'] ?? ''}" />`,
          })}
          ${field({
            name: 'answer',
            label: t('studies.answer'),
            hint: t('studies.answerHint'),
            control: (attributes) => html`<textarea ${attributes} rows="3" dir="auto" required>${typed['answer'] ?? ''}</textarea>`,
          })}`,
      })
    }
  </div>`
}
