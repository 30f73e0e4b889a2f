/** Revising a proposal of many changes: its rows are downloaded, changed, and handed in again as the next round. */

import type { Contribution } from '../../domain/contributions/contribution.ts'
import type { AppError } from '../../errors.ts'
import { draftField, draftOf } from '../draft.ts'
import { html } from '../markup.ts'
import type { Page } from '../page.ts'
import { field } from '../parts/basics.ts'
import type { Visit } from '../visit.ts'
import { modelOf } from './round-pages.ts'

export function reviseFilePage(
  { t }: Visit,
  contribution: Contribution,
  typed: { readonly message: string; readonly refused?: AppError | null },
): Page {
  const { id, round } = contribution
  const draft = `revise ${id} ${round}`
  return {
    title: t('proposals.reviseTitle', { id: String(id) }),
    width: 'text',
    community: { model: modelOf(contribution), section: 'proposals' },
    modules: ['draft'],
    refused: typed.refused ?? null,
    main: html`<ol>
        <li>
          ${t.rich('proposals.reviseDownload', { link: (inside) => html`<a href="/contributions/${id}/round.jsonl" download>${inside}</a>` })}
        </li>
        <li>${t('proposals.reviseChange')}</li>
        <li>${t('proposals.reviseUpload')}</li>
      </ol>
      <form class="stack" method="post" enctype="multipart/form-data" action="/contributions/${id}/revise" ${draftOf(draft, t)}>
        ${draftField(draft)}
        ${field({
          name: 'file',
          label: t('proposals.reviseFile'),
          hint: t('proposals.reviseFileHint'),
          control: (attributes) => html`<input type="file" ${attributes} accept=".jsonl,.ndjson,.csv,.parquet" required />`,
        })}
        ${field({
          name: 'message',
          label: t('proposals.roundMessage'),
          hint: t('proposals.roundMessageHint'),
          control: (attributes) => html`<input ${attributes} value="${typed.message}" maxlength="2000" dir="auto" required />`,
        })}
        <p class="actions">
          <button class="primary">${t('proposals.sendRound')}</button>
          <a class="button" href="/contributions/${id}">${t('common.cancel')}</a>
        </p>
      </form>`,
  }
}
