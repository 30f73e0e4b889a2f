/** Sets one's own password. Every other session ends with the old one. */

import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { Actor } from './actor.ts'
import { checkPassword, hashPassword, isPassword } from './password.ts'
import { requireSelf } from './require-self.ts'
import { endAll } from './sessions.ts'
import { countAttempt, forgetAttempt, passwordAttempt } from './sign-in-limits.ts'

/**
 * Where there is one already it must be said: a screen left open changes no password. Guesses count like attempts to sign in.
 * @param session the one that goes on; null: all end
 */
export async function setPassword(
  app: { readonly db: Database },
  actor: Actor,
  input: { readonly current?: string | undefined; readonly password: string },
  from: { readonly address: string; readonly session: number | null },
): Promise<void> {
  const person = requireSelf(actor)
  checkPassword(input.password, person.name)
  const stored = await app.db.selectFrom('passwords').select('hash').where('personId', '=', person.id).executeTakeFirst()
  if (stored) {
    const attempt = passwordAttempt(person.name, from.address)
    await countAttempt(app.db, attempt)
    if (!(await isPassword((input.current ?? '').slice(0, 1000), stored.hash)))
      throw new AppError('forbidden', 'The current password is not right.')
    await forgetAttempt(app.db, attempt)
  }
  const hash = await hashPassword(input.password)
  await app.db.transaction().execute(async (db) => {
    await storePassword(db, person.id, hash)
    await endAll(db, person.id, from.session)
  })
}

export async function hasPassword(db: Db, personId: number): Promise<boolean> {
  return (await db.selectFrom('passwords').select('personId').where('personId', '=', personId).executeTakeFirst()) !== undefined
}

/** Says nothing about who may. */
export async function storePassword(db: Db, personId: number, hash: string): Promise<void> {
  await db
    .insertInto('passwords')
    .values({ personId, hash })
    .onConflict((known) => known.column('personId').doUpdateSet({ hash, changedAt: new Date() }))
    .execute()
}
