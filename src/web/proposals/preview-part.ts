/** The preview of a proposal: which answers change, what is better and worse beyond chance, how it goes on and what it costs. */

import type { ChangedAnswer, ChangeCounts, Given } from '../../domain/previews/changed-answers.ts'
import type { BuildCost, PreviewReport, SuiteEffect } from '../../domain/previews/preview-report.ts'
import type { Preview } from '../../domain/previews/preview.ts'
import type { Build } from '../../domain/builds/build.ts'
import { formatChange, formatScore } from '../../domain/evaluation/comparison.ts'
import type { Comparison } from '../../domain/evaluation/evaluation.ts'
import { hasRole } from '../../domain/people/actor.ts'
import { isUndecided } from '../../domain/previews/preview-queries.ts'
import { hasEnded } from '../../domain/training/run.ts'
import { html, modelPath, type Content, type Html } from '../markup.ts'
import { badge, modelText, table, userText } from '../parts/basics.ts'
import { difference } from '../parts/difference.ts'
import { count } from '../parts/figures.ts'
import { intervalPlot } from '../parts/plots.ts'
import { duration } from '../parts/time.ts'
import { told } from '../said/told.ts'
import type { Visit } from '../visit.ts'
import { isAuthor } from './decide-part.ts'
import type { Proposal } from './read-proposal.ts'

/** Changed answers of a suite shown at once; the rest are a press away. */
const answersShown = 8

export function previewPart(visit: Visit, proposal: Proposal): Html {
  const { t } = visit
  const { preview } = proposal
  return html`<section id="preview" aria-labelledby="preview-title">
    <h2 id="preview-title">${t('proposals.preview')}</h2>
    ${preview === null ? noPreview(visit, proposal) : report(visit, proposal, preview)}
  </section>`
}

function mayAsk({ actor }: Visit, { contribution }: Proposal): boolean {
  return isUndecided(contribution) && actor !== null && (isAuthor(actor, contribution) || hasRole(actor, 'reviewer', contribution.modelId))
}

function noPreview(visit: Visit, proposal: Proposal): Html {
  const { t } = visit
  const { contribution } = proposal
  const { add, replace, remove } = contribution.counts
  if (add + replace + remove === 0) return html`<p class="soft">${t('proposals.previewNothing')}</p>`
  if (!isUndecided(contribution)) return html`<p class="soft">${t('proposals.previewNever')}</p>`
  return html`<div class="empty">
    <p>${t('proposals.previewWhat')}</p>
    ${mayAsk(visit, proposal) ? askForm(visit, contribution.id, 'proposals.previewAsk') : html`<p class="soft">${t('proposals.previewWho')}</p>`}
  </div>`
}

function askForm({ t }: Visit, id: number, key: 'proposals.previewAsk' | 'proposals.previewAgain'): Html {
  return html`<form method="post" action="/contributions/${id}/preview"><button>${t(key)}</button></form>`
}

function report(visit: Visit, proposal: Proposal, whole: PreviewReport): Html {
  const { t } = visit
  const { preview, stale, onlyNoise, suites, cost, summary } = whole
  const { id } = proposal.contribution
  const again = mayAsk(visit, proposal) && askForm(visit, id, 'proposals.previewAgain')
  return html`${
    stale.length > 0 &&
    html`<div class="note warn">
      <p><strong>${t('proposals.stale')}</strong> ${told(t, stale.map(({ sentence }) => sentence).join(' '))}</p>
      ${again}
    </div>`
  }
  ${!hasEnded(preview.state) && progress(visit, id, preview, mayAsk(visit, proposal))}
  ${
    preview.state === 'cancelled' &&
    html`<div class="note">
      <p>${t('proposals.previewCancelled')}</p>
      ${again}
    </div>`
  }
  ${
    preview.state === 'failed' &&
    html`<div class="note bad">
      <p>${t('proposals.previewFailed')} ${told(t, preview.error ?? '')}</p>
      ${again}
    </div>`
  }
  ${suites.length > 0 && verdict(visit, onlyNoise, preview.control !== null, suites)}
  ${suites.length > 0 && scores(visit, proposal.contribution.model, suites)} ${ownCases(visit, whole)}
  ${suites.map((suite) => answers(visit, suite))}
  ${suites.length > 0 && html`<p class="meta">${costs(visit, cost.build, cost.control)}</p>`}
  ${
    summary.length > 0 &&
    html`<details class="small">
      <summary>${t('proposals.summary')}</summary>
      <ul>
        ${summary.map((sentence) => html`<li>${told(t, sentence)}</li>`)}
      </ul>
    </details>`
  }`
}

