/** A community's settings on one page, a form each, with the history of what was changed and why. */

import type { CommunityModel } from '../../domain/models/community-model.ts'
import type { ReviewRules } from '../../domain/models/review-rules.ts'
import type { RulesChange } from '../../domain/models/review-rules-queries.ts'
import type { Suite } from '../../domain/models/suite.ts'
import { hasRole } from '../../domain/people/actor.ts'
import { describeSchedule, type Schedule } from '../../domain/release-train/schedule.ts'
import type { Quorum } from '../../domain/reviews/quorum.ts'
import type { SettingsRecord } from '../../domain/training/change-settings.ts'
import type { Typed } from '../form.ts'
import { html, modelPath, type Content, type Html } from '../markup.ts'
import type { MessageKey } from '../messages.ts'
import type { Page } from '../page.ts'
import { badge, field, person } from '../parts/basics.ts'
import { codeField } from '../parts/fields.ts'
import { count } from '../parts/figures.ts'
import { ago } from '../parts/time.ts'
import { told } from '../said/told.ts'
import type { Visit } from '../visit.ts'
import { ruleFields, type RuleField } from './rule-fields.ts'

export interface SettingsFacts {
  readonly model: CommunityModel
  readonly rules: ReviewRules
  readonly quorum: Quorum
  readonly suites: readonly Suite[]
  readonly schedule: Schedule
  readonly changes: readonly SettingsRecord[]
  readonly ruleChanges: readonly RulesChange[]
  /** A form that was refused; its fields are shown as they were typed. */
  readonly typed: Typed | null
}

export function settingsPage(visit: Visit, facts: SettingsFacts): Page {
  const { t, actor } = visit
  const { model, schedule, quorum } = facts
  const mine = actor !== null && hasRole(actor, 'maintainer', model.id)
  const path = modelPath(model, '/settings')
  return {
    title: t('common.tabSettings'),
    community: { model, section: 'settings' },
    json: `/api/models/${model.owner}/${model.name}/settings/log`,
    main: html`${!mine && html`<p class="note">${t('settings.readOnly')}</p>`}
      <div class="columns">
        <div>
          ${aboutForm(visit, facts, mine, path)} ${licenceForm(visit, facts, mine, path)} ${gateForms(visit, facts, mine, path)}
          ${recipeForm(visit, facts, mine, path)}
          <h2>${t('settings.review')}</h2>
          <p>${told(t, quorum.reason)}</p>
          ${reviewForm(visit, facts, mine, path)}
          <h2>${t('settings.train')}</h2>
          <p>${told(t, describeSchedule(schedule))}</p>
          <p><a href="${modelPath(model, '/trains')}">${t('settings.trainLink')}</a></p>
        </div>
        <div>${history(visit, facts)}</div>
      </div>`,
  }
}

/** A form with its reason and button for those who may change it; for others the same values without them. */
function form(visit: Visit, mine: boolean, action: string, inside: Content, message: string): Html {
  const { t } = visit
  if (!mine) return html`<fieldset class="stack" disabled>${inside}</fieldset>`
  return html`<form class="stack" method="post" action="${action}">
    ${inside}
    <div class="field">
      <label>
        ${t('settings.why')}
        <input name="message" required maxlength="2000" dir="auto" value="${message}" />
      </label>
    </div>
    <p class="actions"><button class="primary">${t('common.save')}</button></p>
  </form>`
}

function aboutForm(visit: Visit, { model, typed }: SettingsFacts, mine: boolean, path: string): Html {
  const { t } = visit
  const inside = field({
    name: 'description',
    label: t('community.description'),
    control: (a) => html`<textarea ${a} rows="3" dir="auto">${typed?.['description'] ?? model.description}</textarea>`,
  })
  return html`<h2>${t('settings.about')}</h2>
    ${form(visit, mine, `${path}/about`, inside, typed?.['description'] === undefined ? '' : (typed['message'] ?? ''))}`
}

function licenceForm(visit: Visit, { model, typed }: SettingsFacts, mine: boolean, path: string): Html {
  const { t } = visit
  const inside = codeField({
    name: 'allow',
    label: t('settings.allow'),
    hint: t('settings.allowHint'),
    value: typed?.['allow'] ?? model.licencePolicy.allow?.join(', ') ?? '',
  })
  return html`<h2>${t('settings.licences')}</h2>
    ${form(visit, mine, `${path}/licences`, inside, typed?.['allow'] === undefined ? '' : (typed['message'] ?? ''))}`
}

