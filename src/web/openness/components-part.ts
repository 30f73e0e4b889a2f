/** What a grade rests on: the three classes as a ladder, and every component with what the base and the release have of it. */

import type { ComponentEvidence, OpenComponent, OpennessVerdict } from '../../domain/lineage/conclude-openness.ts'
import { componentRule, type ComponentId, type OpennessClass } from '../../domain/lineage/openness-components.ts'
import { nextClass, type ClassProgress, type ComponentState } from '../../domain/lineage/openness.ts'
import { html, type Content, type Html } from '../markup.ts'
import type { Translate } from '../messages.ts'
import { badge, type Tone } from '../parts/basics.ts'
import { told } from '../said/told.ts'
import type { Visit } from '../visit.ts'

const tones: Record<ComponentState, Tone> = { open: 'good', 'not-open': 'bad', unlicensed: 'warn', missing: 'plain' }

export const stateBadge = (t: Translate, state: ComponentState): Html => badge(t(`openness.state_${state}`), tones[state])

/** What is graded at all, for somebody who never heard of it. */
export function mofWhat({ t }: Visit): Content {
  return t.rich('openness.what', { mof: (inside) => html`<a href="https://isitopen.ai" rel="noreferrer">${inside}</a>` })
}

export function fineprint({ t }: Visit): Html {
  return html`<p class="soft"><a href="/source/docs/design/openness.md">${t('openness.rule')}</a>. ${t('openness.advice')}</p>`
}

/** From the class that asks for least. A cell for each component asked for; the words beside it say the same. */
export function ladder({ t }: Visit, verdict: OpennessVerdict): Html {
  const next = nextClass(verdict)
  const rung = (progress: ClassProgress) => {
    const cells = [...Array<boolean>(progress.met).fill(true), ...Array<boolean>(progress.of - progress.met).fill(false)]
    return html`<li class="${progress.lacks.length === 0 && 'reached'}">
      <p class="row-title">
        ${t(`openness.class_${progress.class}`)}
        ${progress.lacks.length === 0 ? badge(t('openness.reached'), 'good') : progress === next && badge(t('openness.next'), 'accent')}
      </p>
      <p class="soft">${t(`openness.why_${progress.class}`)}</p>
      <p class="cells-row">
        <span class="cells" aria-hidden="true">${cells.map((open) => html`<i class="${open ? 'open' : 'not'}"></i>`)}</span>
        <span>${t('openness.met', { met: progress.met, of: progress.of })}</span>
      </p>
    </li>`
  }
  return html`<ol class="ladder">
    ${verdict.classes.map(rung)}
  </ol>`
}

/** Where to go to do something about a component; null where nothing but another release or another base helps. */
export type WayOut = (id: ComponentId, side: ComponentEvidence['of']) => Content

/** What the next class lacks, and whose half it is. */
export function lifts({ t }: Visit, verdict: OpennessVerdict, wayOut: WayOut): Html {
  const next = nextClass(verdict)
  if (next === null) return html`<p>${t('openness.liftNothing')}</p>`
  const items = next.lacks.map((id) => {
    const { evidence } = verdict.components.find(({ component }) => component === id)!
    const lacking = evidence.filter(({ state }) => state !== 'open')
    const alike = lacking.length === 2 && lacking[0]!.state === lacking[1]!.state
    const one = (side: ComponentEvidence, of: 'base' | 'release' | 'both') =>
      html`<p>
        ${evidence.length > 1 && html`<span class="soft">(${t(`openness.need_${of}`)})</span>`} ${needOf(t, side.state)}
        ${wayOut(id, side.of)}
      </p>`
    return html`<li>
      <p class="row-title"><a href="#${id}">${t(`openness.component_${id}`)}</a> <span class="soft">${t(`openness.what_${id}`)}</span></p>
      ${alike ? html`${one(lacking[0]!, 'both')}` : lacking.map((side) => one(side, side.of))}
      ${id === 'technical-report' && html`<p class="meta">${t('openness.needReport')}</p>`}
    </li>`
  })
  return html`<ul class="rows">
    ${items}
  </ul>`
}

function needOf(t: Translate, state: ComponentState): string {
  return state === 'open' ? '' : t(`openness.need_${state}`)
}

/** All seventeen, in groups of the classes that ask for them. `alone`: the model stands for itself, there is no base. */
export function everyComponent(visit: Visit, verdict: OpennessVerdict, alone = false): Html {
  const { t } = visit
  return html`${([3, 2, 1] as const satisfies readonly OpennessClass[]).map(
    (one) =>
      html`<h3>${t(one === 3 ? 'openness.asksFor' : 'openness.asksForMore', { name: t(`openness.class_${one}`) })}</h3>
        <ul class="components">
          ${verdict.components
            .filter(({ component }) => componentRule(component).class === one)
            .map((component) => componentRow(visit, component, alone))}
        </ul>`,
  )}`
}

function componentRow({ t }: Visit, { component, state, licence, fits, evidence }: OpenComponent, alone: boolean): Html {
  const { optional } = componentRule(component)
  return html`<li class="card component" id="${component}">
    <div class="component-head">
      <h4>${t(`openness.component_${component}`)}</h4>
      ${stateBadge(t, state)} ${optional && html`<span class="soft">${t('openness.optional')}</span>`}
    </div>
    <p class="meta">${t(`openness.what_${component}`)}</p>
    ${state !== 'missing' && html`<p dir="ltr" class="licence-line"><code>${licence ?? t('openness.noLicence')}</code></p>`}
    ${state === 'open' && !fits && html`<p class="meta">${t('openness.otherKind')}</p>`}
    <dl class="evidence">
      ${evidence.map(
        (side) =>
          html`<div>
            <dt>${alone ? t('openness.itself') : t(`openness.${side.of}`)} ${evidence.length > 1 && stateBadge(t, side.state)}</dt>
            <dd>
              ${told(t, side.sentence)}
              ${side.address !== null && html`<a href="${side.address}" ${/^https?:/.test(side.address) && html` rel="noreferrer"`}>${t('openness.look')}</a>`}
            </dd>
          </div>`,
      )}
    </dl>
  </li>`
}
