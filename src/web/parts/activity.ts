/** What happened, newest first, a line each. A release is its community's doing, everything else a person's. */

import type { Activity } from '../../domain/receipts/activity.ts'
import { html, modelPath, type Html } from '../markup.ts'
import type { Visit } from '../visit.ts'
import { badge, person } from './basics.ts'
import { told } from '../said/told.ts'
import { ago } from './time.ts'

export function activityRows({ t, locale }: Visit, activities: readonly Activity[]): Html {
  return html`<ul class="rows">
    ${activities.map(
      (it) =>
        html`<li>
          <p class="row-title"><a href="${it.link}" dir="auto">${it.kind === 'release' ? it.title : told(t, it.title)}</a></p>
          <p class="meta">
            ${badge(t(`home.kind_${it.kind}`), it.kind === 'release' ? 'accent' : 'plain')}
            ${it.author.includes('/') ? html`<a href="${modelPath(it.author)}"><bdi>${it.author}</bdi></a>` : person(t, it.author)} ·
            ${ago(locale, it.at)}
          </p>
        </li>`,
    )}
  </ul>`
}
