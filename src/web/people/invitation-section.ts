/** Inviting somebody, and the invitations there are: to a community or to the whole instance. */

import type { Invitation } from '../../domain/people/invitations.ts'
import type { Typed } from '../form.ts'
import { html, type Html } from '../markup.ts'
import { badge, copyable, field, person } from '../parts/basics.ts'
import { day } from '../parts/time.ts'
import type { Visit } from '../visit.ts'
import { roleName, roleOptions, roleTone } from './fields.ts'

export interface InvitationFacts {
  readonly invitations: readonly Invitation[]
  /** The link of an invitation just made, shown this once. */
  readonly made: string | null
  readonly typed: Typed | null
}

/** @param page where the forms go: the page they stand on, of a community or of the instance */
export function invitationSection(visit: Visit, page: string, { invitations, made, typed }: InvitationFacts): Html {
  const { t, locale } = visit
  const path = `${page}/invitations`
  return html`<h2 id="invitations">${t('people.invite')}</h2>
    <p>${t('people.inviteText')}</p>
    ${
      made !== null &&
      html`<div class="note good" role="status">
        <p>${t('people.inviteMade')}</p>
        ${copyable(t, 'invitation', made)}
      </div>`
    }
    <form class="stack" method="post" action="${path}#invitations">
      ${field({
        name: 'invited',
        label: t('people.role'),
        control: (a) =>
          html`<select ${a} class="short">
            ${roleOptions(t, typed?.['invited'] ?? 'contributor')}
          </select>`,
      })}
      ${field({
        name: 'note',
        label: t('people.note'),
        hint: t('people.noteHint'),
        control: (a) => html`<input ${a} maxlength="200" dir="auto" value="${typed?.['note'] ?? ''}" />`,
      })}
      <p class="actions"><button>${t('people.invite')}</button></p>
    </form>
    ${
      invitations.length > 0 &&
      html`<ul class="rows">
        ${invitations.map(
          ({ id, role, note, state, expiresAt, usedBy, invitedBy }) =>
            html`<li>
              <p class="row-title">
                ${badge(roleName(t, role), roleTone(role))} ${note && html`<bdi>${note}</bdi>`}
                ${badge(t(`people.state_${state}`), state === 'open' ? 'good' : 'plain')}
              </p>
              <p class="soft">
                ${t.rich('people.invitedBy', { by: () => person(t, invitedBy) })}
                ${usedBy !== null && t.rich('people.usedBy', { by: () => person(t, usedBy) })}
                ${state === 'open' && t.rich('people.validUntil', { day: () => day(locale, expiresAt) })}
              </p>
              ${state === 'open' && html`<form method="post" action="${path}/${id}/revoke"><button>${t('people.takeBack')}</button></form>`}
            </li>`,
        )}
      </ul>`
    }`
}
