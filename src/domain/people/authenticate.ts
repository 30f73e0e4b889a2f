/** Says who holds a token. */

import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import type { Actor } from './actor.ts'
import { hashToken, looksLikeToken } from './token.ts'

/** The person a token belongs to, with today's role. `unauthenticated` for a token that is malformed, unknown or revoked. */
export async function authenticate(app: { readonly db: Database }, token: string): Promise<Actor & { kind: 'person' }> {
  const found = looksLikeToken(token)
    ? await app.db
        .selectFrom('tokens')
        .innerJoin('people', 'people.id', 'tokens.personId')
        .select(['people.id', 'people.name', 'people.role', 'tokens.revokedAt'])
        .where('tokens.hash', '=', hashToken(token))
        .executeTakeFirst()
    : undefined
  if (!found) throw new AppError('unauthenticated', 'This token is not known here; ask a maintainer for one ("person add" prints it once).')
  if (found.revokedAt) throw new AppError('unauthenticated', `This token of ${found.name} was revoked; ask a maintainer for a new one.`)
  return { kind: 'person', id: found.id, name: found.name, role: found.role }
}
