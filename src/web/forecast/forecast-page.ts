/** Whether more data still helps, how much and where: the newest forecast, what is being made now, and those before. */

import type { AppError } from '../../errors.ts'
import type { Forecast } from '../../domain/forecasts/forecast.ts'
import { fewestExamples } from '../../domain/forecasts/fractions.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import { address, html, modelPath, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { badge, empty, field } from '../parts/basics.ts'
import { confirmation } from '../parts/confirm.ts'
import { count } from '../parts/figures.ts'
import { ago, duration } from '../parts/time.ts'
import { told } from '../said/told.ts'
import type { Visit } from '../visit.ts'
import { curvePart } from './curve-part.ts'
import { needsPart } from './needs-part.ts'

export interface Shown {
  readonly model: CommunityModel
  /** The newest that has finished, or the one that was asked for. */
  readonly shown: Forecast | null
  readonly running: Forecast | null
  /** Newest first. */
  readonly all: readonly Forecast[]
  readonly mayAsk: boolean
  /** Examples in the dataset now. */
  readonly examples: number
  readonly suites: number
}

export function forecastPage(visit: Visit, page: Shown, refused: AppError | null): Page {
  const { t } = visit
  const { model, shown, running } = page
  const name = `${model.owner}/${model.name}`
  return {
    title: t('forecast.title', { name }),
    heading: t('forecast.heading'),
    community: { model, section: 'forecast' },
    json: shown ? `/api/forecasts/${shown.id}` : `/api${modelPath(model, '/forecasts')}`,
    ...(running && { modules: ['forecast'] }),
    refused,
    main: html`<p class="lead">${t('forecast.what')}</p>
      ${running && progressPart(visit, page, running)} ${shown ? finishedPart(visit, shown) : !running && nothingYet(visit, page)}
      ${!running && askPart(visit, page)} ${othersPart(visit, page)}`,
  }
}

function progressPart({ t, locale }: Visit, { mayAsk }: Shown, { id, progress, state }: Forecast): Html {
  const { done, of, fraction, step, steps, secondsLeft } = progress
  const part = steps ? (step ?? 0) / steps : 0
  return html`<section class="card" id="forecast" data-events="/api/forecasts/${id}/events" aria-labelledby="running-title">
    <h2 id="running-title" class="first">${t('forecast.running')}</h2>
    <progress id="forecast-progress" max="${of}" value="${(done + part).toFixed(2)}" aria-label="${t('forecast.running')}"></progress>
    <p>
      <span id="forecast-done" data-text="${t('forecast.trainings', { done: '{done}', of: '{of}' })}"
        >${t('forecast.trainings', { done: String(done), of: String(of) })}</span
      >${state === 'queued' && html` · ${t('forecast.queued')}`}${fraction !== null && html` · ${t('forecast.now')} <bdi id="forecast-fraction">${fraction}</bdi>`}${
        secondsLeft !== null && html`<span id="forecast-left"> · ${t('forecast.left', { time: duration(locale, secondsLeft) })}</span>`
      }
    </p>
    ${
      mayAsk &&
      confirmation({
        label: t('forecast.cancel'),
        sentence: t('forecast.cancelWhat'),
        action: `/forecasts/${id}/cancel`,
        tone: 'danger',
      })
    }
  </section>`
}

/** Why there is none, and what there has to be for one. */
function nothingYet({ t, locale }: Visit, { model, examples, suites, all }: Shown): Html {
  const [newest] = all
  const reasons = [
    examples < fewestExamples && t('forecast.needsExamples', { n: examples, fewest: count(locale, fewestExamples) }),
    suites === 0 && t('forecast.needsSuite'),
  ].filter((reason) => reason !== false)
  return empty(
    html`${t('forecast.none')} ${reasons.join(' ')}
    ${newest?.state === 'failed' && html`<br />${t('forecast.lastFailed')} ${told(t, newest.error ?? '')}`}`,
    html`<a class="button" href="${modelPath(model, '/examples')}">${t('common.tabExamples')}</a>
      <a class="button" href="${modelPath(model, '/suites')}">${t('common.tabSuites')}</a>`,
  )
}

function finishedPart(visit: Visit, forecast: Forecast): Html {
  const { t, locale } = visit
  const { result, revision, stale, endedAt, state, error, sentences } = forecast
  if (result === null) return html`<p class="note warn">${t(`forecast.state_${state}`)} ${error !== null && told(t, error)}</p>`
  const suites = result.curves.filter(({ by }) => by === 'suite')
  return html`<p class="meta">
      ${t('forecast.of', { number: revision.number, n: revision.count })} · ${endedAt && ago(locale, endedAt)} ·
      ${t('forecast.cost', { n: result.cost.trainings, time: duration(locale, result.cost.seconds) })}
    </p>
    ${stale !== null && html`<p class="note warn"><strong>${t('forecast.stale')}</strong> ${told(t, stale)}</p>`}
    ${suites.map((curve) => curvePart(visit, curve))} ${result.needs.length > 0 && needsPart(visit, result.needs)}
    ${partsOf(visit, forecast)}
    <details>
      <summary>${t('forecast.inSentences')}</summary>
      <ul>
        ${sentences.map((sentence) => html`<li>${told(t, sentence)}</li>`)}
      </ul>
    </details>`
}

/** What "more" means: more of the mixture that is there. */
function partsOf({ t, locale }: Visit, { result }: Forecast): Html | false {
  if (!result || result.languages.length === 0) return false
  const names = new Intl.DisplayNames([locale.tag, 'en'], { type: 'language' })
  const all = result.languages.map(({ language, examples }) => `${names.of(language) ?? language} ${count(locale, examples)}`)
  return html`<p class="soft">${t('forecast.mixture', { languages: all.join(' · ') })}</p>`
}

const budgets = [10, 60, 240] as const

function askPart({ t }: Visit, { model, mayAsk, examples, suites, shown }: Shown): Html {
  if (!mayAsk) return html`<p class="soft ask-forecast">${t('forecast.whoAsks')}</p>`
  if (examples < fewestExamples || suites === 0) return html``
  return html`<div class="ask-forecast">
    ${confirmation({
      label: shown ? t('forecast.askAgain') : t('forecast.ask'),
      sentence: t('forecast.askWhat', { n: examples }),
      action: modelPath(model, '/forecast'),
      tone: shown ? 'plain' : 'primary',
      fields: field({
        name: 'minutes',
        label: t('forecast.budget'),
        hint: t('forecast.budgetHint'),
        control: (attributes) =>
          html`<select ${attributes} class="short">
            ${budgets.map((minutes) => html`<option value="${minutes}" ${minutes === 60 && html` selected`}>${t('forecast.minutes', { n: minutes })}</option>`)}
          </select>`,
      }),
    })}
  </div>`
}

function othersPart({ t, locale }: Visit, { model, all, shown, running }: Shown): Html | false {
  const others = all.filter(({ id }) => id !== shown?.id && id !== running?.id)
  if (others.length === 0) return false
  return html`<h2>${t('forecast.others')}</h2>
    <ul class="rows">
      ${others.map(
        ({ id, revision, createdAt, state }) =>
          html`<li>
            <p class="row-title">
              <a href="${address(modelPath(model, '/forecast'), { of: id })}"
                >${t('forecast.of', { number: revision.number, n: revision.count })}</a
              >
              ${badge(t(`forecast.state_${state}`), state === 'failed' ? 'bad' : state === 'finished' ? 'good' : 'plain')}
            </p>
            <p class="meta">${ago(locale, createdAt)}</p>
          </li>`,
      )}
    </ul>`
}
