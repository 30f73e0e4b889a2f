/** One run: what it is at, its loss so far, what it was made with, and what may be done about it. */

import type { CommunityModel } from '../../domain/models/community-model.ts'
import { hasRole } from '../../domain/people/actor.ts'
import type { ReleaseOfCheckpoint } from '../../domain/releases/releases-of-checkpoint.ts'
import { formatRecipe } from '../../domain/training/recipe.ts'
import type { RunStep, TrainingRun } from '../../domain/training/run.ts'
import type { CurvePoint } from '../../domain/training/run-curve.ts'
import type { AppError } from '../../errors.ts'
import { address, html, joined, modelPath, type Content, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { copyable, person, shortDigest, table } from '../parts/basics.ts'
import { confirmation } from '../parts/confirm.ts'
import { bytes, count } from '../parts/figures.ts'
import { linePlot } from '../parts/plots.ts'
import { ago, duration } from '../parts/time.ts'
import { told } from '../said/told.ts'
import type { Visit } from '../visit.ts'
import { isLive, runBadge } from './run-parts.ts'
import { loss } from './runs-page.ts'

export interface RunData {
  readonly model: CommunityModel
  readonly run: TrainingRun
  readonly base: string
  readonly curve: readonly CurvePoint[]
  readonly newest: readonly RunStep[]
  readonly releases: readonly ReleaseOfCheckpoint[]
  readonly startedBy: string
  readonly refused?: AppError | null
}

export function runPage(visit: Visit, data: RunData): Page {
  const { t } = visit
  const { model, run, refused = null } = data
  const live = isLive(run)
  return {
    title: t('runs.titleOne', { id: String(run.id), name: `${model.owner}/${model.name}` }),
    heading: html`${t('runs.run', { id: String(run.id) })} ${runBadge(t, run)}`,
    community: { model, section: 'runs' },
    json: `/api/runs/${run.id}`,
    refused,
    ...(live && { modules: ['run'], styles: ['lib/uplot/uPlot.min.css'] }),
    main: html`${run.purpose === 'build' && html`<p class="note">${t('runs.isBuild')}</p>`} ${run.error !== null && failure(visit, run)}
      ${live && liveLine(visit, run)} ${figures(visit, run)}
      <section aria-labelledby="loss">
        <h2 id="loss">${t('runs.lossSoFar')}</h2>
        <p class="soft">${t('runs.lossWhat')}</p>
        ${curve(visit, data, live)}
      </section>
      ${actions(visit, data)} ${made(visit, data)}
      <div class="halves">
        <section aria-labelledby="made-of">
          <h2 id="made-of">${t('runs.madeOf')}</h2>
          ${facts(visit, data)}
        </section>
        <section aria-labelledby="recipe">
          <h2 id="recipe">${t('runs.recipe')}</h2>
          ${recipe(visit, run)}
        </section>
      </div>
      ${log(visit, data)}`,
  }
}

function failure({ t }: Visit, run: TrainingRun): Html {
  return html`<div class="note bad">
    <p><strong>${t('runs.failedBecause')}</strong> ${told(t, run.error ?? '')}</p>
    <p>${run.progress.resume ? t('runs.failedResume', { step: run.progress.resume.step }) : t('runs.failedAgain')}</p>
  </div>`
}

/** What a watcher reads first; the browser module rewrites it. */
function liveLine({ t, locale, url }: Visit, run: TrainingRun): Html {
  const { step, steps, secondsLeft } = run.progress
  return html`<div class="run-line">
    <progress id="run-progress" max="${steps ?? 1}" value="${steps === null ? 0 : step}" aria-label="${t('runs.progress')}"></progress>
    <p class="meta">
      <span id="run-left"
        >${
          run.state === 'queued'
            ? t('runs.isQueued')
            : run.state === 'cancelled'
              ? t('runs.isStopping')
              : secondsLeft === null
                ? t('runs.isPreparing')
                : t('runs.left', { time: duration(locale, secondsLeft) })
        }</span
      >
      <a class="without-script" href="${url.pathname}">${t('runs.reload')}</a>
    </p>
  </div>`
}

function figures({ t, locale }: Visit, { progress }: TrainingRun): Html {
  const { step, steps, loss: now, tokensPerSecond, result } = progress
  const figure = (id: string, term: string, value: Content) =>
    html`<div>
      <dt>${term}</dt>
      <dd id="${id}">${value}</dd>
    </div>`
  return html`<dl class="figures">
    ${figure('run-step', t('runs.step'), steps === null ? '–' : t('runs.stepOf', { step: count(locale, step), steps: count(locale, steps) }))}
    ${figure('run-loss', t('runs.loss'), now === null ? '–' : loss(locale.tag, now))}
    ${figure('run-speed', t('runs.throughput'), tokensPerSecond === null ? '–' : t('runs.tokensPerSecond', { n: count(locale, Math.round(tokensPerSecond)) }))}
    ${result && figure('run-time', t('runs.took'), duration(locale, result.seconds))}
    ${result ? figure('run-memory', t('runs.peakMemory'), bytes(locale, result.peakBytes)) : progress.plan && figure('run-memory', t('runs.plannedMemory'), bytes(locale, progress.plan.estimatedBytes))}
  </dl>`
}

function curve({ t, locale }: Visit, { run, curve: points }: RunData, live: boolean): Html {
  const [first, last] = [points[0], points.at(-1)]
  const drawn =
    first && last && points.length > 1
      ? linePlot(locale, {
          title: t('runs.lossSoFar'),
          points: points.map(({ step, loss: y }) => ({ x: step, y })),
          xLabel: t('runs.step'),
          yLabel: t('runs.lossUnit'),
          yRange: [0, Math.max(...points.map(({ loss: y }) => y))],
          summary: t('runs.curveSaid', { first: loss(locale.tag, first.loss), last: loss(locale.tag, last.loss), step: last.step }),
        })
      : html`<p class="soft" id="run-no-curve">${live ? t('runs.noCurveYet') : t('runs.noCurve')}</p>`
  if (!live) return html`<div class="curve">${drawn}</div>`
  const labels = {
    step: t('runs.step'),
    loss: t('runs.lossUnit'),
    left: t('runs.left', { time: '{time}' }),
    stepOf: t('runs.stepOf', { step: '{step}', steps: '{steps}' }),
    speed: t('runs.tokensPerSecond', { n: '{n}' }),
    preparing: t('runs.isPreparing'),
    stopping: t('runs.isStopping'),
    lost: t('runs.connectionLost'),
  }
  return html`<div
    class="curve"
    id="run-curve"
    data-events="${address(`/api/runs/${run.id}/events`, { after: last?.step ?? 0 })}"
    data-state="${run.state}"
    data-points="${JSON.stringify(points.map((p) => [p.step, Number(p.loss.toPrecision(5))]))}"
    data-labels="${JSON.stringify(labels)}"
  >
    ${drawn}
  </div>`
}

function actions({ t, actor }: Visit, { run, model }: RunData): Html {
  if (run.purpose === 'build' || run.state === 'finished') return html``
  if (actor === null || !hasRole(actor, 'reviewer', model.id)) return html`<p class="soft">${t('runs.whoSteers')}</p>`
  if (run.state === 'queued' || run.state === 'running')
    return confirmation({
      label: t('runs.cancel'),
      sentence: run.progress.resume ? t('runs.cancelWhat', { step: run.progress.resume.step }) : t('runs.cancelWhatStart'),
      action: `/runs/${run.id}/cancel`,
      tone: 'danger',
    })
  if (run.endedAt === null) return html``
  return confirmation({
    label: t('runs.resume'),
    sentence: run.progress.resume ? t('runs.resumeWhat', { step: run.progress.resume.step }) : t('runs.resumeWhatStart'),
    action: `/runs/${run.id}/resume`,
    tone: 'primary',
  })
}

/** What came of it, and the next thing to do. */
function made({ t }: Visit, { run, model, releases }: RunData): Html {
  if (run.checkpoint === null || run.purpose === 'build') return html``
  return html`<section aria-labelledby="became">
    <h2 id="became">${t('runs.became')}</h2>
    ${
      releases.length > 0
        ? html`<p>
            ${releases.map(({ version }) => html`<a class="button primary" href="${modelPath(model, `/releases/${version}`)}">${t('runs.releasedAs', { version })}</a> `)}
          </p>`
        : run.revision.number === null
          ? html`<p>${t('runs.draftNotReleased')}</p>`
          : html`<p>${t('runs.notReleased')}</p>
              <p class="actions">
                <a class="button primary" href="${address(modelPath(model, '/releases/new'), { run: run.id })}">${t('runs.toGate')}</a>
              </p>`
    }
    ${
      run.revision.number !== null &&
      html`<p><a href="${address(modelPath(model, '/studies'), { run: run.id })}">${t('studies.trace')}</a></p>`
    }
  </section>`
}

function facts({ t, locale }: Visit, { run, base, model, startedBy }: RunData): Html {
  const { revision, checkpoint, progress } = run
  const row = (term: string, value: Content) =>
    html`<dt>${term}</dt>
      <dd>${value}</dd>`
  return html`<dl class="facts">
    ${row(t('runs.base'), html`<a href="/bases/${encodeURIComponent(base)}"><bdi>${base}</bdi></a>`)}
    ${row(
      t('runs.dataset'),
      html`${
        revision.number === null
          ? t('runs.ofDraft')
          : html`<a href="${modelPath(model, '/examples')}">${t('runs.ofRevision', { number: revision.number, n: revision.count })}</a>`
      }
      ${shortDigest(revision.digest)}`,
    )}
    ${
      run.averagedFrom !== null &&
      row(
        t('studies.meanOf'),
        joined(
          run.averagedFrom.map((it) => html`<a href="/runs/${it.run}">${t('runs.run', { id: String(it.run) })}</a>`),
          ', ',
        ),
      )
    }
    ${row(t('runs.seed'), String(run.recipe.seed))} ${row(t('runs.trainer'), html`<code>${run.trainer}</code>`)}
    ${
      progress.plan &&
      row(
        t('runs.plan'),
        html`${t('runs.planned', { n: progress.plan.examples, parameters: count(locale, progress.plan.trainableParameters) })}${
          progress.plan.cut > 0 && html` ${t('runs.planCut', { n: progress.plan.cut, length: run.recipe.maxLength })}`
        }`,
      )
    }
    ${row(t('runs.startedBy'), html`${person(t, startedBy)}, ${ago(locale, run.createdAt)}`)}
    ${progress.resume && row(t('runs.saved'), t('runs.savedAt', { step: progress.resume.step }))}
    ${checkpoint && row(t('runs.checkpoint'), shortDigest(checkpoint.digest))}
  </dl>`
}

function recipe({ t }: Visit, { recipe: own }: TrainingRun): Html {
  return html`<p class="soft">${t('runs.recipeCaption')}</p>
    ${copyable(t, 'recipe-text', formatRecipe(own))}`
}

function log({ t, locale }: Visit, { run, newest }: RunData): Html {
  if (newest.length === 0) return html``
  const number = (value: number, digits: number) => new Intl.NumberFormat(locale.tag, { maximumSignificantDigits: digits }).format(value)
  const rows = newest.map(
    (step) =>
      html`<tr>
        <td class="number">${count(locale, step.step)}</td>
        <td class="number">${loss(locale.tag, step.loss)}</td>
        <td class="number">${number(step.gradientNorm, 3)}</td>
        <td class="number">${number(step.learningRate, 3)}</td>
        <td class="number">${count(locale, Math.round(step.tokensPerSecond))}</td>
      </tr>`,
  )
  const head = [t('runs.step'), t('runs.loss'), t('runs.gradient'), t('runs.learningRate'), t('runs.speedColumn')]
  return html`<details class="log">
    <summary>${t('runs.log')}</summary>
    ${table(t('runs.logCaption', { n: newest.length }), head, rows, [0, 1, 2, 3, 4])}
    <p><a href="/api/runs/${run.id}/steps">${t('runs.allSteps')}</a></p>
  </details>`
}
