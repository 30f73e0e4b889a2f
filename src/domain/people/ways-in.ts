/** In how many ways somebody can sign in: nobody takes the last one away by mistake. */

import { AppError } from '../../errors.ts'
import type { Db } from '../../storage/database.ts'

/** Within the transaction that took one away. */
export async function requireOtherWayIn(db: Db, personId: number): Promise<void> {
  for (const table of ['passwords', 'passkeys', 'providerAccounts'] as const)
    if (await db.selectFrom(table).select('personId').where('personId', '=', personId).limit(1).executeTakeFirst()) return
  throw new AppError('conflict', 'This is your only way to sign in; set a password or add a passkey first.')
}
