/** The terms under which somebody gives something, asked in plain words: where it is from, what others may do with it, its language, who vouches. */

import type { CommunityModel } from '../../domain/models/community-model.ts'
import { origins } from '../../domain/contributions/example.ts'
import type { Typed } from '../form.ts'
import { html, type Html } from '../markup.ts'
import type { MessageKey, Translate } from '../messages.ts'
import { field } from '../parts/basics.ts'
import type { Visit } from '../visit.ts'

/** What is offered where a community takes everything whose terms are known. */
const common = ['CC0-1.0', 'CC-BY-4.0', 'CC-BY-SA-4.0'] as const

const licenceWords: Readonly<Record<string, MessageKey>> = {
  'CC0-1.0': 'chat.licenceCc0',
  'CC-BY-4.0': 'chat.licenceBy',
  'CC-BY-SA-4.0': 'chat.licenceBySa',
}

/** SPDX ids one may choose from, the freest first. */
export function licencesFor({ licencePolicy }: Pick<CommunityModel, 'licencePolicy'>): readonly string[] {
  const { allow } = licencePolicy
  if (allow === null) return common
  return [...common.filter((id) => allow.includes(id)), ...allow.filter((id) => !(common as readonly string[]).includes(id))]
}

/** India's scheduled languages and some that are close to many communities; whatever a community writes in comes before them. */
const usualLanguages =
  'as bn brx doi gu hi kn ks kok mai ml mni mr ne or pa sa sat sd ta te ur en ar de es fa fr id ja ko pt ru sw tr vi zh'.split(' ')

const originWords = {
  human: 'chat.originHuman',
  translated: 'chat.originTranslated',
  adapted: 'chat.originAdapted',
  generated: 'chat.originGenerated',
} as const satisfies Record<(typeof origins)[number], MessageKey>

export function originField({ t }: Visit, typed: Typed): Html {
  const chosen = typed['origin'] ?? 'human'
  return html`<fieldset class="origin">
    <legend>${t('chat.origin')}</legend>
    ${origins.map(
      (origin) =>
        html`<label class="choice" for="origin-${origin}">
          <input type="radio" id="origin-${origin}" name="origin" value="${origin}" ${origin === chosen && html` checked`} />
          <span>${t(originWords[origin])}</span>
        </label>`,
    )}
    <div class="when-from">
      ${field({
        name: 'source',
        label: t('chat.source'),
        hint: t('chat.sourceHint'),
        control: (attributes) => html`<input ${attributes} value="${typed['source'] ?? ''}" maxlength="500" dir="auto" />`,
      })}
    </div>
    <div class="when-generated">
      ${field({
        name: 'generator',
        label: t('chat.generator'),
        control: (attributes) => html`<input ${attributes} value="${typed['generator'] ?? ''}" maxlength="200" dir="auto" />`,
      })}
    </div>
  </fieldset>`
}

export function licenceField({ t }: Visit, model: CommunityModel, typed: Typed): Html {
  return field({
    name: 'licence',
    label: t('chat.licence'),
    hint: t('chat.licenceHint'),
    control: (attributes) =>
      html`<select ${attributes}>
        ${licencesFor(model).map((id) => html`<option value="${id}" ${id === typed['licence'] && html` selected`}>${licenceName(t, id)}</option>`)}
      </select>`,
  })
}

export function licenceName(t: Translate, id: string): string {
  const words = licenceWords[id]
  return words ? `${t(words)} (${id})` : id
}

export function languageField({ t, locale }: Visit, languages: readonly string[], typed: Typed): Html {
  const names = new Intl.DisplayNames([locale.tag, 'en'], { type: 'language' })
  const chosen = typed['language'] ?? ''
  const tags = [...new Set([...languages, ...(chosen === '' ? [] : [chosen]), ...usualLanguages])]
  return field({
    name: 'language',
    label: t('chat.language'),
    control: (attributes) =>
      html`<select ${attributes} required>
        ${chosen === '' && html`<option value="">${t('chat.chooseLanguage')}</option>`}
        ${tags.map((tag) => html`<option value="${tag}" ${tag === chosen && html` selected`}>${languageName(names, tag)}</option>`)}
      </select>`,
  })
}

function languageName(names: Intl.DisplayNames, tag: string): string {
  try {
    return names.of(tag) ?? tag
  } catch {
    return tag
  }
}

export function signOffFields({ t }: Visit, typed: Typed): Html {
  return html`<fieldset>
    <legend>${t('chat.signOff')}</legend>
    <label class="choice" for="agreed">
      <input type="checkbox" id="agreed" name="agreed" value="yes" required ${typed['agreed'] === 'yes' && html` checked`} />
      <span
        >${t.rich('chat.agreed', { link: (inside) => html`<a href="https://developercertificate.org/" rel="external noreferrer">${inside}</a>` })}</span
      >
    </label>
    ${field({
      name: 'signOff',
      label: t('chat.signOffName'),
      hint: t('chat.signOffHint'),
      control: (attributes) =>
        html`<input ${attributes} value="${typed['signOff'] ?? ''}" maxlength="200" required dir="auto" autocomplete="name" />`,
    })}
  </fieldset>`
}
