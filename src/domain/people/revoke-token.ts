/** Ends tokens: one by its id, or all of a person. */

import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import { requireRole, type Actor } from './actor.ts'
import { requireSelf } from './require-self.ts'
import { findPerson, tokensOf, type TokenRecord } from './people-queries.ts'

/** Revokes one token, or every token of the person where `id` is null. People may end their own, maintainers anyone's. */
export async function revokeToken(
  app: { readonly db: Database },
  actor: Actor,
  input: { readonly name: string; readonly id: number | null },
): Promise<readonly TokenRecord[]> {
  return app.db.transaction().execute(async (db) => {
    const person = await findPerson(db, input.name)
    if (actor.kind === 'person' && actor.id === person.id) requireSelf(actor)
    else requireRole(actor, 'maintainer')
    let ending = db.updateTable('tokens').set({ revokedAt: new Date() }).where('personId', '=', person.id).where('revokedAt', 'is', null)
    if (input.id !== null) ending = ending.where('id', '=', input.id)
    const ended = await ending.returning('id').execute()
    if (input.id !== null && ended.length === 0)
      throw new AppError('not-found', `${person.name} has no token ${input.id} in use; "person show ${person.name}" lists them.`)
    return tokensOf(db, person.id)
  })
}
