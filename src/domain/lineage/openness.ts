/** Grades a model by the Model Openness Framework (arXiv:2403.13784): from the state of each component to the class it reaches. Pure. */

import { opennessOfLicence } from './licence-openness.ts'
import { componentRule, componentRules, type ComponentId, type OpennessClass } from './openness-components.ts'

export type ComponentState =
  /** There, under an open licence. */
  | 'open'
  /** There, under a licence that is not open. */
  | 'not-open'
  /** There, and nobody says under which licence. */
  | 'unlicensed'
  | 'missing'

export interface JudgedComponent {
  readonly component: ComponentId
  readonly state: ComponentState
  readonly licence: string | null
  /** The licence was made for this kind of content. */
  readonly fits: boolean
  readonly why: string
}

/** Of a component that is there. */
export function judgeComponent(component: ComponentId, licence: string | null): JudgedComponent {
  if (licence === null || licence.trim() === '')
    return { component, state: 'unlicensed', licence: null, fits: false, why: 'Nobody says under which licence it is.' }
  const { kind } = componentRule(component)
  const { open, fits, licence: read, why } = opennessOfLicence(licence, kind)
  return { component, state: open ? 'open' : 'not-open', licence: read, fits, why }
}

export interface ClassProgress {
  readonly class: OpennessClass
  /** Of what it asks for, what is there and open. */
  readonly met: number
  readonly of: number
  /** 0 to 100; 0 until the class below is reached, as the framework counts. */
  readonly percent: number
  /** What is asked for and not open. A technical report stands for either that or a research paper. */
  readonly lacks: readonly ComponentId[]
}

export interface OpennessGrade {
  /** The highest class reached; null: none. */
  readonly class: OpennessClass | null
  /** III, II, I. */
  readonly classes: readonly ClassProgress[]
}

const ladder = [3, 2, 1] as const satisfies readonly OpennessClass[]

/** @param states what is not named is missing */
export function gradeOpenness(states: ReadonlyMap<ComponentId, ComponentState>): OpennessGrade {
  const isOpen = (id: ComponentId) => states.get(id) === 'open'
  let reached: OpennessClass | null = null
  let below = true
  const classes = ladder.map((wanted): ClassProgress => {
    const asked = askedFor(wanted, isOpen)
    const lacks = asked.filter((id) => !isOpen(id))
    const met = asked.length - lacks.length
    const percent = below ? (met / asked.length) * 100 : 0
    below &&= lacks.length === 0
    if (below) reached = wanted
    return { class: wanted, met, of: asked.length, percent, lacks }
  })
  return { class: reached, classes }
}

/** A research paper does for the technical report, and then counts once. */
function askedFor(wanted: OpennessClass, isOpen: (id: ComponentId) => boolean): ComponentId[] {
  const asked = componentRules.filter((rule) => rule.class >= wanted && !rule.optional).map(({ id }) => id)
  if (isOpen('technical-report') || !isOpen('research-paper')) return asked
  const others = asked.filter((id) => id !== 'technical-report')
  return others.includes('research-paper') ? others : [...others, 'research-paper']
}

/** The class that comes next and what it still lacks; null where the highest is reached. */
export function nextClass({ classes }: OpennessGrade): ClassProgress | null {
  return classes.find(({ lacks }) => lacks.length > 0) ?? null
}

/** "Class III", as the framework writes it. */
export const classNames: Record<OpennessClass, string> = { 3: 'Class III', 2: 'Class II', 1: 'Class I' }
export const classTitles: Record<OpennessClass, string> = { 3: 'Open Model', 2: 'Open Tooling', 1: 'Open Science' }
