/** Grades an adapted model: each component is as open as the less open of what its base has and what was added to it, and says why. Pure. */

import { opennessOfLicence } from './licence-openness.ts'
import { componentRule, componentRules, type ComponentId, type OpennessClass } from './openness-components.ts'
import { gradeOpenness, judgeComponent, type ClassProgress, type ComponentState } from './openness.ts'

/** Something that can be looked at under an address, and the licence it comes under. */
export interface Thing {
  readonly component: ComponentId
  /** SPDX expression or whatever its holder calls it; null: nobody says. */
  readonly licence: string | null
  /** Of the web, or a path of this server. */
  readonly address: string
  /** What it is and how that is known. */
  readonly sentence: string
}

/** What one side has of a component. */
export interface ComponentEvidence {
  readonly of: 'base' | 'release'
  readonly state: ComponentState
  readonly licence: string | null
  readonly address: string | null
  readonly sentence: string
}

export interface OpenComponent {
  readonly component: ComponentId
  readonly state: ComponentState
  /** Of all sides together; null where none is stated. */
  readonly licence: string | null
  /** Open, and the licence was made for this kind of content. */
  readonly fits: boolean
  readonly evidence: readonly ComponentEvidence[]
}

export interface OpennessVerdict {
  /** The highest class reached; null: none. */
  readonly class: OpennessClass | null
  /** III, II, I. */
  readonly classes: readonly ClassProgress[]
  readonly components: readonly OpenComponent[]
}

/** From worst to best: a component is as open as its less open side. */
const order: readonly ComponentState[] = ['missing', 'unlicensed', 'not-open', 'open']

/**
 * @param base what there is of the base; null for a model that stands for itself
 * @param own what there is of the release, or of the model that stands for itself
 */
export function concludeOpenness(base: readonly Thing[] | null, own: readonly Thing[]): OpennessVerdict {
  const components = componentRules.map(({ id, of }): OpenComponent => {
    const evidence = [
      ...(base !== null && of === 'both' ? [evidenceOf('base', id, base)] : []),
      evidenceOf('release', id, own, base === null),
    ]
    const state = order.find((one) => evidence.some((side) => side.state === one)) as ComponentState
    const licences = [...new Set(evidence.flatMap(({ licence }) => licence ?? []))]
    const { kind } = componentRule(id)
    return {
      component: id,
      state,
      licence: together(licences),
      fits: state === 'open' && licences.every((licence) => opennessOfLicence(licence, kind).fits),
      evidence,
    }
  })
  return { ...gradeOpenness(new Map(components.map(({ component, state }) => [component, state]))), components }
}

/** `A` and `A AND B` together are `A AND B`. */
function together(licences: readonly string[]): string | null {
  const parts = licences.flatMap((licence) => (/[()]/.test(licence) ? [licence] : licence.split(' AND ')))
  const distinct = [...new Set(parts)]
  if (distinct.length < 2) return distinct[0] ?? null
  return distinct.map((part) => (/ OR /.test(part) && !part.startsWith('(') ? `(${part})` : part)).join(' AND ')
}

function evidenceOf(of: 'base' | 'release', component: ComponentId, things: readonly Thing[], alone = false): ComponentEvidence {
  const thing = things.find((one) => one.component === component)
  if (!thing) {
    const sentence =
      of === 'base' ? 'Nobody has declared that the base has one.' : alone ? 'Nobody has declared one.' : 'There is none here.'
    return { of, state: 'missing', licence: null, address: null, sentence }
  }
  const { state, licence, why } = judgeComponent(component, thing.licence)
  return { of, state, licence, address: thing.address, sentence: `${thing.sentence} ${why}` }
}