/** Without JavaScript a reload shows how far it is; browser/preview.ts keeps it moving. */
function progress({ t, locale }: Visit, id: number, { build, control, state }: Preview, mayCancel: boolean): Html {
  const step = (name: string, it: Build) => {
    const { step: done, steps, secondsLeft } = it.run.progress
    const label = t(`proposals.build_${name === 'build' ? 'build' : 'control'}`)
    const words =
      it.state === 'queued'
        ? t('proposals.queued')
        : hasEnded(it.state)
          ? t('proposals.ended')
          : it.run.state === 'finished'
            ? t('proposals.evaluating')
            : steps === null
              ? t('proposals.preparing')
              : t('proposals.step', { step: count(locale, done), steps: count(locale, steps) })
    const value = hasEnded(it.state) ? 1 : steps === null ? 0 : it.run.state === 'finished' ? 0.95 : (0.9 * done) / steps
    return html`<div data-build="${name}">
      <p class="small">
        <strong>${label}</strong> · <span data-words>${words}</span>
        <span data-left
          >${secondsLeft !== null && it.run.state === 'running' && t('proposals.secondsLeft', { left: duration(locale, secondsLeft) })}</span
        >
      </p>
      <progress max="1" value="${value.toFixed(3)}" aria-label="${label}"></progress>
    </div>`
  }
  return html`<div
    class="card live"
    data-preview="/api/contributions/${id}/preview/events"
    data-step="${t('proposals.step', { step: '{step}', steps: '{steps}' })}"
    data-left="${t('proposals.secondsLeft', { left: '{left}' })}"
    data-evaluating="${t('proposals.evaluating')}"
    data-ended="${t('proposals.ended')}"
  >
    <p role="status">${badge(t(`proposals.run_${state}`), 'accent')} ${t('proposals.previewRuns')}</p>
    ${step('build', build)} ${control && step('control', control)}
    <div class="actions">
      <a class="button" href="/contributions/${id}#preview" data-reload>${t('proposals.reload')}</a>
      ${mayCancel && html`<form method="post" action="/contributions/${id}/preview/cancel"><button class="quiet">${t('proposals.previewCancel')}</button></form>`}
    </div>
  </div>`
}

function verdict({ t }: Visit, onlyNoise: boolean | null, hasControl: boolean, suites: readonly SuiteEffect[]): Html {
  if (onlyNoise === null) return html`<p class="note">${t(hasControl ? 'proposals.controlMissing' : 'proposals.noControl')}</p>`
  if (onlyNoise)
    return html`<div class="note warn">
      <p><strong>${t('proposals.noise')}</strong> ${t('proposals.noiseHint', { unseen: unseen(suites) })}</p>
    </div>`
  const [better, worse] = (['better', 'worse'] as const).map((which) =>
    suites.flatMap(({ effect }) => (effect?.verdict === which ? [effect.suite.name] : [])),
  )
  return html`<div class="note ${worse?.length ? 'bad' : 'good'}">
    ${better?.length ? html`<p><strong>${t('proposals.makesBetter', { suites: better.join(', ') })}</strong></p>` : null}
    ${worse?.length ? html`<p><strong>${t('proposals.makesWorse', { suites: worse.join(', ') })}</strong></p>` : null}
  </div>`
}

function unseen(suites: readonly SuiteEffect[]): string {
  return suites
    .flatMap(({ effect }) => (effect ? [`${effect.suite.name} ${formatChange(effect.metric, effect.smallestDetectable).slice(1)}`] : []))
    .join(', ')
}

/** What the proposal does: against the same training without it. Shares in points, texts in bits per byte, each in a plot of its own. */
function scores(visit: Visit, model: string, suites: readonly SuiteEffect[]): Html {
  const { t, locale } = visit
  const effects = suites.flatMap(({ effect }) => effect ?? [])
  const shares = effects.filter(({ metric }) => metric !== 'bits-per-byte')
  const texts = effects.filter(({ metric }) => metric === 'bits-per-byte')
  const scaled = (factor: number) => (it: Comparison) => ({
    label: it.suite.name,
    value: factor * it.difference,
    low: factor * it.interval[0],
    high: factor * it.interval[1],
  })
  const rows = suites.map(
    ({ against, effect }) =>
      html`<tr>
        <th scope="row"><a href="${modelPath(model, `/suites/${encodeURIComponent(against.suite.name)}`)}">${against.suite.name}</a></th>
        <td class="number">${formatScore(against.metric, against.baseline.score)}</td>
        <td class="number">${formatScore(against.metric, against.subject.score)}</td>
        <td class="number">
          ${effect ? html`${formatChange(effect.metric, effect.difference)}<br /><small class="soft">${range(effect)}</small>` : '…'}
        </td>
        <td>${effect && verdictBadge(visit, effect)}</td>
      </tr>`,
  )
  return html`${
    shares.length > 0 &&
    html`<figure>
      ${intervalPlot(locale, t('proposals.plotShares'), shares.map(scaled(100)))}
      <figcaption class="meta">${t('proposals.plotShares')}</figcaption>
    </figure>`
  }
  ${
    texts.length > 0 &&
    html`<figure>
      ${intervalPlot(locale, t('proposals.plotTexts'), texts.map(scaled(1)), { digits: 3, better: 'less' })}
      <figcaption class="meta">${t('proposals.plotTexts')}</figcaption>
    </figure>`
  }
  ${table(t('proposals.scores'), [t('proposals.suite'), t('proposals.before'), t('proposals.after'), t('proposals.byProposal'), t('proposals.says')], rows, [1, 2, 3])}`
}

