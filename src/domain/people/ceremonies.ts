/** What is begun with a browser and finished with the same one, once: a challenge to an authenticator, the way to a provider and back. */

import { sql } from 'kysely'
import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { CeremoniesTable } from '../../storage/schema.ts'
import { hashSecret, looksLikeSecret, newSecret } from './secret.ts'

type Kind = CeremoniesTable['kind']

export interface Ceremony {
  readonly personId: number | null
  readonly secrets: Readonly<Record<string, string>>
}

/** People search for their phone, or sign in at their provider first. */
const MINUTES = 10

/** Returns what the browser keeps and brings back. */
export async function beginCeremony(db: Db, kind: Kind, { personId, secrets }: Ceremony): Promise<string> {
  const id = newSecret()
  await db
    .deleteFrom('ceremonies')
    .where('expiresAt', '<', sql<Date>`now()`)
    .execute()
  await db
    .insertInto('ceremonies')
    .values({
      hash: hashSecret(id),
      kind,
      personId,
      secrets: JSON.stringify(secrets),
      expiresAt: sql<Date>`now() + ${MINUTES} * interval '1 minute'` as never,
    })
    .execute()
  return id
}

/** Once. `invalid` where it was not begun, is finished, or took too long. */
export async function finishCeremony(db: Database | Db, kind: Kind, id: string): Promise<Ceremony> {
  const row = looksLikeSecret(id)
    ? await db
        .deleteFrom('ceremonies')
        .where('hash', '=', hashSecret(id))
        .where('kind', '=', kind)
        .where('expiresAt', '>', sql<Date>`now()`)
        .returning(['personId', 'secrets'])
        .executeTakeFirst()
    : undefined
  if (!row) throw new AppError('invalid', `This took longer than ${MINUTES} minutes, or was begun elsewhere. Begin again.`)
  return row
}
