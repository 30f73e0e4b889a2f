/** Accounts that people have at an OpenID provider, known by issuer and subject: an e-mail address can change hands, these cannot. */

import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { Actor } from './actor.ts'
import { beginCeremony, finishCeremony } from './ceremonies.ts'
import { requireSelf } from './require-self.ts'
import { requireOtherWayIn } from './ways-in.ts'

export interface ProviderAccount {
  readonly issuer: string
  readonly subject: string
}

export interface LinkedAccount {
  readonly id: number
  readonly issuer: string
  readonly createdAt: Date
}

/** Whose it is; null: nobody's yet. */
export async function personOfAccount(db: Db, { issuer, subject }: ProviderAccount): Promise<number | null> {
  const row = await db
    .selectFrom('providerAccounts')
    .select('personId')
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .executeTakeFirst()
  return row?.personId ?? null
}

/** Says nothing about who may. `conflict` where it opens somebody else's account. */
export async function linkAccount(db: Db, personId: number, { issuer, subject }: ProviderAccount): Promise<void> {
  await db
    .insertInto('providerAccounts')
    .values({ personId, issuer, subject })
    .onConflict((known) => known.columns(['issuer', 'subject']).doNothing())
    .execute()
  if ((await personOfAccount(db, { issuer, subject })) !== personId)
    throw new AppError('conflict', 'That account opens somebody else’s account here already.')
}

export async function accountsOf(db: Db, personId: number): Promise<readonly LinkedAccount[]> {
  return db.selectFrom('providerAccounts').select(['id', 'issuer', 'createdAt']).where('personId', '=', personId).orderBy('id').execute()
}

/** One's own; not the last way in. */
export async function unlinkAccount(app: { readonly db: Database }, actor: Actor, id: number): Promise<void> {
  const person = requireSelf(actor)
  await app.db.transaction().execute(async (db) => {
    const gone = await db.deleteFrom('providerAccounts').where('id', '=', id).where('personId', '=', person.id).returning('id').execute()
    if (gone.length === 0) throw new AppError('not-found', `You have no account ${id} at a provider.`)
    await requireOtherWayIn(db, person.id)
  })
}

/** Keeps an account that was just proven and is nobody's, while its owner chooses a name. Returns what the browser brings back. */
export async function keepProvenAccount(db: Db, { issuer, subject }: ProviderAccount): Promise<string> {
  return beginCeremony(db, 'provider-account', { personId: null, secrets: { issuer, subject } })
}

export async function takeProvenAccount(db: Db, id: string): Promise<ProviderAccount> {
  const { secrets } = await finishCeremony(db, 'provider-account', id)
  return { issuer: secrets['issuer'] ?? '', subject: secrets['subject'] ?? '' }
}
