/** The fields that several forms of accounts share: a name, a password, a role. */

import { roles, type RoleName } from '../../domain/people/actor.ts'
import { passwordLimits } from '../../domain/people/password.ts'
import { html, type Html } from '../markup.ts'
import type { MessageKey, Translate } from '../messages.ts'
import { field, type Tone } from '../parts/basics.ts'

const roleMessages: Record<RoleName, MessageKey> = {
  contributor: 'people.contributor',
  reviewer: 'people.reviewer',
  maintainer: 'people.maintainer',
}

export const roleName = (t: Translate, role: RoleName): string => t(roleMessages[role])

/** Colour beside the word. */
export const roleTone = (role: RoleName): Tone => (role === 'maintainer' ? 'accent' : role === 'reviewer' ? 'good' : 'plain')

/** @param isNew a name that is chosen now; else one that somebody has */
export function nameField(t: Translate, value: string, { isNew }: { readonly isNew: boolean }): Html {
  return field({
    name: 'name',
    label: t('people.name'),
    hint: isNew ? t('people.nameHint') : undefined,
    control: (a) =>
      html`<input
        ${a}
        value="${value}"
        required
        maxlength="80"
        dir="auto"
        autocomplete="username"
        autocapitalize="none"
        spellcheck="false"
      />`,
  })
}

/** Password managers know by the `autocomplete` which one is asked for. What was typed is never sent back. */
export function passwordField(t: Translate, kind: 'current' | 'new', label: string, name = 'password'): Html {
  const isNew = kind === 'new'
  return field({
    name,
    label,
    hint: isNew ? t('people.passwordHint', { n: passwordLimits.shortest }) : undefined,
    control: (a) =>
      isNew
        ? html`<input
            ${a}
            type="password"
            required
            minlength="${passwordLimits.shortest}"
            maxlength="${passwordLimits.longest}"
            autocomplete="new-password"
          />`
        : html`<input ${a} type="password" required maxlength="${passwordLimits.longest}" autocomplete="current-password" />`,
  })
}

export function roleOptions(t: Translate, chosen: string): Html {
  return html`${roles.map((role) => html`<option value="${role}" ${role === chosen && html`selected`}>${roleName(t, role)}</option>`)}`
}
