/** A community as a list shows it. */

import type { CommunityCard } from '../../domain/releases/community-cards.ts'
import { html, modelPath, type Html } from '../markup.ts'
import { languageList } from '../parts/languages.ts'
import { commercialUse } from '../parts/licence.ts'
import { opennessBadge } from '../parts/openness.ts'
import { ago } from '../parts/time.ts'
import type { Visit } from '../visit.ts'

export function communityCard({ t, locale }: Visit, it: CommunityCard): Html {
  return html`<li class="card">
    <h3>
      <a href="${modelPath(it)}"
        ><bdi dir="ltr">${it.owner}/<wbr />${it.name}</bdi></a
      >
    </h3>
    ${it.description && html`<p dir="auto">${firstWords(it.description)}</p>`}
    <p class="meta">
      ${it.languages.length > 0 && html`${languageList(locale, it.languages)} · `}${
        it.release
          ? html`${t('community.releaseNamed', { version: it.release.version })}, ${ago(locale, it.release.createdAt)}`
          : t('community.noReleaseYet')
      }
    </p>
    ${it.release && html`<p>${commercialUse(t, it.release.commercialUse)} ${opennessBadge(t, it.release.openness)}</p>`}
  </li>`
}

/** A card has room for a sentence or two. */
const most = 180

function firstWords(text: string): string {
  if (text.length <= most) return text
  const cut = text.slice(0, most)
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), most / 2))} …`
}
