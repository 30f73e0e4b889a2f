/** Revising a proposal of several changes: each can be edited, taken out or added to in the form, and where there are very many, by a file. */

import type { Change, Contribution } from '../../domain/contributions/contribution.ts'
import { origins } from '../../domain/contributions/example.ts'
import type { AppError, ErrorDetail } from '../../errors.ts'
import { draftField, draftOf } from '../draft.ts'
import type { Typed } from '../form.ts'
import { address, html, type Content, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { badge, field } from '../parts/basics.ts'
import { told } from '../said/told.ts'
import type { Visit } from '../visit.ts'
import { bodyOf } from './change-part.ts'
import type { Shape } from './offer-form.ts'
import { carriedCount, freshCount, freshTexts, reviseLimits, textsOf, type EditableText } from './revise-form.ts'
import { modelOf } from './round-pages.ts'

export interface ReviseData {
  readonly contribution: Contribution
  /** Those the form shows. */
  readonly shown: readonly Change[]
  /** Changes of the round, and the place after which those shown begin. */
  readonly total: number
  readonly after: number
  /** What all changes share, as they stand. */
  readonly shared: Typed
  readonly shape: Shape
  readonly signOff: string
  readonly typed: Typed
  /** What was typed on other pages of the form. */
  readonly carried: Typed
  readonly refused: AppError | null
  /** What the newest review asks for, in the reviewer's words. */
  readonly asked: { readonly by: Html; readonly message: string } | null
  /** The page answers what was just sent, which is newer than any draft. */
  readonly answering: boolean
}

export function revisePage(visit: Visit, data: ReviseData): Page {
  const { t } = visit
  const { contribution, asked, refused } = data
  return {
    title: t('proposals.reviseTitle', { id: String(contribution.id) }),
    width: 'text',
    community: { model: modelOf(contribution), section: 'proposals' },
    modules: ['draft'],
    refused,
    main: html`${
        asked &&
        html`<blockquote dir="auto">
          ${asked.message}
          <footer class="meta">${asked.by}</footer>
        </blockquote>`
      }
      ${changesForm(visit, data)}
      <details class="spaced">
        <summary>${t('proposals.reviseByFile')}</summary>
        ${fileForm(visit, data)}
      </details>`,
  }
}

function changesForm(visit: Visit, data: ReviseData): Html {
  const { t } = visit
  const { contribution, shown, total, after, typed, carried, answering, refused } = data
  const { id, round } = contribution
  const draft = `revise ${id} ${round}`
  const wrong = Map.groupBy(refused?.details ?? [], ({ row }) => row ?? 0)
  return html`${
      total > shown.length &&
      html`<p class="note">
        ${t('proposals.reviseSome', { from: after + 1, to: after + shown.length, total })}
        ${Object.keys(carried).length > 0 && html`<strong>${t('proposals.reviseCarried', { n: carriedCount(carried) })}</strong>`}
        <a href="#turn">${t('proposals.reviseTurn')}</a>
      </p>`
    }
    <form
      class="stack"
      method="post"
      action="${address(`/contributions/${id}/revise`, { after: after === 0 ? null : after })}"
      ${draftOf(draft, t, answering)}
      data-draft-carries="row"
    >
      ${draftField(draft)}
      ${Object.entries(carried).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" data-carried />`)}
      <input type="hidden" name="round" value="${round}" />
      <input type="hidden" name="fresh" value="${freshCount(typed)}" />
      ${allPart(visit, data)} ${shown.map((change) => changeFields(visit, change, typed, wrong.get(change.position) ?? []))}
      ${turnPart(visit, data)}
      ${Array.from({ length: freshCount(typed) }, (_, i) => freshFields(visit, data, i, wrong.get(total + 1 + i) ?? []))}
      ${freshCount(typed) < reviseLimits.fresh && html`<p><button class="quiet" name="more" value="example" formnovalidate>${t('proposals.reviseMore')}</button></p>`}
      <fieldset class="stack">
        <legend>${t('proposals.forReviewers')}</legend>
        ${messageField(visit, 'message', typed)}
        ${field({
          name: 'signOff',
          label: t('proposals.signOffName'),
          control: (a) =>
            html`<input ${a} value="${typed['signOff'] ?? data.signOff}" maxlength="200" dir="auto" autocomplete="name" required />`,
        })}
        <label class="choice">
          <input type="checkbox" name="mayGive" value="yes" required ${typed['mayGive'] === 'yes' && html` checked`} />
          <span
            >${t.rich('proposals.mayGive', { link: (inside) => html`<a href="https://developercertificate.org/" rel="noreferrer">${inside}</a>` })}</span
          >
        </label>
      </fieldset>
      <p class="actions">
        <button class="primary">${t('proposals.sendRound')}</button>
        <a class="button" href="/contributions/${id}">${t('common.cancel')}</a>
      </p>
    </form>`
}

/** Turning a page is sending the form: what was typed comes back on the other page, with JavaScript or without. */
function turnPart({ t }: Visit, { shown, total, after }: ReviseData): Content {
  if (total <= shown.length) return null
  const button = (to: number, label: Content, where: 'prev' | 'next') =>
    html`<button class="${where}" name="turn" value="${to}" formnovalidate>${label}</button>`
  return html`<div class="pager" id="turn" role="group" aria-label="${t('common.pages')}">
    <span>${after > 0 && button(Math.max(0, after - reviseLimits.shown), t('proposals.reviseBefore'), 'prev')}</span>
    <span>${after + shown.length < total && button(after + shown.length, t('proposals.reviseAfter'), 'next')}</span>
  </div>`
}

/** The fields that are usually alike in all changes, and that reviewers ask about most. */
function allPart({ t }: Visit, { shared, typed }: ReviseData): Content {
  if (Object.keys(shared).length === 0) return null
  const value = (name: string) => typed[name] ?? shared[name] ?? ''
  const differs = (name: string) => (shared[name] === '' ? t('proposals.reviseDiffers') : undefined)
  const text = (name: 'source' | 'licence' | 'language', label: string) =>
    field({
      name,
      label,
      ...(differs(name) !== undefined && { hint: differs(name) }),
      control: (a) => html`<input ${a} value="${value(name)}" maxlength="500" dir="auto" autocapitalize="none" />`,
    })
  return html`<fieldset class="stack">
    <legend>${t('proposals.reviseAll')}</legend>
    ${text('source', t('proposals.sourceQuestion'))}
    <details>
      <summary>${t('proposals.reviseAllMore')}</summary>
      ${text('licence', t('proposals.licence'))} ${text('language', t('proposals.languageQuestion'))}
      ${field({
        name: 'origin',
        label: t('proposals.origin'),
        ...(differs('origin') !== undefined && { hint: differs('origin') }),
        control: (a) =>
          html`<select ${a}>
            ${shared['origin'] === '' && html`<option value="">…</option>`}
            ${origins.map((it) => html`<option value="${it}" ${it === value('origin') && html` selected`}>${t(`proposals.origin_${it}`)}</option>`)}
          </select>`,
      })}
      ${field({
        name: 'generator',
        label: t('proposals.generator'),
        control: (a) => html`<input ${a} value="${value('generator')}" maxlength="200" dir="auto" />`,
      })}
    </details>
  </fieldset>`
}

function changeFields({ t }: Visit, change: Change, typed: Typed, wrong: readonly ErrorDetail[]): Html {
  const { position, kind } = change
  const out = `row${position}-out`
  const texts = textsOf(change)
  return html`<fieldset class="stack" id="row-${position}">
    <legend>${position} · ${t(`proposals.revises_${kind}`)}</legend>
    ${wrongList(t, wrong)}
    ${texts.length === 0 ? bodyOf(t, change) : texts.map((it) => textField(t, it, typed[it.name] ?? it.text, wrong.length > 0))}
    <label class="choice">
      <input type="checkbox" name="${out}" value="yes" ${typed[out] === 'yes' && html` checked`} />
      <span>${t('proposals.reviseOut')}</span>
    </label>
  </fieldset>`
}

function freshFields({ t }: Visit, { shape, typed, total }: ReviseData, i: number, wrong: readonly ErrorDetail[]): Html {
  return html`<fieldset class="stack" id="row-${total + 1 + i}">
    <legend>${badge(t('proposals.pairAdded'), 'good')} ${t('proposals.revises_add')}</legend>
    ${wrongList(t, wrong)} ${freshTexts(shape, i).map((it) => textField(t, { ...it, text: '' }, typed[it.name] ?? '', wrong.length > 0))}
  </fieldset>`
}

function textField(t: Visit['t'], { name, role }: EditableText, value: string, wrong: boolean): Html {
  const rows = Math.min(12, Math.max(2, Math.ceil(value.length / 60)))
  return html`<div class="field">
    <label for="${name}">${t(role === 'clause' ? 'proposals.kindClause' : `proposals.role_${role}`)}</label>
    <textarea id="${name}" name="${name}" rows="${rows}" dir="auto" ${wrong && html` aria-invalid="true"`}>${value}</textarea>
  </div>`
}

function wrongList(t: Visit['t'], wrong: readonly ErrorDetail[]): Content {
  return (
    wrong.length > 0 &&
    html`<ul class="findings">
      ${wrong.map(({ sentence, severity }) => html`<li>${badge(t(severity === 'warning' ? 'said-words.warning' : 'said-words.error'), severity === 'warning' ? 'warn' : 'bad')} ${told(t, sentence)}</li>`)}
    </ul>`
  )
}

function messageField({ t }: Visit, id: string, typed: Typed): Html {
  return html`<div class="field">
    <label for="${id}">${t('proposals.roundMessage')}</label>
    <p class="hint" id="${id}-hint">${t('proposals.roundMessageHint')}</p>
    <input id="${id}" name="message" aria-describedby="${id}-hint" value="${typed['message'] ?? ''}" maxlength="2000" dir="auto" required />
  </div>`
}

function fileForm(visit: Visit, { contribution: { id }, typed }: ReviseData): Html {
  const { t } = visit
  return html`<ol>
      <li>
        ${t.rich('proposals.reviseDownload', { link: (inside) => html`<a href="/contributions/${id}/round.jsonl" download>${inside}</a>` })}
      </li>
      <li>${t('proposals.reviseChange')}</li>
      <li>${t('proposals.reviseUpload')}</li>
    </ol>
    <form class="stack" method="post" enctype="multipart/form-data" action="/contributions/${id}/revise">
      ${field({
        name: 'file',
        label: t('proposals.reviseFile'),
        hint: t('proposals.reviseFileHint'),
        control: (a) => html`<input type="file" ${a} accept=".jsonl,.ndjson,.csv,.parquet" required />`,
      })}
      ${messageField(visit, 'file-message', typed)}
      <p class="actions"><button>${t('proposals.sendRound')}</button></p>
    </form>`
}
