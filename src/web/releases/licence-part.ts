/** The licence verdict of a release: what is allowed, why, what would change it, and that it is no legal advice. */

import type { LicenceReason, LicenceVerdict, Permission } from '../../domain/lineage/licence-verdict.ts'
import { html, type Html } from '../markup.ts'
import type { Translate } from '../messages.ts'
import { badge, type Tone } from '../parts/basics.ts'
import { count } from '../parts/figures.ts'
import { told } from '../said/told.ts'
import type { Visit } from '../visit.ts'

const tones: Record<Permission, Tone> = { allowed: 'good', 'not-allowed': 'bad', unknown: 'warn' }

export function permissionBadge(t: Translate, permission: Permission): Html {
  return badge(t(`releases.permission_${permission}`), tones[permission])
}

export function licenceVerdict(visit: Visit, verdict: LicenceVerdict): Html {
  const { t } = visit
  const { expression, summary, commercialUse, derivatives, conditions, why, fix, notLegalAdvice } = verdict
  return html`<dl class="facts">
      <dt>${t('releases.licences')}</dt>
      <dd><code>${expression}</code></dd>
      <dt>${t('releases.commercialUse')}</dt>
      <dd>${permissionBadge(t, commercialUse)}</dd>
      <dt>${t('releases.derivatives')}</dt>
      <dd>${permissionBadge(t, derivatives)}</dd>
    </dl>
    <p>${told(t, summary)}</p>
    ${
      conditions.length > 0 &&
      html`<h3>${t('releases.conditions')}</h3>
        <ul>
          ${conditions.map((condition) => html`<li>${told(t, condition)}</li>`)}
        </ul>`
    }
    ${fix !== null && html`<p class="note warn"><strong>${t('releases.licenceFix')}</strong> ${told(t, fix)}</p>`}
    ${
      why.length > 0 &&
      html`<details>
        <summary>${t('releases.whyPath', { n: why.length })}</summary>
        <ol class="why">
          ${why.slice(0, shown).map((reason) => reasonRow(visit, reason))}
        </ol>
        ${why.length > shown && html`<p class="soft">${t('releases.whyMore', { n: why.length - shown })}</p>`}
      </details>`
    }
    <p class="soft"><strong>${t('releases.notLegalAdvice')}</strong> ${told(t, notLegalAdvice)}</p>`
}

/** Reasons on the page; all are in its JSON. */
const shown = 60

function reasonRow({ t, locale }: Visit, { input, chosen, sentence }: LicenceReason): Html {
  const what = told(t, input.what)
  return html`<li>
    ${input.link === null ? what : html`<a href="${input.link}">${what}</a>`}
    <span class="soft"
      >(${input.role === 'examples' ? t('common.examples', { n: input.count }) : t(`releases.input_${input.role}`)}${
        input.count > 1 && input.role !== 'examples' && html`, ${count(locale, input.count)}`
      })</span
    >
    <code>${chosen === input.licence ? input.licence : `${input.licence} → ${chosen}`}</code>
    <p class="meta">${told(t, sentence)}</p>
  </li>`
}
