/** Two releases side by side: scores, answers that are not the same any more, examples and recipe. */

import type {
  ChangedAnswer,
  ChangedAnswers,
  ChangeKind,
  ComparedReleases,
  ComparedSuite,
  DatasetDifference,
} from '../../domain/releases/compare-releases.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import type { BriefRelease } from '../../domain/releases/release-queries.ts'
import { textsOf } from '../../domain/contributions/example.ts'
import { address, html, modelPath, type Content, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { badge, empty, modelText, person, table, userText } from '../parts/basics.ts'
import { count } from '../parts/figures.ts'
import { sampleText, expectedText, answerText } from '../suites/case-part.ts'
import type { Visit } from '../visit.ts'
import { firstLine } from './release-page.ts'
import { changeText, differencePlots, intervalText, scoreText, verdictBadge } from './score-parts.ts'

export interface CompareData {
  readonly model: CommunityModel
  readonly versions: readonly string[]
  readonly from: BriefRelease
  readonly to: BriefRelease
  readonly compared: ComparedReleases
  /** The suite whose answers are shown. */
  readonly chosen: ComparedSuite | null
  readonly changed: ChangedAnswers | null
  readonly only: ChangeKind | null
  readonly training: DatasetDifference
}

export function comparePage(visit: Visit, data: CompareData): Page {
  const { t } = visit
  const { model, versions, from, to, compared } = data
  return {
    title: t('releases.compareTitle', { from: from.version, to: to.version }),
    community: { model, section: 'releases' },
    json: address(`/api${modelPath(model, '/compare')}`, { from: from.version, to: to.version }),
    main: html`${chooser(visit, model, versions, from.version, to.version)}
      ${from.id === to.id && html`<p class="note warn">${t('releases.sameTwice')}</p>`}
      <section aria-labelledby="scores">
        <h2 id="scores">${t('releases.scores')}</h2>
        ${scores(visit, data)}
        ${compared.apart.length > 0 && html`<p class="soft">${t('releases.apart', { names: compared.apart.join(', ') })}</p>`}
      </section>
      <section aria-labelledby="answers">
        <h2 id="answers">${t('releases.answers')}</h2>
        ${answers(visit, data)}
      </section>
      <section aria-labelledby="data">
        <h2 id="data">${t('releases.dataDifference')}</h2>
        ${dataset(visit, data)}
      </section>
      <section aria-labelledby="recipe">
        <h2 id="recipe">${t('runs.recipe')}</h2>
        ${recipe(visit, data)}
      </section>`,
  }
}

export function chooser({ t }: Visit, model: CommunityModel, versions: readonly string[], from: string | null, to: string | null): Html {
  const select = (name: string, label: string, chosen: string | null) =>
    html`<div class="field">
      <label for="${name}">${label}</label>
      <select id="${name}" name="${name}">
        ${[...new Set([...versions, ...(chosen === null ? [] : [chosen])])].map((version) => html`<option value="${version}" ${version === chosen && html` selected`}>${version}</option>`)}
      </select>
    </div>`
  return html`<form class="filters" method="get" action="${modelPath(model, '/compare')}">
    ${select('from', t('releases.from'), from)} ${select('to', t('releases.to'), to)}
    <button>${t('releases.compare')}</button>
  </form>`
}

function scores(visit: Visit, { compared, from, to, model }: CompareData): Html {
  const { t, locale } = visit
  const { suites } = compared
  if (suites.length === 0) return empty(t('releases.nothingCompared'))
  const rows = suites.map(
    ({ name, comparison }) =>
      html`<tr>
        <th scope="row">
          <a href="${modelPath(model, `/suites/${encodeURIComponent(name)}`)}"><bdi>${name}</bdi></a>
        </th>
        <td class="number">${scoreText(locale, comparison.metric, comparison.baseline.score)}</td>
        <td class="number">${scoreText(locale, comparison.metric, comparison.subject.score)}</td>
        <td class="number">
          ${changeText(visit, comparison.metric, comparison.difference)}
          <div class="meta">${intervalText(visit, comparison)}</div>
        </td>
        <td>${verdictBadge(t, comparison.verdict)}</td>
        <td class="number">${count(locale, comparison.samples)}</td>
      </tr>`,
  )
  const head = [t('suites.test'), from.version, to.version, t('releases.change'), t('releases.verdict'), t('suites.cases')]
  return html`${differencePlots(
    visit,
    suites.map(({ comparison }) => comparison),
    from.version,
  )}
  ${table(t('releases.scoresCaption'), head, rows, [1, 2, 3, 5])}`
}

const kinds = ['better', 'worse', 'other'] as const satisfies readonly ChangeKind[]

function answers(visit: Visit, { compared, chosen, changed, only, from, to, model }: CompareData): Html {
  const { t, locale } = visit
  if (chosen === null || changed === null) return empty(t('releases.nothingCompared'))
  const at = (query: Record<string, string | number | null>) =>
    `${address(modelPath(model, '/compare'), { from: from.version, to: to.version, suite: chosen.name, only, ...query })}#answers`
  const { counts, next } = changed
  const total = counts.better + counts.worse + counts.other
  const isText = chosen.comparison.suite.kind === 'text'
  return html`${
      compared.suites.length > 1 &&
      html`<nav aria-label="${t('suites.test')}">
        <ul class="inline choices">
          ${compared.suites.map(
            ({ name }) =>
              html`<li>
                <a href="${at({ suite: name, only: null })}" ${name === chosen.name && html` aria-current="true"`}><bdi>${name}</bdi></a>
              </li>`,
          )}
        </ul>
      </nav>`
    }
    <p>
      ${
        total === 0
          ? t(isText ? 'releases.noTextChanged' : 'releases.noneChanged', { of: count(locale, chosen.comparison.samples) })
          : t(isText ? 'releases.changedTexts' : 'releases.changedCounts', {
              n: total,
              of: count(locale, chosen.comparison.samples),
              better: counts.better,
              worse: counts.worse,
              other: counts.other,
            })
      }
    </p>
    ${
      total > 0 &&
      html`<nav aria-label="${t('releases.show')}">
        <ul class="inline choices">
          <li><a href="${at({ only: null })}" ${only === null && html` aria-current="true"`}>${t('releases.show_all')}</a></li>
          ${kinds
            .filter((kind) => counts[kind] > 0)
            .map(
              (kind) =>
                html`<li>
                  <a href="${at({ only: kind })}" ${only === kind && html` aria-current="true"`}
                    >${t(isText ? `releases.textsShow_${kind}` : `releases.show_${kind}`)} (${count(locale, counts[kind])})</a
                  >
                </li>`,
            )}
        </ul>
      </nav>`
    }
    <ol class="changed">
      ${changed.answers.map((one) => changedAnswer(visit, one, from.version, to.version))}
    </ol>
    ${next !== null && html`<nav class="pager" aria-label="${t('common.pages')}"><span></span><a class="button" rel="next" href="${at({ after: next })}">${t('common.next')}</a></nav>`}`
}

const changeTones = { better: 'good', worse: 'bad', other: 'plain' } as const

function changedAnswer(visit: Visit, { number, sample, kind, before, after }: ChangedAnswer, from: string, to: string): Html {
  const { t } = visit
  const expected = expectedText(visit, sample)
  return html`<li value="${number}" class="case">
    ${userText(sampleText(sample), sample.language)}
    <div class="halves">
      <div>
        <h3 class="small">${from}</h3>
        ${modelText(answerText(visit, sample, before), sample.language)}
      </div>
      <div>
        <h3 class="small">
          ${to} ${badge(sample.kind === 'text' && kind !== 'other' ? t(`common.${kind}`) : t(`releases.change_${kind}`), changeTones[kind])}
        </h3>
        ${modelText(answerText(visit, sample, after), sample.language)}
      </div>
    </div>
    ${expected !== null && html`<p class="meta">${expected}</p>`}
  </li>`
}

function dataset(visit: Visit, { training, from, to, model }: CompareData): Html {
  const { t, locale } = visit
  const { added, removed, truncated, some, contributions, moreContributions } = training
  if (added + removed === 0) return html`<p>${t('releases.sameData')}</p>`
  const shown = (n: number) => `${count(locale, n)}${truncated ? '+' : ''}`
  return html`<dl class="figures">
      <div>
        <dt>${t('releases.onlyIn', { version: to.version })}</dt>
        <dd>${shown(added)}</dd>
      </div>
      <div>
        <dt>${t('releases.onlyIn', { version: from.version })}</dt>
        <dd>${shown(removed)}</dd>
      </div>
      <div>
        <dt>${t('releases.examplesIn', { version: to.version })}</dt>
        <dd>${count(locale, training.to.revision.count)}</dd>
      </div>
    </dl>
    ${
      contributions.length > 0 &&
      html`<h3>${t('releases.broughtBy')}</h3>
        <ul>
          ${contributions.map(
            ({ id, author, message }) =>
              html`<li><a href="/contributions/${id}" dir="auto">${firstLine(message)}</a> · ${person(t, author)}</li>`,
          )}
        </ul>
        ${moreContributions && html`<p class="soft">${t('releases.moreBetween')}</p>`}`
    }
    <details>
      <summary>${t('releases.someExamples', { n: some.length })}</summary>
      ${some.map(
        ({ kind, digest, content, language }) =>
          html`<div class="case">
            <p>
              ${badge(t(`releases.example_${kind}`), kind === 'added' ? 'good' : 'bad')}
              <a href="${modelPath(model, `/examples/${digest}`)}">${t('releases.theExample')}</a>
            </p>
            ${textsOf(content).map((text) => userText(text, language))}
          </div>`,
      )}
    </details>`
}

function recipe({ t }: Visit, { training, from, to }: CompareData): Html {
  if (training.recipe.length === 0) return html`<p>${t('releases.sameRecipe')}</p>`
  const cell = (value: string | null): Content => html`<td>${value === null ? t('common.none') : html`<code>${value}</code>`}</td>`
  const rows = training.recipe.map(
    (one) =>
      html`<tr>
        <th scope="row"><code>${one.key}</code></th>
        ${cell(one.from)} ${cell(one.to)}
      </tr>`,
  )
  return table(t('releases.recipeChanges'), [t('runs.setting'), from.version, to.version], rows)
}

/** Where there are not two releases to compare. */
export function nothingToCompare(visit: Visit, model: CommunityModel): Page {
  const { t } = visit
  return {
    title: t('releases.compareTwo'),
    community: { model, section: 'releases' },
    main: empty(t('releases.notTwo'), html`<a class="button" href="${modelPath(model, '/releases')}">${t('common.tabReleases')}</a>`),
  }
}
