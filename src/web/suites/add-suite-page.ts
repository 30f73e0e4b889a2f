/** The form in which a maintainer adds a suite or changes one: what it asks, how an answer is judged, what the gate makes of it, and its cases. */

import { suiteKinds, suiteLimits, type Suite, type SuiteKind } from '../../domain/models/suite.ts'
import { tableColumns } from '../../domain/models/sample-of-table.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import type { AppError } from '../../errors.ts'
import { licenceName } from '../chat/terms-fields.ts'
import { draftField, draftOf } from '../draft.ts'
import type { Typed } from '../form.ts'
import { html, modelPath, type Content, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { badge, field, table, userText } from '../parts/basics.ts'
import { count } from '../parts/figures.ts'
import { told } from '../said/told.ts'
import type { Visit } from '../visit.ts'
import { expectedText, sampleText } from './case-part.ts'
import { detectableOf, detectableText } from './detectable-part.ts'
import type { ReadCases } from './read-cases.ts'

export const gateRoles = ['target', 'guard', 'regression'] as const

export interface AddSuiteData {
  readonly model: CommunityModel
  /** The suite whose cases are changed; null: a new one. */
  readonly changing: Suite | null
  readonly typed: Typed
  /** What was made of the cases; null before anybody asked. */
  readonly read: ReadCases | null
  readonly refused: AppError | null
}

/** Licences offered by name. */
const usual = ['CC0-1.0', 'CC-BY-4.0', 'CC-BY-SA-4.0'] as const

/** Cases shown of those that were read. */
const shownCases = 5

export function kindIn(typed: Typed): SuiteKind {
  return suiteKinds.find((known) => known === typed['kind']) ?? 'exact'
}

export function addSuitePage(visit: Visit, data: AddSuiteData): Page {
  const { t } = visit
  const { model, changing, typed, read, refused } = data
  const draft = `suite ${model.id} ${changing?.name ?? ''}`
  return {
    title: changing ? t('suites.changeTitle', { name: changing.name }) : t('suites.addTitle'),
    width: 'text',
    community: { model, section: 'suites' },
    modules: ['draft'],
    refused,
    main: html`${!changing && html`<p class="lead">${t('suites.addLead')}</p>`} ${read && readPart(visit, data, read)}
      <form
        class="stack"
        method="post"
        enctype="multipart/form-data"
        action="${modelPath(model, '/add-suite')}"
        ${draftOf(draft, t, read !== null)}
      >
        ${draftField(draft)}
        ${
          changing
            ? html`<input type="hidden" name="name" value="${changing.name}" /><input
                  type="hidden"
                  name="changing"
                  value="${changing.name}"
                />`
            : field({
                name: 'name',
                label: t('suites.name'),
                hint: t('suites.nameHint'),
                control: (a) =>
                  html`<input ${a} value="${typed['name'] ?? ''}" maxlength="60" required autocapitalize="none" spellcheck="false" />`,
              })
        }
        ${kindPart(visit, typed)} ${gatePart(visit, data)} ${casesPart(visit, typed)} ${fromPart(visit, typed)}
        <p class="actions">
          <button class="${read && read.wrong === 0 && read.samples.length > 0 ? '' : 'primary'}" name="do" value="check" formnovalidate>
            ${t('suites.check')}
          </button>
          <button class="${read && read.wrong === 0 && read.samples.length > 0 ? 'primary' : ''}" name="do" value="add">
            ${t(changing ? 'suites.changeNow' : 'suites.addNow')}
          </button>
          <a class="button quiet" href="${modelPath(model, changing ? `/suites/${encodeURIComponent(changing.name)}` : '/suites')}"
            >${t('common.cancel')}</a
          >
        </p>
      </form>`,
  }
}

function kindPart({ t }: Visit, typed: Typed): Html {
  const chosen = kindIn(typed)
  return html`<fieldset class="stack">
    <legend>${t('suites.kindQuestion')}</legend>
    ${suiteKinds.map(
      (kind) =>
        html`<label class="choice">
          <input type="radio" name="kind" value="${kind}" ${kind === chosen && html` checked`} />
          <span><strong>${t(`suites.kindName_${kind}`)}</strong><br /><span class="soft">${t(`suites.kindWhat_${kind}`)}</span></span>
        </label>`,
    )}
  </fieldset>`
}

function gatePart({ t }: Visit, { typed, changing }: AddSuiteData): Html {
  const chosen = typed['gate'] ?? 'target'
  // What may be trained on and what measures are never mixed under one name.
  const offered = changing ? gateRoles.filter((it) => (it === 'regression') === (changing.role === 'regression')) : gateRoles
  return html`<fieldset class="stack">
    <legend>${t('suites.gateQuestion')}</legend>
    ${offered.map(
      (role) =>
        html`<label class="choice">
          <input type="radio" name="gate" value="${role}" ${role === chosen && html` checked`} />
          <span><strong>${t(`suites.gateName_${role}`)}</strong><br /><span class="soft">${t(`suites.gateWhat_${role}`)}</span></span>
        </label>`,
    )}
    ${field({
      name: 'tolerance',
      label: html`${t('suites.toleranceQuestion')} <span class="soft">(${t('common.optional')})</span>`,
      hint: t('suites.toleranceHint'),
      control: (a) =>
        html`<input type="number" ${a} class="short" min="0" step="any" inputmode="decimal" value="${typed['tolerance'] ?? ''}" />`,
    })}
  </fieldset>`
}

const example: Readonly<Record<SuiteKind, string>> = {
  exact: 'question,expected\n"Write 5 April in Marathi.","५ एप्रिल"',
  choice: 'question,choices,answer\n"Which is a month?","सोमवार|मार्च|पुणे","मार्च"',
  rule: 'question,script,none,most\n"Write 5 April in Marathi.",Deva,"April|5",40',
  text: 'text\n"आज सोमवार आहे. उद्या मंगळवार असेल."',
}

function casesPart({ t, locale }: Visit, typed: Typed): Html {
  return html`<fieldset class="stack">
    <legend>${t('suites.cases')}</legend>
    ${field({
      name: 'cases',
      label: t('suites.paste'),
      hint: t('suites.pasteHint'),
      control: (a) => html`<textarea ${a} rows="10" dir="auto" spellcheck="false">${typed['cases'] ?? ''}</textarea>`,
    })}
    ${field({
      name: 'file',
      label: t('suites.file'),
      hint: t('suites.fileHint', { rows: count(locale, suiteLimits.samples) }),
      control: (a) => html`<input type="file" ${a} accept=".csv,.tsv,.jsonl,.ndjson" />`,
    })}
    <details>
      <summary>${t('suites.shapes')}</summary>
      ${suiteKinds.map(
        (kind) =>
          html`<p>
              <strong>${t(`suites.kindName_${kind}`)}</strong>
              <span class="soft">${t('suites.columns', { columns: tableColumns[kind].join(', ') })}</span>
            </p>
            <pre tabindex="0" dir="ltr">${example[kind]}</pre>`,
      )}
      <p class="soft">${t('suites.shapesJson')}</p>
      <pre tabindex="0" dir="ltr">{"messages": [{"role": "user", "content": "…"}], "expected": "…"}</pre>
    </details>
  </fieldset>`
}

function fromPart({ t }: Visit, typed: Typed): Html {
  const licence = typed['licence'] ?? 'CC0-1.0'
  return html`<fieldset class="stack">
    <legend>${t('suites.from')}</legend>
    ${field({
      name: 'source',
      label: t('suites.sourceQuestion'),
      hint: t('suites.sourceHint'),
      control: (a) => html`<input ${a} value="${typed['source'] ?? ''}" maxlength="${suiteLimits.source}" dir="auto" />`,
    })}
    ${field({
      name: 'licence',
      label: t('suites.licenceQuestion'),
      hint: t('suites.licenceHint'),
      control: (a) =>
        html`<input ${a} value="${licence}" maxlength="200" list="licences" autocapitalize="none" spellcheck="false" dir="ltr" />`,
    })}
    <datalist id="licences">${usual.map((id) => html`<option value="${id}">${licenceName(t, id)}</option>`)}</datalist>
  </fieldset>`
}

/** What was made of the cases, row by row: above the form, which holds all of them still. */
function readPart(visit: Visit, { typed }: AddSuiteData, { samples, problems, wrong, lines, taught }: ReadCases): Html {
  const { t, locale } = visit
  const kind = kindIn(typed)
  const detectable = samples.length > 0 ? detectableOf({ digest: '', kind, count: samples.length }, null) : null
  return html`<section class="card" aria-labelledby="read" id="examined">
    <h2 class="first" id="read">${t('suites.readTitle')}</h2>
    <p role="status">
      ${badge(t('suites.readGood', { n: samples.length, shown: count(locale, samples.length) }), samples.length > 0 ? 'good' : 'plain')}
      ${wrong > 0 && badge(t('suites.readWrong', { n: wrong, shown: count(locale, wrong) }), 'bad')}
    </p>
    ${detectable && html`<p class="soft">${detectableText(visit, detectable)}</p>`}
    ${
      wrong > 0 &&
      html`<p>${t('suites.mend')}</p>
        ${table(
          t('suites.wrongRows'),
          [t('suites.line'), t('suites.problem'), t('suites.rowText')],
          problems.map(
            ({ row, sentence }) =>
              html`<tr>
                <th scope="row" class="number">${row}</th>
                <td>${told(t, sentence)}</td>
                <td><bdi class="small">${lines.get(row ?? 0) ?? ''}</bdi></td>
              </tr>`,
          ),
          [0],
        )}
        ${wrong > problems.length && html`<p class="soft">${t('suites.moreWrong', { n: wrong - problems.length })}</p>`}`
    }
    ${taught > 0 && html`<p class="note warn">${t('suites.taught', { n: taught, shown: count(locale, taught) })}</p>`}
    ${
      samples.length > 0 &&
      html`<ol class="changed">
          ${samples.slice(0, shownCases).map(
            ({ sample, row }) =>
              html`<li value="${row}" class="case">
                ${userText(sampleText(sample), sample.language)}
                <p class="meta">${labelled(visit, sample)}</p>
              </li>`,
          )}
        </ol>
        ${samples.length > shownCases && html`<p class="soft">${t('suites.andMore', { n: samples.length - shownCases })}</p>`}`
    }
  </section>`
}

function labelled(visit: Visit, sample: ReadCases['samples'][number]['sample']): Content {
  return html`${expectedText(visit, sample)} ${sample.topic && html`· ${visit.t('suites.topic')} <bdi>${sample.topic}</bdi>`}`
}
