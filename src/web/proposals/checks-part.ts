/** What the checks of a proposal remarked, row by row. What they refuse never becomes a proposal. */

import type { ContributionRound, Finding } from '../../domain/contributions/contribution.ts'
import { html, type Html } from '../markup.ts'
import { told } from '../said/told.ts'
import type { Visit } from '../visit.ts'
import { changesShown } from './read-proposal.ts'

/** Findings shown at once; the rest are a press away. */
const shown = 12

export function checksPart({ t }: Visit, id: number, round: ContributionRound): Html {
  const { checks } = round
  return html`<section aria-labelledby="checks-title">
    <h2 id="checks-title">${t('proposals.checks')}</h2>
    ${
      checks.length === 0
        ? html`<p class="note good">${t('proposals.checksClean')}</p>`
        : html`<p>${t('proposals.checksRemarked', { n: checks.length })}</p>
            ${list(checks.slice(0, shown))}
            ${
              checks.length > shown &&
              html`<details>
                <summary>${t('proposals.checksMore', { n: checks.length - shown })}</summary>
                ${list(checks.slice(shown))}
              </details>`
            }`
    }
  </section>`

  function list(findings: readonly Finding[]): Html {
    return html`<ul class="rows findings">
      ${findings.map(
        ({ check, row, sentence }) =>
          html`<li>
            <span class="badge warn">${t(`proposals.check_${check}`)}</span>
            ${row !== null && html`<a href="${toRow(id, row)}">${t('proposals.row', { row: String(row) })}</a>`}
            <span>${told(t, sentence)}</span>
          </li>`,
      )}
    </ul>`
  }
}

/** The page of changes on which a row stands. */
export function toRow(id: number, row: number): string {
  const after = Math.floor((row - 1) / changesShown) * changesShown
  return `/contributions/${id}${after > 0 ? `?after=${after}` : ''}#change-${row}`
}
