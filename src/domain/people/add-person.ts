/** Adds people and gives them tokens. */

import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import { requireRole, type Actor, type Scope } from './actor.ts'
import { parsePersonName, parseRole, type Person } from './person.ts'
import { findPerson, personColumns } from './people-queries.ts'
import { requireSelf } from './require-self.ts'
import { hashToken, newToken, parseScopes } from './token.ts'

export interface PersonWithToken {
  readonly person: Person
  /** Shown this once: only its hash is stored. */
  readonly token: string
}

export interface NewToken {
  readonly name: string
  /** What it is for, in their own words. */
  readonly label: string
  /** What it may be used for; null or nothing: all that they may do. */
  readonly scopes?: readonly string[] | null | undefined
  /** After which it opens nothing; null or nothing: never by itself. */
  readonly days?: number | null | undefined
}

/** Adds a person and returns a first token. `conflict` where the name is taken. */
export async function addPerson(
  app: { readonly db: Database },
  actor: Actor,
  input: { readonly name: string; readonly role: string },
): Promise<PersonWithToken> {
  requireRole(actor, 'maintainer')
  const name = parsePersonName(input.name)
  const role = parseRole(input.role)
  const token = newToken()
  return app.db.transaction().execute(async (db) => {
    const person = await db
      .insertInto('people')
      .values({ name, role })
      .onConflict((taken) => taken.column('name').doNothing())
      .returning(personColumns)
      .executeTakeFirst()
    if (!person) throw new AppError('conflict', `There already is a person called ${name}; choose another name.`)
    await insertToken(db, person.id, token, { label: 'first', scopes: null, expiresAt: null })
    return { person, token }
  })
}

/** Gives a person another token, e.g. for a second machine: people to themselves, and the operator. Whoever has it is that person, so nobody else may. */
export async function addToken(app: { readonly db: Database }, actor: Actor, input: NewToken): Promise<PersonWithToken> {
  const token = newToken()
  const label = input.label.normalize('NFC').trim().slice(0, 80)
  const scopes = input.scopes == null ? null : parseScopes(input.scopes)
  const expiresAt = input.days == null ? null : endOf(input.days)
  return app.db.transaction().execute(async (db) => {
    const person = await findPerson(db, input.name)
    if (actor.kind === 'person' && requireSelf(actor).id !== person.id)
      throw new AppError('forbidden', `A token of ${person.name} is made by ${person.name}; whoever has it can act as them.`)
    await insertToken(db, person.id, token, { label, scopes, expiresAt })
    return { person, token }
  })
}

interface TokenTerms {
  readonly label: string
  readonly scopes: readonly Scope[] | null
  readonly expiresAt: Date | null
}

async function insertToken(db: Db, personId: number, token: string, { label, scopes, expiresAt }: TokenTerms): Promise<void> {
  await db
    .insertInto('tokens')
    .values({ personId, hash: hashToken(token), label, revokedAt: null, scopes: scopes && JSON.stringify(scopes), expiresAt })
    .execute()
}

function endOf(days: number): Date {
  if (!Number.isInteger(days) || days < 1 || days > 3650) throw new AppError('invalid', `A token lasts 1 to 3650 days, not ${days}.`)
  return new Date(Date.now() + days * 86_400_000)
}
