/** What is declared, its history, and the form in which a maintainer declares: an address and a licence for each component. */

import type { ComponentId } from '../../domain/lineage/openness-components.ts'
import { declarationLimits, type OpennessDeclaration } from '../../domain/models/openness-declaration.ts'
import type { DeclarationInput } from '../../domain/models/declare-openness.ts'
import type { Typed } from '../form.ts'
import { html, type Html } from '../markup.ts'
import { empty, field, person } from '../parts/basics.ts'
import { codeField } from '../parts/fields.ts'
import { ago } from '../parts/time.ts'
import type { Visit } from '../visit.ts'

export interface DeclarePart {
  /** Where the form goes. */
  readonly action: string
  /** What can be declared here. */
  readonly components: readonly ComponentId[]
  readonly current: OpennessDeclaration | null
  readonly history: readonly OpennessDeclaration[]
  readonly may: boolean
  /** Whether a record of the framework's own tool can be pasted. */
  readonly record: boolean
  /** Of a refused form. */
  readonly typed: Typed | null
}

export function declarePart(visit: Visit, part: DeclarePart): Html {
  const { t } = visit
  return html`${part.current === null && part.history.length === 0 && empty(t('openness.nothingDeclared'))} ${history(visit, part)}
  ${part.may ? form(visit, part) : html`<p class="soft">${t('openness.onlyMaintainers')}</p>`}`
}

function form({ t }: Visit, { action, components, current, typed, record }: DeclarePart): Html {
  const declared = new Map(current?.components.map((one) => [one.component, one]))
  const value = (name: string, otherwise: string) => (typed === null ? otherwise : (typed[name] ?? ''))
  const pair = (id: ComponentId) => {
    const name = t(`openness.component_${id}`)
    return html`<fieldset class="pair">
      <legend>${name}</legend>
      ${codeField({
        name: `address-${id}`,
        label: t('openness.formAddress', { name }),
        value: value(`address-${id}`, declared.get(id)?.address ?? ''),
        maxlength: declarationLimits.address,
      })}
      ${
        // The weights have the licence that the base was added with.
        id !== 'final-parameters' &&
        codeField({
          name: `licence-${id}`,
          label: t('openness.formLicence', { name }),
          value: value(`licence-${id}`, declared.get(id)?.licence ?? ''),
          maxlength: declarationLimits.licence,
        })
      }
    </fieldset>`
  }
  return html`<details id="declare" ${typed !== null && html` open`}>
    <summary class="button">${t('openness.formEdit')}</summary>
    <form class="stack card declare" method="post" action="${action}">
      <p class="soft">${t('openness.formAddressHint')} ${t('openness.formLicenceHint')}</p>
      ${components.map(pair)}
      ${
        record &&
        field({
          name: 'record',
          label: t('openness.formRecord'),
          hint: t('openness.formRecordHint'),
          control: (a) => html`<textarea ${a} rows="4" dir="ltr" spellcheck="false">${value('record', '')}</textarea>`,
        })
      }
      ${codeField({
        name: 'source',
        label: t('openness.formSource'),
        hint: t('openness.formSourceHint'),
        value: value('source', ''),
        maxlength: declarationLimits.address,
      })}
      ${field({
        name: 'message',
        label: t('openness.formMessage'),
        hint: t('openness.formMessageHint'),
        control: (a) =>
          html`<textarea ${a} rows="2" dir="auto" required maxlength="${declarationLimits.message}">${value('message', '')}</textarea>`,
      })}
      <p class="actions"><button class="primary">${t('openness.formSave')}</button></p>
    </form>
  </details>`
}

function history({ t, locale }: Visit, { history: all }: DeclarePart): Html {
  if (all.length === 0) return html``
  return html`<h3>${t('openness.history')}</h3>
    <ul class="rows">
      ${all.map(
        ({ by, createdAt, message, source, components }) =>
          html`<li>
            <p class="row-title">${t.rich('openness.declaredAgo', { who: () => person(t, by), when: () => ago(locale, createdAt) })}</p>
            <p>${t('openness.took', { n: components.length })}</p>
            <p dir="auto">${message}</p>
            ${
              source !== null &&
              html`<p class="meta">
                ${t('openness.readAt')}
                <a href="${source}" ${/^https?:/.test(source) && html` rel="noreferrer"`}><bdi dir="ltr">${source}</bdi></a>
              </p>`
            }
          </li>`,
      )}
    </ul>`
}

/** What the form says: components with an address; a licence without one is told, not dropped. */
export function declaredIn(typed: Typed, components: readonly ComponentId[]): DeclarationInput['components'] {
  return components.flatMap((component) => {
    const [address, licence] = [typed[`address-${component}`]?.trim() ?? '', typed[`licence-${component}`]?.trim() ?? '']
    return address === '' && licence === '' ? [] : [{ component, licence, address }]
  })
}
