/** All communities, and the form that founds one. */

import type { BaseModel } from '../../domain/models/base-model.ts'
import type { CommunityCard } from '../../domain/releases/community-cards.ts'
import type { Typed } from '../form.ts'
import { address, html } from '../markup.ts'
import type { Page } from '../page.ts'
import { empty, field, pager } from '../parts/basics.ts'
import type { Visit } from '../visit.ts'
import { communityCard } from './community-card.ts'

export function communitiesPage(visit: Visit, cards: readonly CommunityCard[], more: boolean): Page {
  const { t } = visit
  const start = html`<a class="button primary" href="/models/new">${t('home.start')}</a>`
  return {
    title: t('common.communities'),
    json: '/api/models',
    main: html`${
      cards.length === 0
        ? empty(t('home.none'), start)
        : html`<p class="actions">${start}</p>
            <h2 class="visually-hidden">${t('common.communities')}</h2>
            <ul class="cards">
              ${cards.map((it) => communityCard(visit, it))}
            </ul>`
    }
    ${pager(t, { older: more ? address('/models', { after: cards.at(-1)?.id }) : null })}`,
  }
}

export function newCommunityPage(
  visit: Visit,
  { typed, bases }: { readonly typed: Typed | null; readonly bases: readonly BaseModel[] },
): Page {
  const { t, actor } = visit
  const said = typed ?? { owner: actor?.kind === 'person' ? actor.name : '' }
  const text = (name: string) => said[name] ?? ''
  const page = { title: t('home.start'), json: '/api/models', width: 'text' } as const
  if (bases.length === 0) return { ...page, main: empty(t('community.noBase'), html`<code>npm run -s cw -- base add …</code>`) }
  return {
    ...page,
    main: html`<p>${t('community.newLead')}</p>
      <form class="stack" method="post" action="/models/new">
        ${field({
          name: 'owner',
          label: t('community.owner'),
          hint: t('community.ownerHint'),
          control: (a) => html`<input ${a} required maxlength="40" value="${text('owner')}" autocapitalize="none" spellcheck="false" />`,
        })}
        ${field({
          name: 'name',
          label: t('community.name'),
          hint: t('community.nameHint'),
          control: (a) => html`<input ${a} required maxlength="40" value="${text('name')}" autocapitalize="none" spellcheck="false" />`,
        })}
        ${field({
          name: 'base',
          label: t('community.base'),
          hint: t('community.baseHint'),
          control: (a) =>
            html`<select ${a}>
              ${bases.map(
                (it) =>
                  html`<option value="${it.name}" ${it.name === text('base') && html` selected`}>
                    ${it.name} · ${(it.parameters / 1e6).toFixed(it.parameters < 1e7 ? 1 : 0)} M · ${it.licence}
                  </option>`,
              )}
            </select>`,
        })}
        ${field({
          name: 'description',
          label: t('community.description'),
          hint: t('community.descriptionHint'),
          control: (a) => html`<textarea ${a} rows="3" dir="auto">${text('description')}</textarea>`,
        })}
        ${field({
          name: 'charter',
          label: t('community.charter'),
          hint: t('community.charterHint'),
          control: (a) => html`<textarea ${a} rows="4" dir="auto">${text('charter')}</textarea>`,
        })}
        <p class="actions"><button class="primary">${t('community.found')}</button></p>
      </form>`,
  }
}
