/** The form for one example: what it says, where it is from, and who vouches for it, in plain words. */

import type { Example } from '../../domain/contributions/example.ts'
import { origins } from '../../domain/contributions/example.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import { AppError } from '../../errors.ts'
import { draftField, draftOf } from '../draft.ts'
import type { Typed } from '../form.ts'
import { html, modelPath, type Content, type Html } from '../markup.ts'
import type { Translate } from '../messages.ts'
import type { Page } from '../page.ts'
import { shortDigest } from '../parts/basics.ts'
import { codeField, wordsField } from '../parts/fields.ts'
import { languageName } from '../parts/languages.ts'
import { told } from '../said/told.ts'
import type { Visit } from '../visit.ts'
import { bodyOf } from './change-part.ts'
import { shapeOf, turnsOf, usualLicences, wrongFields, type Aim, type Shape } from './offer-form.ts'

export interface ProposeData {
  readonly model: CommunityModel
  readonly aim: Aim
  /** The example that is replaced or removed. */
  readonly target: Example | null
  readonly typed: Typed
  readonly refused: AppError | null
  /** dialogue or pair, as the base expects. */
  readonly usual: Shape
  /** Where the form goes, and the name of what was typed. */
  readonly action: string
  readonly draft: string
  /** A round of a proposal that is revised. */
  readonly revising?: number
}

const hints = { add: 'proposals.proposeHint', replace: 'proposals.replaceHint', remove: 'proposals.removeHint' } as const

export function proposePage(visit: Visit, data: ProposeData): Page {
  const { t } = visit
  const { model, aim, refused, revising } = data
  const title =
    revising !== undefined
      ? t('proposals.reviseTitle', { id: String(revising) })
      : t(aim.kind === 'remove' ? 'proposals.removeTitle' : aim.kind === 'replace' ? 'proposals.replaceTitle' : 'proposals.proposeTitle')
  return {
    title,
    width: 'text',
    community: { model, section: 'proposals' },
    modules: ['draft'],
    refused: refused && withoutFields(refused),
    main: html`${revising === undefined && html`<p class="soft">${t(hints[aim.kind], { community: `${model.owner}/${model.name}` })}</p>`}
    ${aim.kind === 'add' && revising === undefined && html`<p>${t.rich('proposals.manyHint', { link: (inside) => html`<a href="${modelPath(model, '/upload')}">${inside}</a>` })}</p>`}
    ${targetPart(visit, data)} ${aim.kind === 'remove' ? removeForm(visit, data) : offerForm(visit, data)}`,
  }
}

/** What is wrong with a field stands beside it, and not above the form again. */
function withoutFields({ code, message }: AppError): AppError {
  return new AppError(code, message)
}

function targetPart({ t }: Visit, { aim, target, model }: ProposeData): Content {
  if (aim.kind === 'add' || target === null) return null
  const path = modelPath(model, `/examples/${aim.target.replace('sha256:', '')}`)
  return html`<section class="card">
    <h2>${t('proposals.standing')} <a class="small" href="${path}">${shortDigest(aim.target)}</a></h2>
    ${bodyOf(t, { kind: 'add', position: 1, digest: aim.target as `sha256:${string}`, example: target })}
  </section>`
}

function removeForm({ t }: Visit, { typed, action, draft }: ProposeData): Html {
  return html`<form class="stack" method="post" action="${action}" ${draftOf(draft, t)}>
    ${draftField(draft)}
    ${wordsField({ name: 'message', label: t('proposals.removeWhy'), value: typed['message'] ?? '', maxlength: 2000, required: true })}
    <input type="hidden" name="signOff" value="${typed['signOff'] ?? ''}" />
    <p class="actions"><button class="primary">${t('proposals.removeSend')}</button></p>
  </form>`
}

