/** One suite: its cases and who added them, its scores over releases, and what a release answered case by case. */

import type { CasePage, SuiteCase } from '../../domain/evaluation/suite-cases.ts'
import type { AppError } from '../../errors.ts'
import type { ReleaseScore } from '../../domain/releases/suite-scores.ts'
import { address, html, modelPath, type Content, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { hasRole } from '../../domain/people/actor.ts'
import { badge, empty, modelText, person, shortDigest, userText } from '../parts/basics.ts'
import { count, percent } from '../parts/figures.ts'
import { linePlot } from '../parts/plots.ts'
import { ago } from '../parts/time.ts'
import { roleBadge, scoreText } from '../releases/score-parts.ts'
import type { Visit } from '../visit.ts'
import { answerText, expectedText, sampleText } from './case-part.ts'
import { ceilingNote } from './ceiling-part.ts'
import { detectableText, type Detectable } from './detectable-part.ts'
import { retiredNote, retireForm, retirementHistory, type RetireData } from './retire-part.ts'

export interface SuiteData extends RetireData {
  /** Oldest first. */
  readonly scores: readonly ReleaseScore[]
  readonly detectable: Detectable | null
  /** The release whose answers are shown with the cases. */
  readonly shown: ReleaseScore | null
  readonly onlyWrong: boolean
  readonly cases: CasePage
  /** Who made this version of the suite by a contribution; null: a maintainer. */
  readonly madeBy: { readonly contribution: number; readonly author: string } | null
  /** Versions of the suite before this one. */
  readonly versions: readonly { readonly id: number; readonly count: number; readonly createdAt: Date }[]
  readonly discussion: Html
  readonly refused: AppError | null
}

export function suitePage(visit: Visit, data: SuiteData): Page {
  const { t, locale } = visit
  const { model, suite, detectable, madeBy } = data
  return {
    title: t('suites.titleOne', { name: suite.name, model: `${model.owner}/${model.name}` }),
    heading: html`<bdi>${suite.name}</bdi> ${roleBadge(t, suite)} ${suite.retiredAt !== null && badge(t('suites.retired'), 'warn')}`,
    refused: data.refused,
    community: { model, section: 'suites' },
    json: address(`/api${modelPath(model, `/suites/${encodeURIComponent(suite.name)}/cases`)}`, { release: data.shown?.version }),
    main: html`${retiredNote(visit, data)}
      <p class="lead">${t(`suites.about_${suite.role}`)} ${suite.target && suite.retiredAt === null && t('suites.targetWhat')}</p>
      <dl class="facts">
        <dt>${t('suites.asks')}</dt>
        <dd>${t('suites.ofCases', { n: suite.count, shown: count(locale, suite.count) })}, ${t(`suites.kind_${suite.kind}`)}</dd>
        ${
          detectable &&
          html`<dt>${t('suites.shows')}</dt>
            <dd>${detectableText(visit, detectable)}</dd>`
        }
        <dt>${t('suites.tolerance')}</dt>
        <dd>${suite.kind === 'text' ? scoreText(locale, 'bits-per-byte', suite.tolerance) : percent(locale, suite.tolerance)}</dd>
        ${
          suite.clause !== null &&
          html`<dt>${t('suites.clause')}</dt>
            <dd>
              <a href="${modelPath(model, `/charter#clause-${suite.clause}`)}"
                >${t('suites.clauseNumber', { number: String(suite.clause) })}</a
              >
            </dd>`
        }
        <dt>${t('suites.licence')}</dt>
        <dd>
          ${suite.licence ? html`<bdi dir="ltr">${suite.licence}</bdi>` : html`<span class="soft">${t('suites.licenceUnknown')}</span>`}
        </dd>
        ${
          suite.source !== '' &&
          html`<dt>${t('suites.source')}</dt>
            <dd><bdi>${suite.source}</bdi></dd>`
        }
        <dt>${t('suites.madeBy')}</dt>
        <dd>
          ${madeBy ? html`<a href="/contributions/${madeBy.contribution}">${t('suites.contribution', { id: String(madeBy.contribution) })}</a>, ${person(t, madeBy.author)}` : t('suites.byMaintainer')},
          ${ago(locale, suite.createdAt)} ${shortDigest(suite.digest)}
        </dd>
      </dl>
      ${suite.retiredAt === null && ceilingNote(visit, data)} ${ways(visit, data)} ${retireForm(visit, data)}
      <section aria-labelledby="scores">
        <h2 id="scores">${t('suites.scores')}</h2>
        ${scoresOver(visit, data)}
      </section>
      <section aria-labelledby="cases">
        <h2 id="cases">${t('suites.cases')}</h2>
        ${cases(visit, data)}
      </section>
      ${older(visit, data)} ${retirementHistory(visit, data)} ${data.discussion}`,
  }
}

/** What somebody may do about it, by their role. */
function ways({ t, actor }: Visit, { model, suite }: SuiteData): Content {
  if (actor === null || suite.role === 'charter') return null
  const maintains = hasRole(actor, 'maintainer', model.id)
  const takesCases = suite.role === 'regression' && suite.kind === 'exact'
  if (!maintains && !takesCases) return html`<p class="soft">${t('suites.measureOnly')}</p>`
  return html`<p class="actions">
    ${takesCases && html`<a class="button" href="${address(modelPath(model, '/propose-case'), { suite: suite.name })}">${t('suites.proposeCase')}</a>`}
    ${
      maintains &&
      suite.retiredAt === null &&
      html`<a class="button" href="${address(modelPath(model, '/add-suite'), { suite: suite.name })}">${t('suites.changeCases')}</a>
        ${suite.role === 'measure' && html`<a class="button" href="${modelPath(model, '/settings#gate')}">${t('suites.changeGate')}</a>`}`
    }
  </p>`
}

function scoresOver({ t, locale }: Visit, { scores, suite }: SuiteData): Html {
  if (scores.length === 0) return empty(t('suites.noScores'))
  const isText = suite.kind === 'text'
  const points = scores.map(({ version, score, interval }, i) => ({
    x: i + 1,
    y: score,
    label: version,
    ...(interval && { low: interval[0], high: interval[1] }),
  }))
  const others = scores.some((one) => one.suite.digest !== suite.digest)
  return html`<div class="curve">
      ${linePlot(locale, {
        title: t('suites.scores'),
        points,
        xLabel: t('suites.release'),
        yLabel: isText ? t('suites.bitsLabel') : t('suites.rightLabel'),
        xText: (x) => scores[Math.round(Number(x)) - 1]?.version ?? '',
        xTicks: points.map(({ x }) => x),
        ...(!isText && { yRange: [0, 1] as const, yText: (y: number) => percent(locale, y).replace(/[.,٫]0(?=\D*$)/, '') }),
      })}
    </div>
    <p class="soft">${isText ? t('suites.lessIsBetter') : t('suites.whiskers')} ${others && t('suites.otherCases')}</p>`
}

function cases(visit: Visit, data: SuiteData): Html {
  const { model, suite, shown, scores, cases: page, onlyWrong } = data
  const { t } = visit
  const path = modelPath(model, `/suites/${encodeURIComponent(suite.name)}`)
  const at = (query: Record<string, string | number | null>) =>
    `${address(path, { release: shown?.version ?? null, only: onlyWrong ? 'wrong' : null, ...query })}#cases`
  const comparable = scores.filter((one) => one.suite.digest === suite.digest)
  return html`${
    comparable.length > 0 &&
    html`<nav aria-label="${t('suites.answersOf')}">
      <ul class="inline choices">
        <li>
          <a href="${at({ release: null, only: null })}" ${shown === null && html` aria-current="true"`}>${t('suites.casesAlone')}</a>
        </li>
        ${comparable
          .toReversed()
          .slice(0, 8)
          .map(
            ({ version }) =>
              html`<li>
                <a href="${at({ release: version })}" ${version === shown?.version && html` aria-current="true"`}
                  >${t('suites.answersOfRelease', { version })}</a
                >
              </li>`,
          )}
        ${
          shown &&
          suite.kind !== 'text' &&
          html`<li>
            <a href="${at({ only: onlyWrong ? null : 'wrong' })}" ${onlyWrong && html` aria-current="true"`}>${t('suites.onlyWrong')}</a>
          </li>`
        }
      </ul>
    </nav>`
  }
  ${suite.role === 'measure' && html`<p class="soft">${t('suites.neverTaught')}</p>`}
  ${
    page.cases.length > 0
      ? html`<ol class="changed">
          ${page.cases.map((one) => caseRow(visit, data, one))}
        </ol>`
      : empty(onlyWrong ? t('suites.noneWrong') : t('suites.noMore'))
  }
  ${page.next !== null && html`<nav class="pager" aria-label="${t('common.pages')}"><span></span><a class="button" rel="next" href="${at({ after: page.next })}">${t('common.next')}</a></nav>`}`
}

function caseRow(visit: Visit, { model, suite }: SuiteData, { number, sample, result, contribution, author }: SuiteCase): Html {
  const { t, actor } = visit
  const removable =
    actor !== null && suite.role === 'regression' && suite.kind === 'exact'
      ? address(modelPath(model, '/propose-case'), { suite: suite.name, remove: number })
      : null
  const expected = expectedText(visit, sample)
  const mark: Content =
    result && 'right' in result ? badge(result.right ? t('suites.right') : t('suites.wrong'), result.right ? 'good' : 'bad') : null
  return html`<li value="${number}" class="case">
    ${
      result && result.kind !== 'text'
        ? html`<div class="halves">
            <div>${userText(sampleText(sample), sample.language)}</div>
            <div>${modelText(answerText(visit, sample, result), sample.language)}</div>
          </div>`
        : userText(sampleText(sample), sample.language)
    }
    <p class="meta">
      ${mark} ${result?.kind === 'text' && html`<strong>${answerText(visit, sample, result)}</strong>`} ${expected}
      ${sample.topic && html`· ${t('suites.topic')} <bdi>${sample.topic}</bdi>`}
      ${contribution !== null && html`· <a href="/contributions/${contribution}">${t('suites.addedBy')}</a> ${person(t, author)}`}
      ${removable && html`· <a href="${removable}">${t('suites.proposeRemove')}</a>`}
    </p>
  </li>`
}

function older({ t, locale }: Visit, { versions }: SuiteData): Html {
  if (versions.length === 0) return html``
  return html`<details>
    <summary>${t('suites.older', { n: versions.length })}</summary>
    <ul>
      ${versions.map(({ count: n, createdAt }) => html`<li>${t('suites.ofCases', { n, shown: count(locale, n) })}, ${ago(locale, createdAt)}</li>`)}
    </ul>
  </details>`
}
