/** Trust, stated plainly: the number, what it opens, everything it is made from, and the formula. */

import type { CountedEvent } from '../../domain/people/trust.ts'
import type { TrustPage } from '../../domain/reviews/trust-page.ts'
import { html, modelPath, type Html } from '../markup.ts'
import { badge, table } from '../parts/basics.ts'
import { count, percent } from '../parts/figures.ts'
import { ago } from '../parts/time.ts'
import type { Visit } from '../visit.ts'

/** More events than anybody reads; the number counts all. */
const shownEvents = 12

export function trustPart(visit: Visit, pages: readonly TrustPage[]): Html {
  const { t } = visit
  return html`<h2 id="trust">${t('profile.trust')}</h2>
    <p class="soft">${t('profile.trustIntro')}</p>
    ${pages.map((page) => trustOf(visit, page))}`
}

function trustOf(visit: Visit, page: TrustPage): Html {
  const { t, locale } = visit
  const { model, value, newcomer, patrolled, newcomerBelow, patrolFrom, formula, events } = page
  const [width, at] = [640, (share: number) => (share * 640).toFixed(1)]
  return html`<section class="trust">
    <h3>
      <a href="${modelPath(model)}"><bdi>${model}</bdi></a>
    </h3>
    <p>
      <strong>${percent(locale, value)}</strong> ${newcomer && badge(t('profile.newcomer'), 'plain')}
      ${patrolled && badge(t('profile.patrolled'), 'good')}
    </p>
    <svg class="bar" viewBox="0 0 ${width} 18" preserveAspectRatio="none" aria-hidden="true">
      <rect class="rest" x="0" y="0" width="${width}" height="18" />
      <rect class="good" x="0" y="0" width="${at(value)}" height="18" />
      <rect class="mark" x="${at(newcomerBelow)}" y="0" width="2" height="18" />
      <rect class="mark" x="${at(patrolFrom)}" y="0" width="2" height="18" />
    </svg>
    <p class="small soft">${t('profile.thresholds', { newcomer: percent(locale, newcomerBelow), patrol: percent(locale, patrolFrom) })}</p>
    <details>
      <summary>${t('profile.madeFrom')}</summary>
      ${
        events.length === 0
          ? html`<p class="soft">${t('profile.noEvents')}</p>`
          : table(
              t('profile.eventsCaption', { shown: Math.min(shownEvents, events.length), all: events.length }),
              [t('profile.event'), t('profile.when'), t('profile.weight')],
              events.slice(0, shownEvents).map((event) => eventRow(visit, event)),
              [2],
            )
      }
      <p class="small">${t('profile.formula')}</p>
      <pre lang="en" tabindex="0">${formula.join('\n')}</pre>
    </details>
  </section>`
}

function eventRow({ t, locale }: Visit, { kind, contribution, by, changes, of, at, counts, weight }: CountedEvent): Html {
  const sign = counts === 'good' ? '+' : '−'
  return html`<tr>
    <td>
      <a href="/contributions/${contribution}">${t('profile.contribution', { id: String(contribution) })}</a>:
      ${t(`profile.event_${kind}`, { changes, of })}
      ${by !== null && html`(<a href="/contributions/${by}">${t('profile.contribution', { id: String(by) })}</a>)`}
    </td>
    <td>${ago(locale, at)}</td>
    <td class="number">${sign}${count(locale, Math.round(weight * 100) / 100)}</td>
  </tr>`
}
