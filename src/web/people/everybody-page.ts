/** Everybody with an account, their role on the whole instance, and, for those who maintain it, invitations to it. */

import { hasRole } from '../../domain/people/actor.ts'
import type { Person } from '../../domain/people/person.ts'
import type { AppError } from '../../errors.ts'
import { address, html, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { badge, empty, pager, person } from '../parts/basics.ts'
import { day } from '../parts/time.ts'
import type { Visit } from '../visit.ts'
import { roleName, roleOptions, roleTone } from './fields.ts'
import { invitationSection, type InvitationFacts } from './invitation-section.ts'

export interface EverybodyFacts extends InvitationFacts {
  readonly people: readonly Person[]
  /** The id to go on behind; null where these are all. */
  readonly next: number | null
  readonly refused: AppError | null
}

export function everybodyPage(visit: Visit, facts: EverybodyFacts): Page {
  const { t, actor } = visit
  const { people, next, refused } = facts
  const maintains = actor !== null && hasRole(actor, 'maintainer')
  return {
    title: t('people.everybody'),
    json: '/api/people',
    width: 'text',
    refused,
    main: html`<p class="lead">${t('people.everybodyText')}</p>
      ${
        people.length === 0
          ? empty(t('people.nobody'))
          : html`<ul class="rows">
              ${people.map((it) => personRow(visit, it, maintains))}
            </ul>`
      }
      ${pager(t, { older: next === null ? null : address('/people', { after: next }) })}
      ${maintains && invitationSection(visit, '/people', facts)}`,
  }
}

function personRow({ t, locale }: Visit, { name, displayName, role, createdAt }: Person, maintains: boolean): Html {
  return html`<li>
    <p class="row-title">
      ${person(t, name)} ${displayName && html`<bdi class="soft">${displayName}</bdi>`} ${badge(roleName(t, role), roleTone(role))}
    </p>
    <p class="soft">${t.rich('people.here', { day: () => day(locale, createdAt) })}</p>
    ${
      maintains &&
      html`<form class="actions" method="post" action="/people">
        <input type="hidden" name="name" value="${name}" />
        <select name="role" class="short" aria-label="${t('people.roleOf', { name })}">
          ${roleOptions(t, role)}
        </select>
        <button>${t('people.changeRole')}</button>
      </form>`
    }
  </li>`
}