function recipeForm(visit: Visit, { model, typed }: SettingsFacts, mine: boolean, path: string): Html {
  const { t } = visit
  const inside = field({
    name: 'recipe',
    label: t('settings.recipe'),
    hint: t('settings.recipeHint'),
    control: (a) => html`<textarea ${a} rows="6" class="code" spellcheck="false" dir="ltr">${typed?.['recipe'] ?? model.recipe}</textarea>`,
  })
  return html`<h2>${t('settings.training')}</h2>
    ${form(visit, mine, `${path}/recipe`, inside, typed?.['recipe'] === undefined ? '' : (typed['message'] ?? ''))}`
}

function gateForms({ t, locale }: Visit, { suites, model }: SettingsFacts, mine: boolean, path: string): Html {
  return html`<h2 id="gate">${t('settings.gate')}</h2>
    <p>${t('settings.gateText')}</p>
    ${suites.length === 0 && html`<p><a href="${modelPath(model, '/suites')}">${t('settings.noSuites')}</a></p>`}
    ${suites.map((suite) => {
      const isText = suite.kind === 'text'
      const tolerance = Number((isText ? suite.tolerance : suite.tolerance * 100).toFixed(6))
      const tolerates = isText
        ? t('settings.toleratesBits', { bits: tolerance.toLocaleString(locale.tag) })
        : t('settings.tolerates', { points: count(locale, tolerance) })
      const facts = html`<p class="row-title">
          <a href="${modelPath(model, `/suites/${encodeURIComponent(suite.name)}`)}">${suite.name}</a>
          ${suite.target ? badge(t('settings.target'), 'accent') : badge(t('settings.guard'))}
        </p>
        <p class="meta">${t('settings.cases', { n: suite.count })} · ${tolerates}</p>`
      if (!mine || suite.role !== 'measure') return html`<div class="card spaced">${facts}</div>`
      return html`<form class="card spaced" method="post" action="${path}/gate">
        ${facts}
        <input type="hidden" name="suite" value="${suite.name}" />
        <p class="choice">
          <input type="checkbox" name="target" value="yes" id="target-${suite.id}" ${suite.target && html` checked`} />
          <label for="target-${suite.id}">${t('settings.mustImprove')}</label>
        </p>
        <div class="field">
          <label for="tolerance-${suite.id}">${t(isText ? 'settings.toleranceText' : 'settings.tolerance')}</label>
          <input type="number" id="tolerance-${suite.id}" name="tolerance" min="0" step="any" value="${tolerance}" required />
        </div>
        <p class="actions"><button>${t('common.save')}</button></p>
      </form>`
    })}`
}

function reviewForm(visit: Visit, { rules, typed }: SettingsFacts, mine: boolean, path: string): Html {
  const { t } = visit
  const sections = Map.groupBy(ruleFields(rules, typed), ({ name }) => name.split('.')[0] as string)
  const inside = [...sections].map(
    ([section, fields]) =>
      html`<fieldset class="stack">
        <legend>${t(`settings.section_${section}` as MessageKey)}</legend>
        ${fields.map((it) => ruleField(visit, it))}
      </fieldset>`,
  )
  return form(visit, mine, `${path}/review`, inside, typed?.['quorum.kind'] === undefined ? '' : (typed['message'] ?? ''))
}

function ruleField({ t }: Visit, rule: RuleField): Html {
  const label = t(`settings.rule_${rule.name.replace('.', '_')}` as MessageKey)
  return field({
    name: rule.name,
    label,
    control: (a) =>
      rule.kind === 'number'
        ? html`<input type="number" ${a} step="any" min="0" value="${rule.value ?? ''}" />`
        : html`<select ${a}>
            ${rule.choices.map(
              (it) =>
                html`<option value="${it}" ${it === rule.value && html` selected`}>${t(`settings.choice_${it}` as MessageKey)}</option>`,
            )}
          </select>`,
  })
}

/** Both histories as one list, newest first. */
function history({ t, locale }: Visit, { changes, ruleChanges }: SettingsFacts): Html {
  const all = [
    ...changes.map(({ message, by, createdAt }) => ({ message, by, createdAt, what: t('settings.ofSettings') })),
    ...ruleChanges.map(({ message, by, createdAt }) => ({ message, by, createdAt, what: t('settings.ofRules') })),
  ].sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
  return html`<h2>${t('settings.history')}</h2>
    <ul class="rows">
      ${all.map(
        (it) =>
          html`<li>
            <p dir="auto">${it.message}</p>
            <p class="meta">${it.what} · ${person(t, it.by)} · ${ago(locale, it.createdAt)}</p>
          </li>`,
      )}
    </ul>`
}
