/** Who is acting: the operator at the machine, or a person with a role, here and in communities. */

import { AppError } from '../../errors.ts'
import type { RoleName, Scope } from '../../storage/schema.ts'

export type { RoleName, Scope } from '../../storage/schema.ts'

export interface PersonActor {
  readonly kind: 'person'
  readonly id: number
  readonly name: string
  /** On the whole instance: it holds in every community. */
  readonly role: RoleName
  /** What they may do beyond that, by the id of the community model. */
  readonly memberships?: ReadonlyMap<number, RoleName>
  /** What the token they act with is for; where nothing is said, all that they may do. */
  readonly scopes?: readonly Scope[] | null
}

export type Actor = { readonly kind: 'operator' } | PersonActor

/** Whoever runs the server may do everything a maintainer may. */
export const operator: Actor = { kind: 'operator' }

/** Each role may do what those before it may. */
export const roles = ['contributor', 'reviewer', 'maintainer'] as const satisfies readonly RoleName[]

/** The scope of a token that acting in a role takes. */
const scopeOfRole = { contributor: 'contribute', reviewer: 'review', maintainer: 'maintain' } as const satisfies Record<RoleName, Scope>

/**
 * Throws `forbidden` unless the actor has the role or a higher one: on the whole instance, or in the community that this is about.
 * @param modelId the community; left out where it is about the instance
 */
export function requireRole(actor: Actor, role: RoleName, modelId?: number): void {
  if (actor.kind === 'operator') return
  if (rank(roleIn(actor, modelId)) < rank(role))
    throw new AppError(
      'forbidden',
      `${actor.name} is a ${roleIn(actor, modelId)}${modelId === undefined ? '' : ' here'}; this takes a ${role}. Ask a maintainer.`,
    )
  requireScope(actor, scopeOfRole[role])
}

/** The same as a question. */
export function hasRole(actor: Actor, role: RoleName, modelId?: number): boolean {
  return actor.kind === 'operator' || (rank(roleIn(actor, modelId)) >= rank(role) && hasScope(actor, scopeOfRole[role]))
}

/** The higher of the role on the instance and the one in the community. */
export function roleIn(actor: PersonActor, modelId?: number): RoleName {
  const member = modelId === undefined ? undefined : actor.memberships?.get(modelId)
  return member !== undefined && rank(member) > rank(actor.role) ? member : actor.role
}

/** Throws `forbidden` where the actor came with a token that is not for this. */
export function requireScope(actor: Actor, scope: Scope): void {
  if (!hasScope(actor, scope))
    throw new AppError('forbidden', `This token of ${(actor as PersonActor).name} is not for this; use one with the scope "${scope}".`)
}

function hasScope(actor: Actor, scope: Scope): boolean {
  return actor.kind === 'operator' || actor.scopes == null || actor.scopes.includes(scope)
}

const rank = (role: RoleName) => roles.indexOf(role)

/** The column value that stands for the actor: a person's id, or null for the operator. */
export function actorId(actor: Actor): number | null {
  return actor.kind === 'operator' ? null : actor.id
}

export function actorName(actor: Actor): string {
  return actor.kind === 'operator' ? operatorName : actor.name
}

/** How the operator is called where a person's name would stand. No person can have it. */
export const operatorName = 'operator'
