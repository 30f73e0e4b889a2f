/** An upload: what its columns mean, what is said of all rows, and row by row what the checks found, to be mended in place. */

import { columnMeanings, type Upload, type UploadRow } from '../../domain/contributions/upload.ts'
import type { Finding } from '../../domain/contributions/contribution.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import type { AppError } from '../../errors.ts'
import { isRecord } from '../../formats/strict-json.ts'
import { languageField, licenceField, originField, signOffFields } from '../chat/terms-fields.ts'
import type { Typed } from '../form.ts'
import { address, html, type Content, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { badge, empty, field, pager, type Tone } from '../parts/basics.ts'
import { confirmation } from '../parts/confirm.ts'
import { ago } from '../parts/time.ts'
import { told } from '../said/told.ts'
import type { Visit } from '../visit.ts'

export const rowFilters = ['fails', 'remarks', 'passes', 'left-out', 'all'] as const
export type RowFilter = (typeof rowFilters)[number]
export const rowsShown = 25

export interface UploadData {
  readonly upload: Upload
  readonly model: CommunityModel
  readonly languages: readonly string[]
  readonly filter: RowFilter
  readonly rows: readonly UploadRow[]
  readonly refused: AppError | null
  /** A row's form that was refused, as it was typed. */
  readonly typed: { readonly row: number; readonly cells: Typed } | null
}

export function uploadPage(visit: Visit, data: UploadData): Page {
  const { t, locale } = visit
  const { upload, model, refused } = data
  const { id, counts, findings, examined, contributionId } = upload
  return {
    title: t('upload.oneTitle', { name: upload.name }),
    heading: html`<bdi>${upload.name}</bdi>`,
    community: { model, section: 'proposals' },
    json: `/api/uploads/${id}`,
    refused,
    main: html`${contributionId !== null && html`<p class="note">${t.rich('upload.offeredBefore', { link: (inside) => html`<a href="/contributions/${contributionId}">${inside}</a>`, id: contributionId })}</p>`}
      ${!examined && html`<p class="note" role="status">${t('upload.examining')} <a href="/uploads/${id}">${t('upload.lookAgain')}</a></p>`}
      <p class="lead">${t('upload.counts', { passes: counts.passes + counts.remarks, fails: counts.fails, leftOut: counts.leftOut })}</p>
      ${
        findings.length > 0 &&
        html`<h2>${t('upload.everyRow')}</h2>
          ${findingList(visit, findings)}`
      }
      ${meaningForm(visit, data)}
      <h2 id="rows">${t('upload.rows')}</h2>
      ${filterNav(visit, data)} ${rowList(visit, data)}
      ${pager(t, { older: data.rows.length < rowsShown ? null : `${address(`/uploads/${id}`, { rows: data.filter, after: data.rows.at(-1)?.row })}#rows` })}
      ${offerPart(visit, data)}
      <p class="soft">${t('upload.expires')} ${ago(locale, upload.expiresAt)}</p>
      ${confirmation({ label: t('upload.discard'), sentence: t('upload.discardText'), action: `/uploads/${id}/discard`, tone: 'danger' })}`,
  }
}

function findingList({ t }: Visit, findings: readonly Finding[]): Html {
  return html`<ul class="findings">
    ${findings.map(({ severity, sentence }) => html`<li>${badge(t(severity === 'error' ? 'said-words.error' : 'said-words.warning'), severity === 'error' ? 'bad' : 'warn')} ${told(t, sentence)}</li>`)}
  </ul>`
}

function meaningForm(visit: Visit, { upload, model, languages, typed }: UploadData): Html {
  const { t } = visit
  const { id, columns, mapping, declared, counts, findings } = upload
  // What nobody has said yet is left to what the fields begin with.
  const said: Typed = Object.fromEntries(Object.entries(declared).filter(([, value]) => value !== ''))
  const lacking = findings.some(({ severity }) => severity === 'error') || declared.message === ''
  return html`<details class="card" ${(lacking || counts.passes + counts.remarks === 0) && typed === null && html` open`}>
    <summary><h2 class="inline">${t('upload.meaning')}</h2></summary>
    <form class="stack" method="post" action="/uploads/${id}">
      <fieldset>
        <legend>${t('upload.columns')}</legend>
        ${columns.map((column, i) =>
          field({
            name: `column-${i}`,
            label: html`<bdi>${column}</bdi>`,
            control: (attributes) =>
              html`<select ${attributes}>
                <option value="">${t('upload.meaning_none')}</option>
                ${columnMeanings.map((meaning) => html`<option value="${meaning}" ${mapping[column] === meaning && html` selected`}>${t(`upload.meaning_${meaning}`)}</option>`)}
              </select>`,
          }),
        )}
      </fieldset>
      <fieldset>
        <legend>${t('upload.ofAll')}</legend>
        ${field({
          name: 'message',
          label: t('upload.message'),
          hint: t('upload.messageHint'),
          control: (attributes) => html`<input ${attributes} value="${declared.message}" maxlength="2000" dir="auto" />`,
        })}
        ${languageField(visit, languages, said)} ${licenceField(visit, model, said)}
      </fieldset>
      ${originField(visit, said)}
      <p class="actions"><button class="primary">${t('upload.save')}</button></p>
    </form>
  </details>`
}

function filterNav({ t }: Visit, { upload: { id, counts }, filter }: UploadData): Html {
  const numbers = { fails: counts.fails, remarks: counts.remarks, passes: counts.passes, 'left-out': counts.leftOut, all: counts.rows }
  return html`<nav class="lists" aria-label="${t('upload.rows')}">
    <ul class="inline">
      ${rowFilters.map(
        (it) =>
          html`<li>
            <a href="${address(`/uploads/${id}`, { rows: it })}#rows" ${it === filter && html` aria-current="page"`}
              >${t(`upload.rows_${it}`)} (${numbers[it]})</a
            >
          </li>`,
      )}
    </ul>
  </nav>`
}

function rowList(visit: Visit, data: UploadData): Html {
  const { t } = visit
  if (data.rows.length === 0) return empty(t('upload.noRows'))
  return html`<ol class="rows plain">
    ${data.rows.map((row) => rowPart(visit, data, row))}
  </ol>`
}

const tones: Readonly<Record<string, Tone>> = { passes: 'good', remarks: 'warn', fails: 'bad' }

function rowPart(visit: Visit, { upload, typed }: UploadData, row: UploadRow): Html {
  const { t, url } = visit
  const cells = textsOf(row)
  const refused = typed?.row === row.row ? typed.cells : null
  const word: Content = row.leftOut
    ? badge(t('upload.rows_left-out'))
    : row.verdict && badge(t(`upload.verdict_${row.verdict}`), tones[row.verdict] ?? 'plain')
  return html`<li id="row-${row.row}">
    <p class="meta">${t('upload.row', { n: row.row })} ${word} ${row.edited && badge(t('upload.edited'), 'accent')}</p>
    ${row.findings.length > 0 && findingList(visit, row.findings)}
    ${typeof row.cells === 'string' && html`<pre tabindex="0" dir="auto">${row.cells}</pre>`}
    ${row.verdict !== 'fails' && upload.columns.map((column) => upload.mapping[column] && cells[column] && html`<p class="user-text" dir="auto">${cells[column]}</p>`)}
    <details ${(row.verdict === 'fails' || refused) && html` open`}>
      <summary>${t('upload.edit')}</summary>
      <form class="stack" method="post" action="/uploads/${upload.id}/rows/${row.row}${url.search}">
        ${upload.columns.map((column, i) =>
          field({
            // Ids are of the whole page, names of the form.
            name: `row-${row.row}-cell-${i}`,
            label: html`<bdi>${column}</bdi>`,
            control: () =>
              html`<textarea id="row-${row.row}-cell-${i}" name="cell-${i}" rows="2" dir="auto">
${refused?.[`cell-${i}`] ?? cells[column] ?? ''}</textarea>`,
          }),
        )}
        <p class="actions">
          <button name="do" value="edit">${t('upload.saveRow')}</button>
          ${row.edited && html`<button class="quiet" name="do" value="undo">${t('upload.undo')}</button>`}
          <button class="quiet" name="do" value="${row.leftOut ? 'take-in' : 'leave-out'}">
            ${t(row.leftOut ? 'upload.takeIn' : 'upload.leaveOut')}
          </button>
        </p>
      </form>
    </details>
  </li>`
}

/** Cells as texts to be edited: what is no text is shown as JSON. */
function textsOf({ cells, edited }: UploadRow): Readonly<Record<string, string>> {
  const own = isRecord(cells) ? cells : {}
  const texts = Object.entries(own).map(([column, cell]) => [
    column,
    typeof cell === 'string' ? cell : cell === null || cell === undefined ? '' : JSON.stringify(cell),
  ])
  return { ...(Object.fromEntries(texts) as Record<string, string>), ...edited }
}

function offerPart(visit: Visit, { upload }: UploadData): Html {
  const { t } = visit
  const { id, counts, findings, examined, version, declared } = upload
  const ready = counts.passes + counts.remarks
  if (counts.fails > 0)
    return html`<section class="card stack">
      <h2>${t('upload.offer')}</h2>
      <p>${t('upload.someFail', { fails: counts.fails, ready })}</p>
      ${ready > 0 && html`<form method="post" action="/uploads/${id}/leave-out"><button>${t('upload.leaveOutFailing', { fails: counts.fails })}</button></form>`}
    </section>`
  if (!examined || ready === 0 || declared.message === '' || findings.some(({ severity }) => severity === 'error'))
    return html`<section class="card">
      <h2>${t('upload.offer')}</h2>
      <p>${t(ready === 0 && examined && counts.rows === counts.leftOut ? 'upload.allLeftOut' : 'upload.notReady')}</p>
    </section>`
  return html`<section class="card">
    <h2>${t('upload.offer')}</h2>
    <form class="stack" method="post" action="/uploads/${id}/offer">
      <p>${t('upload.offerText', { ready, leftOut: counts.leftOut })}</p>
      <input type="hidden" name="version" value="${version}" />
      ${signOffFields(visit, { ...declared })}
      <p class="actions"><button class="primary">${t('upload.offerNow', { ready })}</button></p>
    </form>
  </section>`
}
