/** Links that sign in once: the operator prints them, for whoever lost their way in, and for the first one to set the instance up. */

import { sql } from 'kysely'
import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { Actor } from './actor.ts'
import { checkPassword, hashPassword } from './password.ts'
import { findPerson } from './people-queries.ts'
import { parsePersonName } from './person.ts'
import { hashSecret, looksLikeSecret, newSecret } from './secret.ts'
import { storePassword } from './set-password.ts'
import type { Visitor } from './sign-in.ts'
import { attemptFrom, countAttempt } from './sign-in-limits.ts'
import { startSession, type StartedSession } from './sessions.ts'
import { insertPerson } from './sign-up.ts'

export const linkLimits = {
  /** The operator reads it out or pastes it: minutes are enough. */
  signInMinutes: 10,
  /** Whoever starts a server may come back to it after lunch. */
  setUpMinutes: 24 * 60,
} as const

/** The operator alone: whoever has the link is that person. */
export async function makeSignInLink(
  app: { readonly db: Database },
  actor: Actor,
  name: string,
): Promise<{ readonly name: string; readonly secret: string }> {
  if (actor.kind !== 'operator')
    throw new AppError('forbidden', 'Only the operator makes a sign-in link: whoever has it can act as that person.')
  const person = await findPerson(app.db, name)
  return { name: person.name, secret: await insertLink(app.db, person.id, linkLimits.signInMinutes) }
}

/** Whose link it is, without using it up. `not-found`, in the same words, for one that is unknown, used or too old. */
export async function findSignInLink(db: Db, secret: string): Promise<{ readonly name: string }> {
  const row = looksLikeSecret(secret)
    ? await open(db)
        .innerJoin('people', 'people.id', 'signInLinks.personId')
        .select('people.name')
        .where('hash', '=', hashSecret(secret))
        .executeTakeFirst()
    : undefined
  if (!row)
    throw new AppError(
      'not-found',
      `This link opens nothing any more: it is used, or older than ${linkLimits.signInMinutes} minutes. Ask the operator for another.`,
    )
  return row
}

export async function useSignInLink(app: { readonly db: Database }, visitor: Visitor, secret: string): Promise<StartedSession> {
  await countAttempt(app.db, attemptFrom('address', visitor.address))
  return app.db.transaction().execute(async (db) => {
    await findSignInLink(db, secret)
    const { personId } = await takeLink(db, secret)
    return startSession(db, personId as number, 'link', visitor.device)
  })
}

/** Whether nobody is here yet, so that somebody must be the first. */
export async function isUnclaimed(db: Db): Promise<boolean> {
  return (await db.selectFrom('people').select('id').limit(1).executeTakeFirst()) === undefined
}

/** The operator alone. A link that makes the first maintainer; `conflict` where there is anybody already. Earlier ones end. */
export async function makeSetUpLink(app: { readonly db: Database }, actor: Actor): Promise<{ readonly secret: string }> {
  if (actor.kind !== 'operator') throw new AppError('forbidden', 'Only the operator sets an instance up.')
  return app.db.transaction().execute(async (db) => {
    if (!(await isUnclaimed(db))) throw new AppError('conflict', 'This instance is set up; "person link <name>" signs somebody in.')
    await db.deleteFrom('signInLinks').where('personId', 'is', null).execute()
    return { secret: await insertLink(db, null, linkLimits.setUpMinutes) }
  })
}

/** `not-found`, in the same words, where the link is unknown, used or too old, or somebody is here. */
export async function requireSetUpLink(db: Db, secret: string): Promise<void> {
  const row =
    looksLikeSecret(secret) && (await isUnclaimed(db))
      ? await open(db).select('hash').where('hash', '=', hashSecret(secret)).where('personId', 'is', null).executeTakeFirst()
      : undefined
  if (!row)
    throw new AppError('not-found', 'This is not the way to set this server up. Its operator prints a link with "commonweights set-up".')
}

/** Makes the first person, who maintains the instance. */
export async function setUpInstance(
  app: { readonly db: Database },
  visitor: Visitor,
  secret: string,
  input: { readonly name: string; readonly password: string },
): Promise<StartedSession> {
  await countAttempt(app.db, attemptFrom('address', visitor.address))
  await requireSetUpLink(app.db, secret)
  const name = parsePersonName(input.name)
  checkPassword(input.password, name)
  const hash = await hashPassword(input.password)
  return app.db.transaction().execute(async (db) => {
    await takeLink(db, secret)
    await requireNobody(db)
    const personId = await insertPerson(db, name, 'maintainer')
    await storePassword(db, personId, hash)
    return startSession(db, personId, 'sign-up', visitor.device)
  })
}

async function requireNobody(db: Db): Promise<void> {
  if (!(await isUnclaimed(db))) throw new AppError('conflict', 'Somebody has set this server up meanwhile; sign in.')
}

function open(db: Db) {
  return db
    .selectFrom('signInLinks')
    .where('usedAt', 'is', null)
    .where('expiresAt', '>', sql<Date>`now()`)
}

async function insertLink(db: Db, personId: number | null, minutes: number): Promise<string> {
  const secret = newSecret()
  await db
    .deleteFrom('signInLinks')
    .where('expiresAt', '<', sql<Date>`now() - interval '1 day'`)
    .execute()
  await db
    .insertInto('signInLinks')
    .values({ hash: hashSecret(secret), personId, expiresAt: sql<Date>`now() + ${minutes} * interval '1 minute'` as never, usedAt: null })
    .execute()
  return secret
}

/** Once: of two at the same time one finds it used. */
async function takeLink(db: Db, secret: string): Promise<{ readonly personId: number | null }> {
  const taken = await db
    .updateTable('signInLinks')
    .set({ usedAt: new Date() })
    .where('hash', '=', hashSecret(secret))
    .where('usedAt', 'is', null)
    .returning('personId')
    .executeTakeFirst()
  if (!taken) throw new AppError('conflict', 'This link was used just now.')
  return taken
}