function offerForm(visit: Visit, data: ProposeData): Html {
  const { t } = visit
  const { typed, action, draft, refused, revising } = data
  const wrong = wrongFields(refused)
  return html`<form class="stack propose" method="post" action="${action}" ${draftOf(draft, t)}>
    ${draftField(draft)} ${whatPart(visit, data, wrong)} ${fromPart(visit, typed, wrong)}
    <fieldset class="stack">
      <legend>${t('proposals.forReviewers')}</legend>
      ${wordsField({
        name: 'message',
        label: t(revising === undefined ? 'proposals.message' : 'proposals.roundMessage'),
        hint: t(revising === undefined ? 'proposals.messageHint' : 'proposals.roundMessageHint'),
        value: typed['message'] ?? '',
        maxlength: 2000,
        required: revising !== undefined,
      })}
      ${wordsField({
        name: 'signOff',
        label: t('proposals.signOffName'),
        value: typed['signOff'] ?? '',
        maxlength: 200,
        autocomplete: 'name',
        required: true,
      })}
      <label class="choice">
        <input type="checkbox" name="mayGive" value="yes" ${typed['mayGive'] === 'yes' && html` checked`} ${invalid(wrong, 'mayGive')} />
        <span
          >${t.rich('proposals.mayGive', { link: (inside) => html`<a href="https://developercertificate.org/" rel="noreferrer">${inside}</a>` })}</span
        >
      </label>
      ${wrongText(t, wrong, 'mayGive')}
    </fieldset>
    <p class="actions"><button class="primary">${t(revising === undefined ? 'proposals.send' : 'proposals.sendRound')}</button></p>
  </form>`
}

type Wrong = ReadonlyMap<string, readonly string[]>

function whatPart({ t }: Visit, { typed, usual, aim }: ProposeData, wrong: Wrong): Html {
  const shape = shapeOf(typed)
  const offered: readonly Shape[] = aim.kind === 'add' ? [usual, 'text', 'preference'] : [shape]
  const area = (name: string, label: string, rows = 3) =>
    html`<div class="field">
      <label for="${name}">${label}</label>
      <textarea id="${name}" name="${name}" rows="${rows}" dir="auto" ${invalid(wrong, 'content')}>${typed[name] ?? ''}</textarea>
    </div>`
  return html`<fieldset class="stack">
    <legend>${t('proposals.what')}</legend>
    ${
      offered.length > 1
        ? html`<div class="shapes">
            ${offered.map(
              (one) =>
                html`<label class="choice">
                  <input type="radio" name="shape" value="${one}" ${one === (offered.includes(shape) ? shape : usual) && html` checked`} />
                  <span>${t(`proposals.shape_${one}`)}</span>
                </label>`,
            )}
          </div>`
        : html`<input type="hidden" name="shape" value="${shape}" />`
    }
    <div class="shape" data-shape="dialogue" ${!offered.includes('dialogue') && html` hidden`}>
      <input type="hidden" name="turns" value="${turnsOf(typed).join(' ')}" />
      ${turnsOf(typed).map((role, i) => area(`turn${i}`, t(`proposals.turn_${role}`, { n: i + 1 })))}
      ${aim.kind === 'add' && html`<p><button class="quiet" name="more" value="turns" formnovalidate>${t('proposals.moreTurns')}</button></p>`}
    </div>
    <div class="shape" data-shape="pair preference" ${!offered.includes('pair') && !offered.includes('preference') && html` hidden`}>
      ${area('prompt', t('proposals.role_prompt'))}
    </div>
    <div class="shape" data-shape="pair" ${!offered.includes('pair') && html` hidden`}>
      ${area('completion', t('proposals.role_completion'))}
    </div>
    <div class="shape" data-shape="preference" ${!offered.includes('preference') && html` hidden`}>
      ${area('chosen', t('proposals.role_chosen'))} ${area('rejected', t('proposals.role_rejected'))}
    </div>
    <div class="shape" data-shape="text" ${!offered.includes('text') && html` hidden`}>${area('text', t('proposals.role_text'), 8)}</div>
    ${wrongText(t, wrong, 'content')}
  </fieldset>`
}

