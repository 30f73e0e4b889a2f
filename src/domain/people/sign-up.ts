/** Opens an account for oneself: by invitation, or freely where the operator says so. */

import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import { checkPassword, hashPassword } from './password.ts'
import { findInvitation, takeInvitation } from './invitations.ts'
import { parsePersonName } from './person.ts'
import { linkAccount, takeProvenAccount } from './provider-accounts.ts'
import { storePassword } from './set-password.ts'
import type { Visitor } from './sign-in.ts'
import { attemptFrom, countAttempt } from './sign-in-limits.ts'
import { startSession, type StartedSession } from './sessions.ts'

export interface SignUpApp {
  readonly db: Database
  /** Who may open an account; where nothing is said, those who are invited. */
  readonly signUp?: 'invitation' | 'open'
}

export interface NewAccount {
  readonly name: string
  /** How the account is opened from now on: a password, or the account at the provider that was just proven. */
  readonly password?: string | undefined
  readonly provider?: string | undefined
  /** The secret of an invitation. */
  readonly invitation?: string | undefined
}

/** `forbidden` without an invitation where one is needed; `conflict` where the name is taken. The first page after it is seen signed in. */
export async function signUp(app: SignUpApp, visitor: Visitor, input: NewAccount): Promise<StartedSession> {
  await countAttempt(app.db, attemptFrom('signUp', visitor.address))
  const { invitation } = input
  if (invitation !== undefined) await findInvitation(app.db, invitation)
  else if (app.signUp !== 'open')
    throw new AppError('forbidden', 'Accounts are opened by invitation here; ask somebody who maintains a community for a link.')
  const name = parsePersonName(input.name)
  const hash = await hashOfNew(input, name)
  return app.db.transaction().execute(async (db) => {
    const personId = await insertPerson(db, name, 'contributor')
    if (hash !== null) await storePassword(db, personId, hash)
    if (input.provider !== undefined) await linkAccount(db, personId, await takeProvenAccount(db, input.provider))
    if (invitation !== undefined) await takeInvitation(db, invitation, personId)
    return startSession(db, personId, 'sign-up', visitor.device)
  })
}

async function hashOfNew({ password, provider }: NewAccount, name: string): Promise<string | null> {
  if (password === undefined) {
    if (provider === undefined) throw new AppError('invalid', 'Choose a password.')
    return null
  }
  checkPassword(password, name)
  return hashPassword(password)
}

/** Says nothing about who may. */
export async function insertPerson(db: Db, name: string, role: 'contributor' | 'maintainer'): Promise<number> {
  const made = await db
    .insertInto('people')
    .values({ name, role })
    .onConflict((taken) => taken.column('name').doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!made) throw new AppError('conflict', `There already is a person called ${name}; choose another name.`)
  return made.id
}
