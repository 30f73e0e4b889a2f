/** One's own account: how one is shown, how one signs in, where one is signed in, and tokens for programs. */

import type { PersonActor } from '../../domain/people/actor.ts'
import type { Passkey } from '../../domain/people/passkeys.ts'
import type { TokenRecord } from '../../domain/people/people-queries.ts'
import type { LinkedAccount } from '../../domain/people/provider-accounts.ts'
import type { Session } from '../../domain/people/session.ts'
import { profileLimits, type Profile } from '../../domain/people/set-profile.ts'
import type { AppError } from '../../errors.ts'
import type { Typed } from '../form.ts'
import { html, type Html } from '../markup.ts'
import { locales, type MessageKey } from '../messages.ts'
import type { Page } from '../page.ts'
import { badge, field } from '../parts/basics.ts'
import { confirmation } from '../parts/confirm.ts'
import { ago, day } from '../parts/time.ts'
import type { Visit } from '../visit.ts'
import { passwordField } from './fields.ts'
import { passkeyPart } from './passkey-part.ts'
import { tokenSection } from './token-section.ts'

export interface AccountFacts {
  readonly me: PersonActor
  readonly profile: Profile
  readonly hasPassword: boolean
  readonly passkeys: readonly Passkey[]
  readonly sessions: readonly Session[]
  /** The one of this browser; null where somebody acts by a token. */
  readonly session: number | null
  readonly tokens: readonly TokenRecord[]
  readonly accounts: readonly LinkedAccount[]
  readonly provider: string | null
  /** A token just made, shown this once. */
  readonly made: string | null
  readonly typed: Typed | null
  readonly refused: AppError | null
}

export function accountPage(visit: Visit, facts: AccountFacts): Page {
  const { t } = visit
  const { me, refused, provider, accounts } = facts
  return {
    title: t('people.account'),
    json: '/api/me',
    width: 'text',
    modules: ['passkeys'],
    refused,
    main: html`<p>
        ${t.rich('people.youAre', { name: () => html`<a href="/people/${encodeURIComponent(me.name)}"><bdi>${me.name}</bdi></a>` })}
      </p>
      ${profileForm(visit, facts)} ${passwordForm(visit, facts)} ${passkeyList(visit, facts)}
      ${(provider !== null || accounts.length > 0) && accountList(visit, facts)} ${sessionList(visit, facts)} ${tokenSection(visit, facts)}`,
  }
}

function profileForm({ t }: Visit, { profile, typed }: AccountFacts): Html {
  const said = (name: 'displayName' | 'bio' | 'language' | 'theme') => typed?.[name] ?? profile[name] ?? ''
  const option = (value: string, text: string, chosen: string) =>
    html`<option value="${value}" ${value === chosen && html`selected`}>${text}</option>`
  return html`<h2>${t('people.profile')}</h2>
    <form class="stack" method="post" action="/account/profile">
      ${field({
        name: 'displayName',
        label: t('people.displayName'),
        hint: t('people.displayNameHint'),
        control: (a) =>
          html`<input ${a} value="${said('displayName')}" maxlength="${profileLimits.displayName}" dir="auto" autocomplete="nickname" />`,
      })}
      ${field({
        name: 'bio',
        label: t('people.bio'),
        hint: t('people.bioHint'),
        control: (a) => html`<textarea ${a} rows="3" maxlength="${profileLimits.bio}" dir="auto">${said('bio')}</textarea>`,
      })}
      ${field({
        name: 'language',
        label: t('people.language'),
        control: (a) =>
          html`<select ${a}>
            ${option('', t('people.asBrowser'), said('language'))} ${locales.map(({ tag, name }) => option(tag, name, said('language')))}
          </select>`,
      })}
      ${field({
        name: 'theme',
        label: t('common.theme'),
        control: (a) =>
          html`<select ${a}>
            ${option('', t('common.theme_auto'), said('theme'))} ${option('light', t('common.theme_light'), said('theme'))}
            ${option('dark', t('common.theme_dark'), said('theme'))}
          </select>`,
      })}
      <p class="actions"><button class="primary">${t('common.save')}</button></p>
    </form>`
}