function fromPart({ t, locale }: Visit, typed: Typed, wrong: Wrong): Html {
  const { origin = 'human', licence = '' } = typed
  return html`<fieldset class="stack">
    <legend>${t('proposals.whereFrom')}</legend>
    <div class="field" role="radiogroup" aria-labelledby="origin-label">
      <span class="label" id="origin-label">${t('proposals.originQuestion')}</span>
      ${origins.map(
        (one) =>
          html`<label class="choice">
            <input type="radio" name="origin" value="${one}" ${one === origin && html` checked`} />
            <span>${t(`proposals.originChoice_${one}`)}</span>
          </label>`,
      )}
      ${wrongText(t, wrong, 'origin')}
    </div>
    <div class="when-generated">
      ${wordsField({
        name: 'generator',
        label: t('proposals.generator'),
        hint: t('proposals.generatorHint'),
        ...wrongOf(t, wrong, 'generator'),
        value: typed['generator'] ?? '',
        maxlength: 200,
      })}
    </div>
    ${wordsField({
      name: 'source',
      label: t('proposals.sourceQuestion'),
      hint: t('proposals.sourceHint'),
      ...wrongOf(t, wrong, 'source'),
      value: typed['source'] ?? '',
      maxlength: 500,
    })}
    ${codeField({
      name: 'language',
      label: t('proposals.languageQuestion'),
      hint: t('proposals.languageHint'),
      ...wrongOf(t, wrong, 'language'),
      value: typed['language'] ?? '',
      maxlength: 35,
      short: true,
      list: 'languages',
    })}
    ${languageOptions(locale)}
    <div class="field" role="radiogroup" aria-labelledby="licence-label">
      <span class="label" id="licence-label">${t('proposals.licenceQuestion')}</span>
      ${[...usualLicences, 'other' as const].map(
        (one) =>
          html`<label class="choice">
            <input type="radio" name="licence" value="${one}" ${one === licence && html` checked`} />
            <span>${licenceWords(t, one)}</span>
          </label>`,
      )}
      <div class="when-other">
        <label for="otherLicence">${t('proposals.otherLicence')}</label>
        <input
          id="otherLicence"
          name="otherLicence"
          value="${typed['otherLicence'] ?? ''}"
          maxlength="200"
          autocapitalize="none"
          dir="ltr"
          ${invalid(wrong, 'licence')}
        />
      </div>
      ${wrongText(t, wrong, 'licence')}
    </div>
  </fieldset>`
}

function licenceWords(t: Translate, one: (typeof usualLicences)[number] | 'other'): string {
  if (one === 'other') return t('proposals.licence_other')
  if (one === 'CC0-1.0') return t('proposals.licence_CC0')
  return one === 'CC-BY-4.0' ? t('proposals.licence_BY') : t('proposals.licence_BYSA')
}

const invalid = (wrong: Wrong, name: string): Content => wrong.has(name) && html` aria-invalid="true" aria-describedby="${name}-wrong"`

function wrongText(t: Translate, wrong: Wrong, name: string): Content {
  const sentences = wrong.get(name)
  return sentences && html`<p class="wrong" id="${name}-wrong">${told(t, sentences.join(' '))}</p>`
}

function wrongOf(t: Translate, wrong: Wrong, name: string): { readonly wrong?: Content } {
  const sentences = wrong.get(name)
  return sentences ? { wrong: told(t, sentences.join(' ')) } : {}
}

/** The scheduled languages of India and English, by their names; any BCP 47 tag may be typed. */
const suggested = 'as bn brx doi en gu hi kn kok ks mai ml mni mr ne or pa sa sat sd ta te ur'.split(' ')

function languageOptions(locale: Visit['locale']): Html {
  return html`<datalist id="languages">
    ${suggested.map((tag) => html`<option value="${tag}">${languageName(locale, tag)}</option>`)}
  </datalist>`
}
