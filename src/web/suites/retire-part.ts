/** On a suite's page: that it is retired, by whom and why, and the form in which a maintainer retires it or takes it up again. */

import { hasRole } from '../../domain/people/actor.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import type { Suite } from '../../domain/models/suite.ts'
import type { SuiteRetirement } from '../../domain/models/suite-retirement.ts'
import type { Typed } from '../form.ts'
import { html, modelPath, type Content, type Html } from '../markup.ts'
import { field, person } from '../parts/basics.ts'
import { confirmation } from '../parts/confirm.ts'
import { ago } from '../parts/time.ts'
import type { Visit } from '../visit.ts'

export interface RetireData {
  readonly model: CommunityModel
  readonly suite: Suite
  /** The newest first. */
  readonly retirements: readonly SuiteRetirement[]
  /** Whether a release must improve it and no other: then it cannot be retired. */
  readonly onlyTarget: boolean
  /** Of a refused form. */
  readonly typed: Typed | null
}

/** Why nobody asks it any more, above everything else of the page. */
export function retiredNote({ t, locale }: Visit, { suite, retirements }: RetireData): Content {
  const [last] = retirements
  if (suite.retiredAt === null || !last) return null
  return html`<div class="note warn">
    <p>${t.rich('suites.retiredNote', { who: () => person(t, last.by), when: () => ago(locale, last.createdAt) })}</p>
    <p dir="auto">${last.message}</p>
  </div>`
}

export function retireForm(visit: Visit, { model, suite, onlyTarget, typed }: RetireData): Content {
  const { t, actor } = visit
  if (suite.role === 'charter' || actor === null || !hasRole(actor, 'maintainer', model.id)) return null
  const path = modelPath(model, `/suites/${encodeURIComponent(suite.name)}`)
  if (onlyTarget) return html`<p class="soft">${t('suites.retireNotLast')}</p>`
  const why = field({
    name: 'message',
    label: t('suites.retireWhy'),
    control: (a) => html`<input ${a} value="${typed?.['message'] ?? ''}" maxlength="2000" dir="auto" required />`,
  })
  return suite.retiredAt === null
    ? confirmation({
        label: t('suites.retire'),
        sentence: t(suite.role === 'measure' ? 'suites.retireMeasure' : 'suites.retireRegression'),
        action: `${path}/retire`,
        fields: why,
        open: typed !== null,
      })
    : confirmation({
        label: t('suites.takeUp'),
        sentence: t(suite.target ? 'suites.takeUpTarget' : 'suites.takeUpWhat'),
        action: `${path}/take-up`,
        fields: why,
        open: typed !== null,
      })
}

/** Who did what when; nothing where it was never retired. */
export function retirementHistory({ t, locale }: Visit, { retirements }: RetireData): Html {
  if (retirements.length === 0) return html``
  return html`<details>
    <summary>${t('suites.retirements', { n: retirements.length })}</summary>
    <ul class="rows">
      ${retirements.map(
        ({ retired, message, by, createdAt }) =>
          html`<li>
            <p dir="auto">${message}</p>
            <p class="meta">${t(retired ? 'suites.wasRetired' : 'suites.wasTakenUp')} · ${person(t, by)} · ${ago(locale, createdAt)}</p>
          </li>`,
      )}
    </ul>
  </details>`
}
