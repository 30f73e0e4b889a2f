/** A case somebody proposes for a suite of old mistakes, or proposes to take out of it; others review it like any proposal. */

import type { CommunityModel } from '../../domain/models/community-model.ts'
import type { SuiteSample } from '../../domain/models/suite.ts'
import type { AppError } from '../../errors.ts'
import { languageField, licenceField, originField, signOffFields } from '../chat/terms-fields.ts'
import { draftField, draftOf } from '../draft.ts'
import type { Typed } from '../form.ts'
import { address, html, modelPath } from '../markup.ts'
import type { Page } from '../page.ts'
import { field, userText } from '../parts/basics.ts'
import type { Visit } from '../visit.ts'
import { expectedText, sampleText } from './case-part.ts'

export interface ProposeCaseData {
  readonly model: CommunityModel
  /** The name of the suite; it may not be there yet. */
  readonly suite: string
  /** Whether no release is asked it: the case would wait there with the others. */
  readonly retired: boolean
  /** What is to be taken out, and of which version of the suite; null: a case is added. */
  readonly removing: { readonly number: number; readonly digest: string; readonly sample: SuiteSample } | null
  readonly languages: readonly string[]
  readonly typed: Typed
  readonly refused: AppError | null
}

export function proposeCasePage(visit: Visit, data: ProposeCaseData): Page {
  const { t } = visit
  const { model, suite, removing, languages, typed, refused } = data
  const draft = `case ${model.id} ${suite} ${removing?.number ?? ''}`
  const why = field({
    name: 'message',
    label: t('suites.caseWhy'),
    control: (a) => html`<input ${a} value="${typed['message'] ?? ''}" maxlength="2000" dir="auto" required />`,
  })
  return {
    title: t(removing ? 'suites.proposeRemoveTitle' : 'suites.proposeCaseTitle', { suite }),
    width: 'text',
    community: { model, section: 'suites' },
    modules: ['draft'],
    refused,
    main: html`<p class="lead">${t(removing ? 'suites.proposeRemoveLead' : 'suites.proposeCaseLead')}</p>
      ${data.retired && html`<p class="note warn">${t('suites.proposeRetired')}</p>`}
      ${
        removing &&
        html`<section class="card">
          ${userText(sampleText(removing.sample), removing.sample.language)}
          <p class="meta">${expectedText(visit, removing.sample)}</p>
        </section>`
      }
      <form
        class="stack"
        method="post"
        action="${address(modelPath(model, '/propose-case'), { suite, remove: removing?.number })}"
        ${draftOf(draft, t)}
      >
        ${draftField(draft)}
        ${
          removing
            ? html`<input type="hidden" name="digest" value="${removing.digest}" />${why}`
            : html`${field({
                name: 'question',
                label: t('suites.caseQuestion'),
                control: (a) => html`<textarea ${a} rows="3" dir="auto" maxlength="20000" required>${typed['question'] ?? ''}</textarea>`,
              })}
              ${field({
                name: 'expected',
                label: t('suites.caseExpected'),
                hint: t('suites.caseExpectedHint'),
                control: (a) => html`<textarea ${a} rows="2" dir="auto" maxlength="20000" required>${typed['expected'] ?? ''}</textarea>`,
              })}
              ${languageField(visit, languages, typed)} ${originField(visit, typed)} ${licenceField(visit, model, typed)} ${why}
              ${signOffFields(visit, typed)}`
        }
        <p class="actions">
          <button class="primary">${t('suites.caseSend')}</button>
          <a class="button quiet" href="${modelPath(model, '/suites')}">${t('common.cancel')}</a>
        </p>
      </form>`,
  }
}
