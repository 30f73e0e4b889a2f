/** Reads people and their tokens. */

import { AppError } from '../../errors.ts'
import type { Db } from '../../storage/database.ts'
import type { Scope } from './actor.ts'
import type { Person } from './person.ts'

/** A token as a list shows it; the token itself is nowhere. */
export interface TokenRecord {
  readonly id: number
  readonly label: string
  readonly createdAt: Date
  readonly revokedAt: Date | null
  /** null: all that the person may do. */
  readonly scopes: readonly Scope[] | null
  readonly expiresAt: Date | null
  /** To within an hour. */
  readonly lastUsedAt: Date | null
}

/** A page of a list: what comes after `after`, at most `limit`. */
export interface Page {
  readonly after?: number | undefined
  readonly limit?: number | undefined
}

/** At most 200 rows a page, 50 where nothing is said: a page is read by a person. */
export function pageLimit(page: Page): number {
  return Math.min(200, Math.max(1, Math.trunc(page.limit ?? 50)))
}

export const personColumns = ['id', 'name', 'role', 'displayName', 'bio', 'createdAt'] as const satisfies readonly (keyof Person)[]

/** People in the order they came. */
export async function listPeople(db: Db, page: Page = {}): Promise<readonly Person[]> {
  return db
    .selectFrom('people')
    .select(personColumns)
    .where('id', '>', page.after ?? 0)
    .orderBy('id')
    .limit(pageLimit(page))
    .execute()
}

export async function findPerson(db: Db, name: string): Promise<Person> {
  const person = await db
    .selectFrom('people')
    .select(personColumns)
    .where('name', '=', name.normalize('NFC').toLowerCase())
    .executeTakeFirst()
  if (!person) throw new AppError('not-found', `There is no person called ${JSON.stringify(name.slice(0, 80))}.`)
  return person
}

export async function tokensOf(db: Db, personId: number): Promise<readonly TokenRecord[]> {
  return db
    .selectFrom('tokens')
    .select(['id', 'label', 'createdAt', 'revokedAt', 'scopes', 'expiresAt', 'lastUsedAt'])
    .where('personId', '=', personId)
    .orderBy('id')
    .execute()
}
