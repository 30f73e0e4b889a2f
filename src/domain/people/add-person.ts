/** Adds people and gives them tokens. */

import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import { requireRole, type Actor } from './actor.ts'
import { parsePersonName, parseRole, type Person } from './person.ts'
import { findPerson, personColumns } from './people-queries.ts'
import { hashToken, newToken } from './token.ts'

export interface PersonWithToken {
  readonly person: Person
  /** Shown this once: only its hash is stored. */
  readonly token: string
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
    await insertToken(db, person.id, token, 'first')
    return { person, token }
  })
}

/** Gives a person another token, e.g. for a second machine. People may do so for themselves, maintainers for anyone. */
export async function addToken(
  app: { readonly db: Database },
  actor: Actor,
  input: { readonly name: string; readonly label: string },
): Promise<PersonWithToken> {
  const token = newToken()
  const label = input.label.trim().slice(0, 80)
  return app.db.transaction().execute(async (db) => {
    const person = await findPerson(db, input.name)
    if (actor.kind === 'operator' || actor.id !== person.id) requireRole(actor, 'maintainer')
    await insertToken(db, person.id, token, label)
    return { person, token }
  })
}

async function insertToken(db: Db, personId: number, token: string, label: string): Promise<void> {
  await db
    .insertInto('tokens')
    .values({ personId, hash: hashToken(token), label, revokedAt: null })
    .execute()
}
