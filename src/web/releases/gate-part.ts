/** What the gate said of a release or a candidate, suite by suite and clause by clause. */

import type { ClauseVerdict, GateReport } from '../../domain/releases/release.ts'
import { html, modelPath, type Content, type Html } from '../markup.ts'
import type { Translate } from '../messages.ts'
import { badge, modelText, userText } from '../parts/basics.ts'
import { percent } from '../parts/figures.ts'
import { told } from '../said/told.ts'
import type { Visit } from '../visit.ts'
import { differencePlots, scoreTable } from './score-parts.ts'

/** What it was compared with, in the page's language: "the base bundled" or "release 0.1.0". */
export function againstText(t: Translate, against: string): string {
  const release = /^release (.+)$/.exec(against)?.[1]
  const base = /^the base (.+)$/.exec(against)?.[1]
  return release !== undefined ? t('releases.againstRelease', { version: release }) : t('releases.againstBase', { name: base ?? against })
}

/** Plots and table of all that was measured. */
export function measurements(visit: Visit, model: string, gate: GateReport, subject: string, version?: string): Html {
  const { t } = visit
  const previous = /^release (.+)$/.exec(gate.against)?.[1] ?? null
  return html`${differencePlots(
    visit,
    gate.suites.map(({ comparison }) => comparison),
    againstText(t, gate.against),
  )}
  ${scoreTable(visit, model, gate.suites, { subject, previous, ...(version !== undefined && { version }) })}
  ${
    previous !== null &&
    html`<details>
      <summary>${t('releases.withBase')}</summary>
      ${differencePlots(
        visit,
        gate.suites.map(({ withBase }) => withBase),
        t('releases.base'),
      )}
    </details>`
  }`
}

/** Whether it holds, and of each suite why. */
export function gateVerdict(visit: Visit, gate: GateReport): Html {
  const { t } = visit
  return html`<p class="note ${gate.passed ? 'good' : 'bad'}">
      <strong>${gate.passed ? t('releases.gateHolds') : t('releases.gateRefuses')}</strong>
      ${t('releases.gateRule', { against: againstText(t, gate.against) })}
    </p>
    <ul class="reasons">
      ${gate.suites.map(
        ({ name, passed, reason }) =>
          html`<li>
            ${passed ? badge(t('releases.passed'), 'good') : badge(t('releases.blocked'), 'bad')} <bdi><strong>${name}</strong></bdi>
            <p class="meta">${told(t, reason.startsWith(`${name}: `) ? reason.slice(name.length + 2) : reason)}</p>
          </li>`,
      )}
    </ul>`
}

/** Clause by clause; nothing is said beyond what the clauses' own cases gave. */
export function clauseVerdicts(visit: Visit, model: string, clauses: readonly ClauseVerdict[]): Html {
  const { t } = visit
  return html`<p>${t('releases.charterWhat')}</p>
    <ol class="clause-verdicts">
      ${clauses.map((clause) => clauseRow(visit, model, clause))}
    </ol>`
}

const clauseTones = { kept: 'good', broken: 'bad', 'not-tested': 'plain' } as const

function clauseRow({ t, locale }: Visit, model: string, clause: ClauseVerdict): Html {
  const { number, text, state, before, blocks, tolerance, cases, failed, failing } = clause
  const said: Content =
    state === 'not-tested'
      ? t('releases.clauseNoCases')
      : html`${t('releases.clauseCases', { kept: cases - failed, n: cases })}
        ${tolerance > 0 && t('releases.clauseTolerance', { share: percent(locale, tolerance) })}
        ${before !== null && before !== 'not-tested' && before !== state && t(before === 'kept' ? 'releases.clauseWasKept' : 'releases.clauseWasBroken')}`
  return html`<li value="${number}">
    <p>
      <a href="${modelPath(model, `/charter#clause-${number}`)}" dir="auto"><bdi>${text}</bdi></a>
      ${badge(t(`releases.clause_${state}`), clauseTones[state])}
    </p>
    <p class="meta">${said} ${state !== 'not-tested' && t(`releases.clauseBlocks_${blocks}`)}</p>
    ${
      failing.length > 0 &&
      html`<details>
        <summary>${t('releases.clauseFailing', { n: failing.length })}</summary>
        ${failing.map(
          ({ question, answer, why }) =>
            html`<div class="case">
              ${userText(question)} ${modelText(answer === '' ? t('releases.noAnswer') : answer)}
              <p class="meta">${told(t, why)}</p>
            </div>`,
        )}
      </details>`
    }
  </li>`
}
