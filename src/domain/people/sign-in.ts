/** Signs in with a name and a password. */

import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import { hashPassword, isOutdated, isPassword } from './password.ts'
import { countAttempt, forgetAttempt, passwordAttempt } from './sign-in-limits.ts'
import { startSession, type StartedSession } from './sessions.ts'

/** Where somebody comes from: what limits count by, and how their session is called. */
export interface Visitor {
  /** Their network address. */
  readonly address: string
  readonly device: string
}

/** `unauthenticated`, in the same words and after the same time, for a wrong name, a wrong password and an account without one; `unavailable` after too many. */
export async function signIn(
  app: { readonly db: Database },
  visitor: Visitor,
  input: { readonly name: string; readonly password: string },
): Promise<StartedSession> {
  const name = input.name.normalize('NFC').trim().toLowerCase().slice(0, 100)
  const attempt = passwordAttempt(name, visitor.address)
  await countAttempt(app.db, attempt)
  const found = await app.db
    .selectFrom('people')
    .innerJoin('passwords', 'passwords.personId', 'people.id')
    .select(['people.id', 'passwords.hash'])
    .where('people.name', '=', name)
    .executeTakeFirst()
  const right = await isPassword(input.password.slice(0, 1000), found?.hash ?? null)
  if (!right || !found) throw new AppError('unauthenticated', 'The name or the password is not right.')
  const renewed = isOutdated(found.hash) ? await hashPassword(input.password) : null
  await forgetAttempt(app.db, attempt)
  return app.db.transaction().execute(async (db) => {
    if (renewed !== null)
      await db.updateTable('passwords').set({ hash: renewed }).where('personId', '=', found.id).where('hash', '=', found.hash).execute()
    return startSession(db, found.id, 'password', visitor.device)
  })
}
