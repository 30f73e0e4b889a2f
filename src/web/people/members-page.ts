/** Who does what in a community: members, their roles, invitations, and how all that changed. */

import { hasRole, type RoleName } from '../../domain/people/actor.ts'
import type { Invitation } from '../../domain/people/invitations.ts'
import type { Member, MemberChange } from '../../domain/people/member-queries.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import type { AppError } from '../../errors.ts'
import type { Typed } from '../form.ts'
import { address, html, modelPath, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { badge, empty, field, pager, person } from '../parts/basics.ts'
import { confirmation } from '../parts/confirm.ts'
import { ago, day } from '../parts/time.ts'
import type { Visit } from '../visit.ts'
import { roleName, roleOptions, roleTone } from './fields.ts'
import { invitationSection } from './invitation-section.ts'

export interface MembersFacts {
  readonly model: CommunityModel
  readonly members: readonly Member[]
  /** The id to go on behind; null where these are all. */
  readonly next: number | null
  readonly changes: readonly MemberChange[]
  /** Those of the instance with a role everywhere. */
  readonly everywhere: readonly { readonly name: string; readonly role: RoleName }[]
  /** Only for those who may invite. */
  readonly invitations: readonly Invitation[]
  /** The link of an invitation just made, shown this once. */
  readonly made: string | null
  readonly typed: Typed | null
  readonly refused: AppError | null
}

export function membersPage(visit: Visit, facts: MembersFacts): Page {
  const { t, actor } = visit
  const { model, members, next, refused, everywhere } = facts
  const maintains = actor !== null && hasRole(actor, 'maintainer', model.id)
  return {
    title: t('common.tabMembers'),
    community: { model, section: 'members' },
    json: `/api/models/${model.owner}/${model.name}/members`,
    refused,
    main: html`<p class="lead">${t('people.membersText')}</p>
      <div class="columns">
        <div>
          ${
            members.length === 0
              ? empty(t('people.noMembers'))
              : html`<ul class="rows">
                  ${members.map((member) => memberRow(visit, model, member, maintains))}
                </ul>`
          }
          ${pager(t, { older: next === null ? null : address(modelPath(model, '/members'), { after: next }) })}
          ${
            everywhere.length > 0 &&
            html`<h2>${t('people.everywhere')}</h2>
              <p>${t('people.everywhereText')} <a href="/people">${t('people.everybody')}</a></p>
              <ul class="rows">
                ${everywhere.map(({ name, role }) => html`<li>${person(t, name)} ${badge(roleName(t, role))}</li>`)}
              </ul>`
          }
          ${maintains && addForm(visit, facts)} ${maintains && invitationSection(visit, modelPath(model, '/members'), facts)}
        </div>
        <div>${history(visit, facts)}</div>
      </div>`,
  }
}

function memberRow({ t, locale, actor }: Visit, model: CommunityModel, member: Member, maintains: boolean): Html {
  const { name, displayName, role, createdAt, addedBy } = member
  const mine = actor?.kind === 'person' && actor.name === name
  const path = modelPath(model, '/members')
  return html`<li>
    <p class="row-title">
      ${person(t, name)} ${displayName && html`<bdi class="soft">${displayName}</bdi>`} ${badge(roleName(t, role), roleTone(role))}
    </p>
    <p class="soft">${t.rich('people.memberSince', { day: () => day(locale, createdAt), by: () => person(t, addedBy) })}</p>
    ${
      (maintains || mine) &&
      html`<div class="actions">
        ${
          maintains &&
          html`<form class="actions" method="post" action="${path}">
            <input type="hidden" name="name" value="${name}" />
            <select name="role" class="short" aria-label="${t('people.roleOf', { name })}">
              ${roleOptions(t, role)}
            </select>
            <button>${t('people.changeRole')}</button>
          </form>`
        }
        ${confirmation({
          label: mine ? t('people.leave') : t('people.letGo'),
          sentence: mine ? t('people.leaveText') : t('people.letGoText', { name }),
          action: `${path}/remove`,
          fields: html`<input type="hidden" name="name" value="${name}" />`,
          tone: 'danger',
        })}
      </div>`
    }
  </li>`
}

function addForm({ t }: Visit, { model, typed }: MembersFacts): Html {
  return html`<h2>${t('people.addMember')}</h2>
    <form class="stack" method="post" action="${modelPath(model, '/members')}">
      ${field({
        name: 'name',
        label: t('people.name'),
        hint: t('people.addMemberHint'),
        control: (a) =>
          html`<input
            ${a}
            required
            maxlength="80"
            dir="auto"
            autocapitalize="none"
            spellcheck="false"
            autocomplete="off"
            value="${typed?.['name'] ?? ''}"
          />`,
      })}
      ${field({
        name: 'role',
        label: t('people.role'),
        hint: t('people.roleHint'),
        control: (a) =>
          html`<select ${a} class="short">
            ${roleOptions(t, typed?.['role'] ?? 'reviewer')}
          </select>`,
      })}
      <p class="actions"><button>${t('people.addMember')}</button></p>
    </form>`
}

function history({ t, locale }: Visit, { changes }: MembersFacts): Html {
  return html`<h2>${t('people.history')}</h2>
    ${
      changes.length === 0
        ? html`<p class="soft">${t('people.noHistory')}</p>`
        : html`<ul class="rows">
            ${changes.map(
              ({ name, role, by, at }) =>
                html`<li>
                  ${
                    role === null
                      ? t.rich('people.wentAway', { name: () => person(t, name), by: () => person(t, by) })
                      : t.rich('people.becameRole', { name: () => person(t, name), role: roleName(t, role), by: () => person(t, by) })
                  }
                  <span class="soft">${ago(locale, at)}</span>
                </li>`,
            )}
          </ul>`
    }`
}