const range = ({ metric, interval }: Comparison) => `${formatChange(metric, interval[0])} … ${formatChange(metric, interval[1])}`

function verdictBadge({ t }: Visit, { verdict: it }: Comparison): Html {
  if (it === 'better') return badge(t('common.better'), 'good')
  return it === 'worse' ? badge(t('common.worse'), 'bad') : html`<span class="soft">${t('common.undecided')}</span>`
}

const total = ({ better, worse, other }: ChangeCounts) => better + worse + other

function answers(visit: Visit, { against, answers: changed }: SuiteEffect): Html {
  const { t, locale } = visit
  const own = changed.list.filter(({ cause }) => cause !== 'steps')
  const byTraining = changed.list.filter(({ cause }) => cause === 'steps')
  const counted = total(changed.proposal) > 0 ? changed.proposal : changed.unknown
  const list = (some: readonly ChangedAnswer[]) =>
    html`<ul class="rows answers">
      ${some.map((it) => answer(visit, it))}
    </ul>`
  const more = (some: readonly ChangedAnswer[], words: string) =>
    some.length > 0 &&
    html`<details>
      <summary>${words}</summary>
      ${list(some)}
    </details>`
  const isText = against.suite.kind === 'text'
  return html`<h3>${t(isText ? 'proposals.textsOf' : 'proposals.answersOf', { suite: against.suite.name })}</h3>
    <p>
      ${
        own.length === 0
          ? t(isText ? 'proposals.noTexts' : 'proposals.noAnswers', { samples: count(locale, against.samples) })
          : t(isText ? 'proposals.textsChange' : 'proposals.answersChange', {
              samples: count(locale, against.samples),
              better: counted.better,
              worse: counted.worse,
              other: counted.other,
            })
      }
    </p>
    ${own.length > 0 && list(own.slice(0, answersShown))}
    ${more(own.slice(answersShown), t('proposals.answersMore', { n: Math.max(0, own.length - answersShown) }))}
    ${more(byTraining, t(isText ? 'proposals.textsByTraining' : 'proposals.answersByTraining', { n: total(changed.steps) }))}`
}

function answer({ t }: Visit, { asked, expected, before, after, change }: ChangedAnswer): Html {
  const tone = change === 'better' ? 'good' : change === 'worse' ? 'bad' : 'plain'
  return html`<li>
    <p class="asked" dir="auto">${badge(t(`proposals.change_${change}`), tone)} ${asked}</p>
    <div class="halves">
      <div><span class="piece-role">${t('proposals.now')}</span>${given(t, before)}</div>
      <div><span class="piece-role">${t('proposals.withProposal')}</span>${given(t, after)}</div>
    </div>
    ${
      expected !== null &&
      !(after.kind === 'answer' && after.right) &&
      html`<div class="piece">
        <span class="piece-role">${t('proposals.role_expected')}</span>
        ${after.kind === 'answer' ? difference(after.text, expected) : userText(expected)}
      </div>`
    }
  </li>`
}

/** The regression cases that it brings, with what is answered now, with it and without it. */
function ownCases({ t }: Visit, { ownAnswers, preview }: PreviewReport): Content {
  if (ownAnswers.length === 0) return null
  const withControl = preview.control !== null
  const head = [t('proposals.role_prompt'), t('proposals.role_expected'), t('proposals.now'), t('proposals.withProposal')]
  return html`<h3>${t('proposals.ownCases')}</h3>
    <p class="soft">${t('proposals.ownCasesWhat')}</p>
    ${table(
      t('proposals.ownCasesAnswers'),
      withControl ? [...head, t('proposals.withoutProposal')] : head,
      ownAnswers.map(
        ({ asked, expected, before, after, control }) =>
          html`<tr>
            <th scope="row"><bdi>${asked}</bdi></th>
            <td><bdi>${expected}</bdi></td>
            <td>${given(t, before)}</td>
            <td>${given(t, after)}</td>
            ${withControl && html`<td>${control ? given(t, control) : '…'}</td>`}
          </tr>`,
      ),
    )}`
}

function given(t: Visit['t'], it: Given): Content {
  if (it.kind === 'text') return html`<p>${t('proposals.bitsPerByte', { bits: it.bitsPerByte.toFixed(3) })}</p>`
  const text = it.text.trim() === '' ? html`<p class="soft">${t('proposals.emptyAnswer')}</p>` : modelText(it.text)
  return html`<span class="${it.right ? 'right' : 'wrong-mark'}">${t(it.right ? 'proposals.right' : 'proposals.wrong')}</span>${text}`
}

function costs({ t, locale }: Visit, build: BuildCost, control: BuildCost | null): string {
  const one = ({ training, evaluation, reused }: BuildCost) =>
    reused
      ? t('proposals.costReused')
      : t('proposals.costOf', { training: duration(locale, training ?? 0), evaluation: duration(locale, evaluation ?? 0) })
  return [`${t('proposals.build_build')}: ${one(build)}`, ...(control ? [`${t('proposals.build_control')}: ${one(control)}`] : [])].join(
    ' · ',
  )
}
