/** Signing in: with a name and a password, a passkey, or an account elsewhere. */

import type { AppError } from '../../errors.ts'
import { address, html } from '../markup.ts'
import type { Page } from '../page.ts'
import type { Visit } from '../visit.ts'
import { nameField, passwordField } from './fields.ts'
import { passkeyPart } from './passkey-part.ts'

export interface SignInFacts {
  readonly back: string
  /** As typed. */
  readonly name: string
  /** How the provider is called, where there is one. */
  readonly provider: string | null
  readonly openSignUp: boolean
  readonly refused: AppError | null
}

export function signInPage(visit: Visit, { back, name, provider, openSignUp, refused }: SignInFacts): Page {
  const { t } = visit
  return {
    title: t('people.signIn'),
    width: 'text',
    modules: ['passkeys'],
    refused,
    main: html`<form class="stack" method="post" action="/sign-in">
        <input type="hidden" name="back" value="${back}" />
        ${nameField(t, name, { isNew: false })} ${passwordField(t, 'current', t('people.password'))}
        <p class="actions"><button class="primary">${t('people.signIn')}</button></p>
      </form>
      ${passkeyPart(visit, 'sign-in', back)}
      ${
        provider !== null &&
        html`<p class="actions">
          <a class="button" href="${address('/sign-in/provider', { back })}">${t('people.withProvider', { provider })}</a>
        </p>`
      }
      <h2>${t('people.noAccount')}</h2>
      ${
        openSignUp
          ? html`<p class="actions"><a class="button" href="${address('/sign-up', { back })}">${t('people.openAccount')}</a></p>`
          : html`<p>${t('people.byInvitation')}</p>`
      }
      <h2>${t('people.lostWay')}</h2>
      <p>${t('people.lostWayText')}</p>`,
  }
}

/** A link of the operator's: a press, and whoever opened it is in. Not by opening alone, which programs that look at letters do too. */
export function signInLinkPage({ t }: Visit, name: string): Page {
  return {
    title: t('people.signIn'),
    width: 'text',
    main: html`<p>${t('people.linkText', { name })}</p>
      <form method="post">
        <p class="actions"><button class="primary">${t('people.signInAs', { name })}</button></p>
      </form>`,
  }
}
