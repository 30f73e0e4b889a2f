/** What happened, newest first, a line each. */

import type { Activity } from '../../domain/receipts/activity-queries.ts'
import { html, type Html } from '../markup.ts'
import type { Visit } from '../visit.ts'
import { badge, person } from './basics.ts'
import { ago } from './time.ts'

export function activityRows({ t, locale }: Visit, activities: readonly Activity[]): Html {
  return html`<ul class="rows">
    ${activities.map(
      (it) =>
        html`<li>
          <p class="row-title"><a href="${it.link}" dir="auto">${it.title}</a></p>
          <p class="meta">
            ${badge(t(`home.kind_${it.kind}`), it.kind === 'release' ? 'accent' : 'plain')} ${person(t, it.author)} · ${ago(locale, it.at)}
          </p>
        </li>`,
    )}
  </ul>`
}
