/** Tokens for programs, on the page of one's own account. */

import type { Scope } from '../../domain/people/actor.ts'
import { scopes } from '../../domain/people/token.ts'
import { html, type Html } from '../markup.ts'
import type { MessageKey } from '../messages.ts'
import { badge, copyable, field } from '../parts/basics.ts'
import { ago, day } from '../parts/time.ts'
import type { Visit } from '../visit.ts'
import type { AccountFacts } from './account-page.ts'

const words: Record<Scope, MessageKey> = {
  read: 'people.scopeRead',
  contribute: 'people.scopeContribute',
  review: 'people.scopeReview',
  maintain: 'people.scopeMaintain',
  chat: 'people.scopeChat',
}

/** What a new token can be given at first: to talk to models, which is what most are for. */
const usual: readonly Scope[] = ['chat']

const lifetimes = [30, 90, 365] as const

export function tokenSection(visit: Visit, { tokens, made, typed }: Pick<AccountFacts, 'tokens' | 'made' | 'typed'>): Html {
  const { t, locale } = visit
  const live = tokens.filter(({ revokedAt }) => revokedAt === null)
  const chosen = (scope: Scope) => (typed?.['label'] === undefined ? usual.includes(scope) : typed[`scope-${scope}`] !== undefined)
  return html`<h2 id="tokens">${t('people.tokens')}</h2>
    <p>${t('people.tokensText')}</p>
    ${
      made !== null &&
      html`<div class="note good" role="status">
        <p>${t('people.tokenMade')}</p>
        ${copyable(t, 'token', made)}
      </div>`
    }
    ${
      live.length > 0 &&
      html`<ul class="rows">
        ${live.map(
          (token) =>
            html`<li>
              <p class="row-title">
                <bdi>${token.label}</bdi>
                ${token.scopes === null ? badge(t('people.allScopes'), 'warn') : token.scopes.map((scope) => badge(html`<code>${scope}</code>`))}
              </p>
              <p class="soft">
                ${t.rich('people.addedOn', { day: () => day(locale, token.createdAt) })}
                ${token.expiresAt && t.rich('people.tokenUntil', { day: () => day(locale, token.expiresAt as Date) })}
                ${token.lastUsedAt ? t.rich('people.lastUsed', { ago: () => ago(locale, token.lastUsedAt as Date) }) : t('people.neverUsed')}
              </p>
              <form method="post" action="/account/tokens/${token.id}/revoke">
                <button class="danger">${t('people.revokeToken')}</button>
              </form>
            </li>`,
        )}
      </ul>`
    }
    <form class="stack" method="post" action="/account/tokens#tokens">
      ${field({
        name: 'label',
        label: t('people.tokenLabel'),
        hint: t('people.tokenLabelHint'),
        control: (a) => html`<input ${a} required maxlength="80" dir="auto" value="${typed?.['label'] ?? ''}" />`,
      })}
      <fieldset>
        <legend>${t('people.tokenScopes')}</legend>
        ${scopes.map(
          (scope) =>
            html`<label class="choice">
              <input type="checkbox" name="scope-${scope}" value="yes" ${chosen(scope) && html`checked`} />
              <span><code>${scope}</code> ${t(words[scope])}</span>
            </label>`,
        )}
      </fieldset>
      ${field({
        name: 'days',
        label: t('people.tokenDays'),
        control: (a) =>
          html`<select ${a} class="short">
            ${lifetimes.map((days) => html`<option value="${days}" ${days === 90 && html`selected`}>${t('people.days', { n: days })}</option>`)}
            <option value="">${t('people.forEver')}</option>
          </select>`,
      })}
      <p class="actions"><button>${t('people.makeToken')}</button></p>
    </form>`
}
