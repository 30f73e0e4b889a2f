/** What people do with their own account: they themselves, with all they may, and nobody in their name. */

import { AppError } from '../../errors.ts'
import type { Actor, PersonActor } from './actor.ts'

/** Throws `forbidden` for the operator, who has no account, and for a token that is for something particular: it must not open more than it is for. */
export function requireSelf(actor: Actor): PersonActor {
  if (actor.kind === 'operator')
    throw new AppError('forbidden', 'The operator has no account of their own; act with the token of a person (--token).')
  if (actor.scopes != null)
    throw new AppError(
      'forbidden',
      `This token of ${actor.name} is for ${actor.scopes.join(', ')}; an account is managed by whoever signs in to it.`,
    )
  return actor
}
