/** Where a file is chosen or a table is pasted, and where uploads that wait are found again. */

import { uploadLimits, type Upload } from '../../domain/contributions/upload.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import type { AppError } from '../../errors.ts'
import { html, modelPath } from '../markup.ts'
import type { Page } from '../page.ts'
import { field } from '../parts/basics.ts'
import { ago } from '../parts/time.ts'
import type { Visit } from '../visit.ts'

export interface NewUploadData {
  readonly model: CommunityModel
  readonly uploads: readonly Upload[]
  readonly refused: AppError | null
  /** Pasted so far. */
  readonly text: string
}

export function newUploadPage({ t, locale }: Visit, { model, uploads, refused, text }: NewUploadData): Page {
  const number = (value: number) => value.toLocaleString(locale.tag)
  return {
    title: t('upload.title', { community: `${model.owner}/${model.name}` }),
    heading: t('upload.heading'),
    community: { model, section: 'proposals' },
    json: '/api/uploads',
    refused,
    main: html`${
        uploads.length > 0 &&
        html`<h2>${t('upload.waiting')}</h2>
          <ul class="rows">
            ${uploads.map(
              ({ id, name, counts, touchedAt }) =>
                html`<li>
                  <p class="row-title"><a href="/uploads/${id}" dir="auto">${name}</a></p>
                  <p class="meta">
                    ${t('upload.counts', { passes: counts.passes + counts.remarks, fails: counts.fails, leftOut: counts.leftOut })} ·
                    ${ago(locale, touchedAt)}
                  </p>
                </li>`,
            )}
          </ul>
          <h2>${t('upload.another')}</h2>`
      }
      <p class="lead">${t('upload.lead')}</p>
      <form class="stack card" method="post" enctype="multipart/form-data" action="${modelPath(model, '/upload')}">
        ${field({
          name: 'text',
          label: t('upload.paste'),
          hint: t('upload.pasteHint'),
          control: (attributes) => html`<textarea ${attributes} rows="10" dir="auto" spellcheck="false">${text}</textarea>`,
        })}
        ${field({
          name: 'file',
          label: t('upload.file'),
          hint: t('upload.fileHint', { rows: number(uploadLimits.rows), megabytes: number(uploadLimits.bytes / 1024 / 1024) }),
          control: (attributes) => html`<input type="file" ${attributes} accept=".csv,.jsonl,.ndjson,.parquet" />`,
        })}
        <p class="actions"><button class="primary">${t('upload.examine')}</button></p>
        <p class="soft">${t('upload.kept', { days: uploadLimits.days })}</p>
      </form>
      <h2>${t('upload.shape')}</h2>
      <p>${t('upload.shapeText')}</p>
      <pre tabindex="0" dir="ltr">
prompt,completion
"28 March in Marathi?","२८ मार्च"
"5 April in Marathi?","५ एप्रिल"</pre>`,
  }
}
