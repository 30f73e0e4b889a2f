/** What a maintainer says is open of a base model or by a community: which component is where, under which licence. Every declaration stays on record. Pure. */

import { AppError } from '../../errors.ts'
import { componentIds, componentRule, isComponentId, type ComponentId } from '../lineage/openness-components.ts'

export interface DeclaredComponent {
  readonly component: ComponentId
  /** As its holder states it, an SPDX expression where there is one; null: nobody says. */
  readonly licence: string | null
  /** Where it can be looked at: https://… or a path of this server. */
  readonly address: string
}

export interface OpennessDeclaration {
  readonly id: number
  /** All that is declared from then on, in the order of the framework's table. */
  readonly components: readonly DeclaredComponent[]
  /** Where whoever declared it read it; null where they did not say. */
  readonly source: string | null
  readonly message: string
  /** "operator" for the local operator. */
  readonly by: string
  readonly createdAt: Date
}

export const declarationLimits = { address: 1_000, licence: 500, message: 2_000 } as const

/** What a community can declare: everything else is graded from what its releases are made of. */
export const communityComponents: readonly ComponentId[] = ['technical-report', 'research-paper', 'intermediate-parameters']

/** Throws `invalid` for what is no component, is named twice, or has no address. */
export function checkComponents(
  input: readonly { readonly component: string; readonly licence?: string | null | undefined; readonly address: string }[],
  allowed: readonly ComponentId[] = componentIds,
): readonly DeclaredComponent[] {
  const found = new Map<ComponentId, DeclaredComponent>()
  for (const { component, licence, address } of input) {
    const shown = JSON.stringify(component.slice(0, 60))
    if (!isComponentId(component)) throw new AppError('invalid', `There is no component ${shown}; they are ${componentIds.join(', ')}.`)
    if (!allowed.includes(component))
      throw new AppError(
        'invalid',
        `${componentRule(component).name} is graded from what each release is made of; only ${allowed.map((id) => componentRule(id).name).join(', ')} can be declared.`,
      )
    if (found.has(component)) throw new AppError('invalid', `${componentRule(component).name} is named twice.`)
    const said = licence?.trim() ?? ''
    if (said.length > declarationLimits.licence)
      throw new AppError(
        'invalid',
        `The licence of ${componentRule(component).name} is longer than ${declarationLimits.licence} characters.`,
      )
    found.set(component, {
      component,
      licence: said === '' || said.toLowerCase() === 'unlicensed' ? null : said,
      address: checkAddress(address, componentRule(component).name),
    })
  }
  return componentIds.flatMap((id) => found.get(id) ?? [])
}

/** An address of the web, or a path of this server. */
export function checkAddress(input: string, what: string): string {
  const text = input.trim()
  if (text === '') throw new AppError('invalid', `${what} has no address; what cannot be looked at is not open.`)
  if (text.length > declarationLimits.address)
    throw new AppError('invalid', `The address of ${what} is longer than ${declarationLimits.address} characters.`)
  const isOwn = /^\/(?![/\\])[^\\\s]*$/.test(text)
  if (!isOwn && !(/^https?:\/\/[^\s]+$/.test(text) && URL.canParse(text)))
    throw new AppError('invalid', `The address of ${what} is not one: write https://… or a path of this server, such as /source.`)
  return text
}
