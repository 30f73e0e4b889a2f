/** Opening an account: freely, by invitation, or for an account elsewhere; and the very first one. */

import type { Invitation } from '../../domain/people/invitations.ts'
import type { AppError } from '../../errors.ts'
import { address, html, modelPath, type Html } from '../markup.ts'
import type { Page } from '../page.ts'
import { person } from '../parts/basics.ts'
import { day } from '../parts/time.ts'
import type { Visit } from '../visit.ts'
import { nameField, passwordField, roleName } from './fields.ts'

export interface SignUpFacts {
  readonly back: string
  readonly name: string
  readonly refused: AppError | null
  /** The invitation and its secret, where there is one. */
  readonly invited: { readonly invitation: Invitation; readonly secret: string } | null
  /** How the provider is called; `proven` where an account there was just proven, which needs no password. */
  readonly provider: { readonly name: string; readonly proven: boolean } | null
}

export function signUpPage(visit: Visit, facts: SignUpFacts): Page {
  const { t } = visit
  const { back, name, refused, invited, provider } = facts
  const proven = provider?.proven ?? false
  return {
    title: t('people.openAccount'),
    width: 'text',
    refused,
    main: html`${invited && invitationText(visit, invited.invitation)}
      ${proven && html`<p>${t('people.provenText', { provider: provider?.name ?? '' })}</p>`}
      <form class="stack" method="post" action="/sign-up">
        <input type="hidden" name="back" value="${back}" />
        ${invited && html`<input type="hidden" name="invitation" value="${invited.secret}" />`} ${nameField(t, name, { isNew: true })}
        ${!proven && passwordField(t, 'new', t('people.password'))}
        <p class="actions"><button class="primary">${t('people.openAccount')}</button></p>
      </form>
      ${
        provider &&
        !proven &&
        html`<p class="actions">
          <a class="button" href="${address('/sign-in/provider', { back, invitation: invited?.secret })}"
            >${t('people.withProvider', { provider: provider.name })}</a
          >
        </p>`
      }
      <p class="soft">${t('people.haveAccount')} <a href="${address('/sign-in', { back })}">${t('people.signIn')}</a></p>`,
  }
}

/** For whoever has an account and is signed in. */
export function acceptPage(visit: Visit, invitation: Invitation, mine: string, refused: AppError | null): Page {
  const { t } = visit
  return {
    title: t('people.invitation'),
    width: 'text',
    refused,
    main: html`${invitationText(visit, invitation)}
      <form method="post">
        <p class="actions"><button class="primary">${t('people.acceptAs', { name: mine })}</button></p>
      </form>`,
  }
}

function invitationText({ t, locale }: Visit, invitation: Invitation): Html {
  const { model, role, invitedBy, expiresAt } = invitation
  const by = () => person(t, invitedBy)
  const said = roleName(t, role)
  const until = () => day(locale, expiresAt)
  const link = () => model !== null && html`<a href="${modelPath(model)}"><bdi dir="ltr">${model}</bdi></a>`
  return html`<div class="note">
    <p>
      ${model === null ? t.rich('people.invitedHere', { by, role: said }) : t.rich('people.invitedTo', { by, role: said, model: link as () => Html })}
      ${t.rich('people.validUntil', { day: until })}
    </p>
  </div>`
}

export function setUpPage({ t }: Visit, name: string, refused: AppError | null): Page {
  return {
    title: t('people.setUp'),
    width: 'text',
    refused,
    main: html`<p class="lead">${t('people.setUpText')}</p>
      <form class="stack" method="post">
        ${nameField(t, name, { isNew: true })} ${passwordField(t, 'new', t('people.password'))}
        <p class="actions"><button class="primary">${t('people.setUpButton')}</button></p>
      </form>`,
  }
}
