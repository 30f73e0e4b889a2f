/** Says who holds a token. */

import { sql } from 'kysely'
import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import type { PersonActor } from './actor.ts'
import { membershipsOf } from './member-queries.ts'
import { hashToken, looksLikeToken } from './token.ts'

/** The person a token belongs to, with today's role. `unauthenticated` for a token that is malformed, unknown or revoked. */
export async function authenticate(app: { readonly db: Database }, token: string): Promise<PersonActor> {
  const found = looksLikeToken(token)
    ? await app.db
        .selectFrom('tokens')
        .innerJoin('people', 'people.id', 'tokens.personId')
        .select(['people.id', 'people.name', 'people.role', 'tokens.revokedAt', 'tokens.scopes', 'tokens.id as token'])
        .select(sql<boolean | null>`tokens.expires_at <= now()`.as('expired'))
        .select(sql<boolean>`coalesce(tokens.last_used_at < now() - interval '1 hour', true)`.as('unnoted'))
        .where('tokens.hash', '=', hashToken(token))
        .executeTakeFirst()
    : undefined
  if (!found) throw new AppError('unauthenticated', 'This token is not known here; ask a maintainer for one ("person add" prints it once).')
  if (found.revokedAt) throw new AppError('unauthenticated', `This token of ${found.name} was revoked; ask a maintainer for a new one.`)
  if (found.expired) throw new AppError('unauthenticated', `This token of ${found.name} has run out; make a new one.`)
  const { id, name, role, scopes } = found
  if (found.unnoted) await app.db.updateTable('tokens').set({ lastUsedAt: new Date() }).where('id', '=', found.token).execute()
  return { kind: 'person', id, name, role, memberships: await membershipsOf(app.db, id), scopes }
}