function passwordForm({ t }: Visit, { hasPassword, me }: AccountFacts): Html {
  return html`<h2>${t('people.password')}</h2>
    <p>${t(hasPassword ? 'people.passwordText' : 'people.noPassword')}</p>
    <form class="stack" method="post" action="/account/password">
      <input type="hidden" name="name" value="${me.name}" autocomplete="username" />
      ${hasPassword && passwordField(t, 'current', t('people.currentPassword'), 'current')}
      ${passwordField(t, 'new', t('people.newPassword'))}
      <p class="actions"><button>${t('people.setPassword')}</button></p>
    </form>`
}

function passkeyList(visit: Visit, { passkeys }: AccountFacts): Html {
  const { t, locale } = visit
  return html`<h2>${t('people.passkeys')}</h2>
    <p>${t('people.passkeysText')}</p>
    ${
      passkeys.length > 0 &&
      html`<ul class="rows">
        ${passkeys.map(
          ({ id, label, synced, createdAt, lastUsedAt }) =>
            html`<li>
              <p class="row-title"><bdi>${label}</bdi> ${synced && badge(t('people.synced'))}</p>
              <p class="soft">
                ${t.rich('people.addedOn', { day: () => day(locale, createdAt) })}
                ${lastUsedAt ? t.rich('people.lastUsed', { ago: () => ago(locale, lastUsedAt) }) : t('people.neverUsed')}
              </p>
              ${confirmation({
                label: t('people.remove'),
                sentence: t('people.removePasskeyText', { label }),
                action: `/account/passkeys/${id}/remove`,
                tone: 'danger',
              })}
            </li>`,
        )}
      </ul>`
    }
    ${passkeyPart(visit, 'add')}`
}

function accountList({ t, locale }: Visit, { accounts, provider }: AccountFacts): Html {
  return html`<h2>${t('people.elsewhere')}</h2>
    ${
      accounts.length > 0 &&
      html`<ul class="rows">
        ${accounts.map(
          ({ id, issuer, createdAt }) =>
            html`<li>
              <p class="row-title"><bdi dir="ltr">${issuer}</bdi></p>
              <p class="soft">${t.rich('people.addedOn', { day: () => day(locale, createdAt) })}</p>
              ${confirmation({
                label: t('people.remove'),
                sentence: t('people.removeAccountText'),
                action: `/account/provider/${id}/remove`,
                tone: 'danger',
              })}
            </li>`,
        )}
      </ul>`
    }
    ${provider !== null && html`<p class="actions"><a class="button" href="/sign-in/provider?back=/account">${t('people.link', { provider })}</a></p>`}`
}

const methods: Record<Session['method'], MessageKey> = {
  password: 'people.byPassword',
  passkey: 'people.byPasskey',
  provider: 'people.byProvider',
  link: 'people.byLink',
  'sign-up': 'people.bySignUp',
}

function sessionList({ t, locale }: Visit, { sessions, session }: AccountFacts): Html {
  return html`<h2>${t('people.sessions')}</h2>
    <p>${t('people.sessionsText')}</p>
    <ul class="rows">
      ${sessions.map(
        ({ id, label, method, lastSeenAt }) =>
          html`<li>
            <p class="row-title"><bdi>${label}</bdi> ${id === session && badge(t('people.thisOne'), 'good')}</p>
            <p class="soft">${t(methods[method])} · ${t.rich('people.lastSeen', { ago: () => ago(locale, lastSeenAt) })}</p>
            ${
              id !== session &&
              html`<form method="post" action="/account/sessions/${id}/end"><button>${t('people.endSession')}</button></form>`
            }
          </li>`,
      )}
    </ul>
    <div class="actions">
      ${
        sessions.length > 1 &&
        html`<form method="post" action="/account/sessions/end"><button class="danger">${t('people.endOthers')}</button></form>`
      }
      ${session !== null && html`<form method="post" action="/sign-out"><button>${t('people.signOut')}</button></form>`}
    </div>`
}
