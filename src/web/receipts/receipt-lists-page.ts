/** Lists of receipts: of a release, one a person; of a person, one a release. */

import type { ReceiptLine } from '../../domain/receipts/receipt.ts'
import { address, html, modelPath, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { badge, empty, pager } from '../parts/basics.ts'
import { ago } from '../parts/time.ts'
import type { Visit } from '../visit.ts'

interface OfRelease {
  readonly model: { readonly owner: string; readonly name: string }
  readonly version: string
  /** False while they are being written. */
  readonly issued: boolean
  readonly receipts: readonly ReceiptLine[]
  readonly more: boolean
}

export function releaseReceiptsPage(visit: Visit, { model, version, issued, receipts, more }: OfRelease): Page {
  const { t } = visit
  const at = modelPath(model, `/releases/${encodeURIComponent(version)}/receipts`)
  const last = receipts.at(-1)
  return {
    title: t('receipts.ofRelease', { version }),
    community: { model, section: 'releases' },
    width: 'text',
    json: `/api${at}`,
    main: html`<p class="soft">${t('receipts.ofReleaseIntro')}</p>
      ${!issued && html`<p class="note">${t('receipts.beingWritten')}</p>`}
      ${
        receipts.length === 0
          ? empty(
              t('receipts.noneOfRelease'),
              html`<a class="button" href="${modelPath(model, `/releases/${encodeURIComponent(version)}`)}">${version}</a>`,
            )
          : html`<ul class="rows">
              ${receipts.map((receipt) => row(visit, receipt, html`<bdi>${receipt.person}</bdi>`))}
            </ul>`
      }
      ${pager(t, { older: more && last ? address(at, { after: last.id }) : null })}`,
  }
}

interface OfPerson {
  readonly name: string
  readonly displayName: string | null
  readonly isVisitor: boolean
  readonly receipts: readonly ReceiptLine[]
  readonly more: boolean
}

export function personReceiptsPage(visit: Visit, { name, displayName, isVisitor, receipts, more }: OfPerson): Page {
  const { t } = visit
  const at = `/people/${encodeURIComponent(name)}/receipts`
  const last = receipts.at(-1)
  return {
    title: isVisitor ? t('receipts.yours') : t('receipts.ofPerson', { name: displayName ?? name }),
    width: 'text',
    json: `/api${at}`,
    feed: `/feeds/people/${encodeURIComponent(name)}.atom`,
    main: html`<p class="soft">${t('receipts.ofPersonIntro')}</p>
      ${
        receipts.length === 0
          ? empty(t('receipts.noneOfPerson'), html`<a class="button primary" href="/models">${t('common.communities')}</a>`)
          : html`<ul class="rows">
              ${receipts.map((receipt) => row(visit, receipt, releaseOf(receipt)))}
            </ul>`
      }
      ${pager(t, { older: more && last ? address(at, { after: last.id }) : null })}`,
  }
}

const releaseOf = ({ model, version }: ReceiptLine): Html => html`<bdi>${model} ${version}</bdi>`

/** What it says in figures; nothing is added up that was measured apart. */
export function row({ t, locale }: Visit, { digest, figures, createdAt }: ReceiptLine, title: Html): Html {
  const { included, standing, measured, reviewed, notIncluded } = figures
  return html`<li>
    <p class="row-title">
      <a href="/receipts/${digest}">${title}</a> ${measured > 0 && badge(t('receipts.rowMeasured', { n: measured }), 'good')}
    </p>
    <p class="meta">
      ${included > 0 && html`${t('receipts.rowIncluded', { n: included, examples: standing })} · `}
      ${reviewed > 0 && html`${t('receipts.rowReviewed', { n: reviewed })} · `}
      ${notIncluded > 0 && html`${t('receipts.rowNotIncluded', { n: notIncluded })} · `} ${ago(locale, createdAt)}
    </p>
  </li>`
}
