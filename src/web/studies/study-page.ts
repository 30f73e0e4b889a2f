/** One study: how far it is, and what was found: the curve of a rate search, or the examples that pull towards an answer and push away. */

import type { CommunityModel } from '../../domain/models/community-model.ts'
import { hasRole } from '../../domain/people/actor.ts'
import { hasEnded } from '../../domain/training/run.ts'
import type { RateStudy, Study, TracedExample, TraceStudy } from '../../domain/studies/study.ts'
import type { AppError } from '../../errors.ts'
import { html, modelPath, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { field, shortDigest, userText } from '../parts/basics.ts'
import { confirmation } from '../parts/confirm.ts'
import { count, numberFormat } from '../parts/figures.ts'
import { linePlot } from '../parts/plots.ts'
import { ago } from '../parts/time.ts'
import { told } from '../said/told.ts'
import type { Visit } from '../visit.ts'
import { studyBadge } from './studies-page.ts'

export interface StudyData {
  readonly study: Study
  readonly model: CommunityModel
  readonly refused: AppError | null
}

export function studyPage(visit: Visit, { study, model, refused }: StudyData): Page {
  const { t, locale } = visit
  const live = !hasEnded(study.state)
  return {
    title: t('studies.titleOne', { id: String(study.id), name: study.model }),
    heading: t(`studies.kind_${study.kind}`),
    community: { model, section: 'runs' },
    json: `/api/studies/${study.id}`,
    ...(live && { modules: ['live'] }),
    refused,
    main: html`<div id="live" ${live && html` data-live="/api/studies/${study.id}/events"`}>
      <p class="meta">
        ${studyBadge(t, study)} ${ago(locale, study.createdAt)} ·
        ${t('runs.ofRevision', { number: study.revision.number, n: study.revision.count })}${
          study.runId !== null && html` · <a href="/runs/${study.runId}">${t('runs.run', { id: String(study.runId) })}</a>`
        }
      </p>
      ${study.error !== null && html`<p class="note bad">${told(t, study.error)}</p>`} ${live && progress(visit, study, model)}
      ${study.kind === 'rate' ? rateFound(visit, study, model) : traceFound(visit, study)}
      <p><a href="${modelPath(model, '/studies')}">${t('studies.all')}</a></p>
    </div>`,
  }
}

function progress({ t, locale, actor, url }: Visit, study: Study, model: CommunityModel): Html {
  const { done, of } = study.progress
  return html`<section class="card" aria-label="${t('studies.progress')}">
    <progress max="${of ?? 1}" value="${of === null ? 0 : done}" aria-label="${t('studies.progress')}"></progress>
    <p>
      ${of === null ? t('runs.isQueued') : t('runs.stepOf', { step: count(locale, done), steps: count(locale, of) })}
      <a class="without-script" href="${url.pathname}">${t('runs.reload')}</a>
    </p>
    ${
      actor !== null &&
      hasRole(actor, 'reviewer', model.id) &&
      confirmation({ label: t('studies.cancel'), sentence: t('studies.cancelWhat'), action: `/studies/${study.id}/cancel`, tone: 'danger' })
    }
  </section>`
}

function rateFound({ t, locale, actor }: Visit, { id, result, recipe }: RateStudy, model: CommunityModel): Html {
  if (result === null) return html``
  const number = numberFormat(locale, { maximumSignificantDigits: 2 })
  const { steps, suggested } = result
  const [first, last] = [steps[0], steps.at(-1)]
  const curve =
    first && last && steps.length > 1
      ? linePlot(locale, {
          title: t('studies.curve'),
          points: steps.map(({ rate, smooth }) => ({ x: Math.log10(rate), y: smooth })),
          xLabel: t('runs.learningRate'),
          yLabel: t('runs.lossUnit'),
          xText: (at) => number.format(10 ** Number(at)),
          summary: t('studies.curveSaid', { from: number.format(first.rate), to: number.format(last.rate), n: steps.length }),
        })
      : html`<p class="soft">${t('runs.noCurve')}</p>`
  if (suggested === null)
    return html`<p class="note warn">${t('studies.noRate')}</p>
      <div class="curve">${curve}</div>`
  return html`<p class="lead">${t('studies.suggested', { rate: number.format(suggested), now: number.format(recipe.learningRate) })}</p>
    <div class="curve">${curve}</div>
    <p class="soft">${t('studies.rateLimits')}</p>
    ${
      actor !== null && hasRole(actor, 'maintainer', model.id)
        ? confirmation({
            label: t('studies.take'),
            sentence: t('studies.takeWhat', { rate: number.format(suggested) }),
            action: `/studies/${id}/take`,
            tone: 'primary',
            fields: field({
              name: 'message',
              label: html`${t('studies.why')} <span class="soft">(${t('common.optional')})</span>`,
              control: (attributes) => html`<input ${attributes} dir="auto" />`,
            }),
          })
        : html`<p class="soft">${t('studies.whoTakes')}</p>`
    }`
}

function traceFound(visit: Visit, { request, result }: TraceStudy): Html {
  const { t } = visit
  return html`<section class="card">
      ${
        request.question !== null &&
        html`<p class="soft">${t('studies.question')}</p>
          ${userText(request.question)}`
      }
      <p class="soft">${t('studies.answer')}</p>
      ${userText(request.answer)}
    </section>
    ${
      result !== null &&
      html`<p>
          ${t('studies.traced', { n: result.examples, towards: result.towards })}
          ${result.preferences > 0 && t('studies.preferences', { n: result.preferences })}
        </p>
        ${side(visit, t('studies.pull'), t('studies.noPull'), result.pull)}
        ${side(visit, t('studies.push'), t('studies.noPush'), result.push)}
        <p class="soft">${t('studies.traceLimits')}</p>`
    }`
}

function side({ t, locale }: Visit, heading: string, none: string, all: readonly TracedExample[]): Html {
  const strength = numberFormat(locale, { maximumFractionDigits: 3, signDisplay: 'exceptZero' })
  return html`<h2>${heading}</h2>
    ${
      all.length === 0
        ? html`<p class="soft">${none}</p>`
        : html`<ol class="rows">
            ${all.map(
              (example) =>
                html`<li>
                  ${userText(wordsOf(example))}
                  <p class="meta">
                    ${t('studies.strength', { strength: strength.format(example.strength) })} ·
                    <a href="${example.link}">${t('studies.example')} ${shortDigest(example.digest)}</a>${
                      example.contribution !== null &&
                      html` ·
                        <a href="/contributions/${example.contribution}"
                          >${t('studies.broughtBy', { id: String(example.contribution) })}</a
                        >`
                    }
                  </p>
                </li>`,
            )}
          </ol>`
    }`
}

/** An example in one line, cut where it is long. */
function wordsOf({ content }: TracedExample): string {
  const parts =
    'messages' in content
      ? content.messages.map((turn) => turn.content)
      : 'completion' in content
        ? [content.prompt, content.completion]
        : 'chosen' in content
          ? [content.prompt, content.chosen]
          : [content.text]
  const text = parts.map((part) => part.trim()).join(' → ')
  return text.length > 240 ? `${text.slice(0, 239)}…` : text
}
