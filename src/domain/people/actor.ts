/** Who is acting: the operator at the machine, or a person with a role. */

import { AppError } from '../../errors.ts'
import type { RoleName } from '../../storage/schema.ts'

export type { RoleName } from '../../storage/schema.ts'

export type Actor =
  { readonly kind: 'operator' } | { readonly kind: 'person'; readonly id: number; readonly name: string; readonly role: RoleName }

/** Whoever runs the server may do everything a maintainer may. */
export const operator: Actor = { kind: 'operator' }

/** Each role may do what those before it may. */
export const roles = ['contributor', 'reviewer', 'maintainer'] as const satisfies readonly RoleName[]

/** Throws `forbidden` unless the actor has the role or a higher one. */
export function requireRole(actor: Actor, role: RoleName): void {
  if (actor.kind === 'operator' || roles.indexOf(actor.role) >= roles.indexOf(role)) return
  throw new AppError('forbidden', `${actor.name} is a ${actor.role}; this takes a ${role}. Ask a maintainer.`)
}

/** The column value that stands for the actor: a person's id, or null for the operator. */
export function actorId(actor: Actor): number | null {
  return actor.kind === 'operator' ? null : actor.id
}

export function actorName(actor: Actor): string {
  return actor.kind === 'operator' ? operatorName : actor.name
}

/** How the operator is called where a person's name would stand. No person can have it. */
export const operatorName = 'operator'
