/** Proposing a change of the charter: what a clause says, how it is tested, and what follows where a release breaks it. */

import { clauseBlocks, type Charter } from '../../domain/models/charter.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import type { AppError } from '../../errors.ts'
import { draftField, draftOf } from '../draft.ts'
import type { Typed } from '../form.ts'
import { html, modelPath, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { field } from '../parts/basics.ts'
import type { Visit } from '../visit.ts'
import { rowsOf, type ClauseAim } from './clause-form.ts'

export interface ProposeClauseData {
  readonly model: CommunityModel
  readonly charter: Charter
  readonly aim: ClauseAim
  readonly typed: Typed
  readonly refused: AppError | null
  readonly action: string
  readonly draft: string
}

export function proposeClausePage(visit: Visit, data: ProposeClauseData): Page {
  const { t } = visit
  const { model, aim, refused, action, draft } = data
  const titles = { add: 'charter.addTitle', edit: 'charter.editTitle', remove: 'charter.removeTitle' } as const
  return {
    title: t(titles[aim.kind], { number: aim.kind === 'add' ? '' : String(aim.clause.number) }),
    width: 'text',
    community: { model, section: 'charter' },
    modules: ['draft'],
    refused,
    main: html`${aim.kind === 'remove' && html`<blockquote class="clause-whole" dir="auto">${aim.clause.text}</blockquote>`}
      <p class="soft">${t(aim.kind === 'remove' ? 'charter.removeHint' : 'charter.proposeHint')}</p>
      <form class="stack" method="post" action="${action}" ${draftOf(draft, t)}>
        ${draftField(draft)} ${aim.kind !== 'remove' && clauseFields(visit, data)} ${lastFields(visit, data)}
        <p class="actions">
          <button class="primary">${t('charter.send')}</button>
          <a class="button" href="${modelPath(model, '/charter')}">${t('common.cancel')}</a>
        </p>
      </form>`,
  }
}

function clauseFields({ t }: Visit, { typed, charter, aim }: ProposeClauseData): Html {
  const others = charter.clauses.filter(({ number }) => aim.kind === 'add' || number !== aim.clause.number)
  return html`${field({
      name: 'text',
      label: t('charter.text'),
      hint: t('charter.textHint'),
      control: (attributes) =>
        html`<textarea ${attributes} rows="3" maxlength="1000" dir="auto" required>${'\n'}${typed['text'] ?? ''}</textarea>`,
    })}
    ${
      others.length > 0 &&
      field({
        name: 'place',
        label: t('charter.place'),
        control: (attributes) =>
          html`<select ${attributes}>
            <option value="">${t(aim.kind === 'add' ? 'charter.placeEnd' : 'charter.placeSame')}</option>
            <option value="0" ${typed['place'] === '0' && html` selected`}>${t('charter.placeFirst')}</option>
            ${others.map(
              ({ number, text }) =>
                html`<option value="${number}" ${typed['place'] === String(number) && html` selected`}>
                  ${t('charter.placeAfter', { number: String(number), text: text.slice(0, 60) })}
                </option>`,
            )}
          </select>`,
      })
    }
    <fieldset class="stack">
      <legend>${t('charter.cases')}</legend>
      <p class="hint soft small">${t('charter.casesHint')}</p>
      <input type="hidden" name="rows" value="${rowsOf(typed)}" />
      ${Array.from({ length: rowsOf(typed) }, (_, i) => caseFieldset(t, typed, i))}
      <p><button class="quiet" name="more" value="cases" formnovalidate>${t('charter.moreCases')}</button></p>
    </fieldset>
    <fieldset class="stack">
      <legend>${t('charter.consequence')}</legend>
      ${clauseBlocks.map(
        (one) =>
          html`<label class="choice">
            <input type="radio" name="blocks" value="${one}" ${(typed['blocks'] ?? 'when-lost') === one && html` checked`} />
            <span>${t(`charter.blocks_${one}`)}</span>
          </label>`,
      )}
      ${field({
        name: 'tolerance',
        label: t('charter.tolerance'),
        hint: t('charter.toleranceHint'),
        control: (attributes) => html`<input type="number" ${attributes} min="0" max="99" value="${typed['tolerance'] ?? '0'}" />`,
      })}
    </fieldset>`
}

function caseFieldset(t: Visit['t'], typed: Typed, i: number): Html {
  const at = (name: string) => typed[`${name}${i}`] ?? ''
  const open = at('question') !== '' || i === 0
  const input = (name: string, label: string, attributes: Html = html``) =>
    html`<div class="field">
      <label for="${name}${i}">${label}</label>
      <input id="${name}${i}" name="${name}${i}" value="${at(name)}" ${attributes} />
    </div>`
  const area = (name: string, label: string) =>
    html`<div class="field">
      <label for="${name}${i}">${label}</label>
      <textarea class="low" id="${name}${i}" name="${name}${i}" rows="2" dir="auto">${at(name)}</textarea>
    </div>`
  return html`<details class="case" ${open && html` open`}>
    <summary>${t('charter.caseN', { n: i + 1 })} <span class="soft" dir="auto">${at('question').slice(0, 60)}</span></summary>
    <div class="stack">
      ${area('question', t('charter.question'))}
      <div class="halves">${area('any', t('charter.ruleAny'))} ${area('none', t('charter.ruleNone'))}</div>
      <div class="halves">
        ${input('script', t('charter.ruleScript'), html`placeholder="Deva" autocapitalize="none" dir="ltr"`)}
        ${input('most', t('charter.ruleMost'), html`inputmode="numeric" dir="ltr"`)}
      </div>
      ${input('exactly', t('charter.ruleExactly'), html`dir="auto"`)}
    </div>
  </details>`
}

function lastFields({ t }: Visit, { typed }: ProposeClauseData): Html {
  return html`${field({
      name: 'message',
      label: t('charter.message'),
      hint: t('charter.messageHint'),
      control: (attributes) => html`<input ${attributes} value="${typed['message'] ?? ''}" maxlength="2000" dir="auto" required />`,
    })} <input type="hidden" name="signOff" value="${typed['signOff'] ?? ''}" />`
}
