/** The home page: what this is, which communities there are, what just happened, how to begin. */

import type { Activity } from '../../domain/receipts/activity.ts'
import type { CommunityCard } from '../../domain/releases/community-cards.ts'
import { communityCard } from '../community/community-card.ts'
import { html, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { activityRows } from '../parts/activity.ts'
import { empty } from '../parts/basics.ts'
import type { Visit } from '../visit.ts'

export interface HomeFacts {
  readonly communities: readonly CommunityCard[]
  readonly more: boolean
  readonly recent: readonly Activity[]
}

export function homePage(visit: Visit, { communities, more, recent }: HomeFacts): Page {
  const { t } = visit
  return {
    title: 'Commonweights',
    heading: t('home.heading'),
    json: '/api/models',
    main: html`<p class="lead">${t('home.lead')}</p>
      <p class="actions">
        ${
          communities[0] &&
          html`<a
            class="button primary"
            href="/models/${encodeURIComponent(communities[0].owner)}/${encodeURIComponent(communities[0].name)}/talk"
            >${t('home.talk')}</a
          >`
        }
        <a class="button" href="/models/new">${t('home.start')}</a>
        <a class="button quiet" href="/about">${t('home.how')}</a>
      </p>
      <h2>${t('common.communities')}</h2>
      ${
        communities.length === 0
          ? empty(t('home.none'), html`<a class="button primary" href="/models/new">${t('home.start')}</a>`)
          : html`<ul class="cards">
              ${communities.map((it) => communityCard(visit, it))}
            </ul>`
      }
      ${more && html`<p><a href="/models">${t('home.allCommunities')}</a></p>`} ${loop(visit)}
      ${
        recent.length > 0 &&
        html`<h2>${t('common.recentChanges')}</h2>
          ${activityRows(visit, recent)}
          <p><a href="/changes">${t('home.allChanges')}</a></p>`
      }`,
  }
}

/** The loop in four steps, each with the page where it happens. */
function loop({ t }: Visit): Html {
  const steps = ['Offer', 'Review', 'Train', 'Answer'] as const
  return html`<h2>${t('home.loop')}</h2>
    <ol class="steps">
      ${steps.map(
        (it) =>
          html`<li>
            <strong>${t(`home.step${it}`)}</strong>
            <p>${t(`home.step${it}Text`)}</p>
          </li>`,
      )}
    </ol>`
}
