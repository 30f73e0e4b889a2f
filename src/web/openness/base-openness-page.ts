/** How open a base model is by itself, and what a maintainer of the instance declares of it. */

import type { OpennessVerdict } from '../../domain/lineage/conclude-openness.ts'
import { nextClass } from '../../domain/lineage/openness.ts'
import { componentIds } from '../../domain/lineage/openness-components.ts'
import type { BaseModel } from '../../domain/models/base-model.ts'
import { hasRole } from '../../domain/people/actor.ts'
import type { AppError } from '../../errors.ts'
import type { Typed } from '../form.ts'
import { html } from '../markup.ts'
import type { Page } from '../page.ts'
import { opennessBadge } from '../parts/openness.ts'
import type { Visit } from '../visit.ts'
import { everyComponent, fineprint, ladder, lifts, mofWhat } from './components-part.ts'
import { declarePart, type DeclarePart } from './declare-part.ts'

export interface BaseOpennessData {
  readonly base: BaseModel
  readonly verdict: OpennessVerdict
  readonly declared: Pick<DeclarePart, 'current' | 'history'>
  readonly typed: Typed | null
  readonly refused: AppError | null
}

export function baseOpennessPage(visit: Visit, { base, verdict, declared, typed, refused }: BaseOpennessData): Page {
  const { t } = visit
  const path = `/bases/${encodeURIComponent(base.name)}`
  const next = nextClass(verdict)
  const may = visit.actor !== null && hasRole(visit.actor, 'maintainer')
  return {
    title: t('openness.baseTitle', { name: base.name }),
    json: `/api${path}/openness`,
    refused,
    main: html`<p class="badges">
        ${opennessBadge(t, verdict)}
        <a href="${path}"><bdi>${base.name}</bdi></a>
      </p>
      <p class="lead">${mofWhat(visit)}</p>
      <section aria-labelledby="ladder">
        <h2 id="ladder">${t('openness.ladder')}</h2>
        ${ladder(visit, verdict)}
      </section>
      <section aria-labelledby="declared">
        <h2 id="declared">${t('openness.declaredBase')}</h2>
        <p>${t('openness.declaredBaseWhat')}</p>
        ${declarePart(visit, { action: `${path}/openness`, components: componentIds, ...declared, may, record: true, typed })}
      </section>
      ${
        next &&
        html`<section aria-labelledby="lift">
          <h2 id="lift">${t('openness.lift', { name: t(`openness.class_${next.class}`) })}</h2>
          ${lifts(visit, verdict, () => may && html`<a href="#declare">${t('openness.toDeclare')}</a>`)}
        </section>`
      }
      <section aria-labelledby="components">
        <h2 id="components">${t('openness.components')}</h2>
        ${everyComponent(visit, verdict, true)}
      </section>
      ${fineprint(visit)}`,
  }
}
