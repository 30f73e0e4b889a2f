/** How often somebody may try to sign in. Kept in the database, so that a restart does not forget; what has passed is deleted. */

import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'

interface Limit {
  readonly most: number
  readonly minutes: number
}

export const signInLimits = {
  /** Somebody mistyping needs a handful; a dictionary needs thousands. */
  accountFromAddress: { most: 10, minutes: 15 },
  /** Guessing one account from many addresses. It also keeps its owner's password out meanwhile, so it is high; passkeys and links still open. */
  account: { most: 60, minutes: 60 },
  /** Guessing many accounts from one address. A school may share one. */
  address: { most: 120, minutes: 60 },
  /** New accounts from one address: a workshop fits, a flood does not. */
  signUp: { most: 40, minutes: 24 * 60 },
  /** Begun passkey sign-ins and ways to a provider from one address: each leaves a row for some minutes. */
  ceremony: { most: 300, minutes: 60 },
} as const satisfies Record<string, Limit>

type LimitName = keyof typeof signInLimits

/** What an attempt counts towards. */
export type Attempt = readonly (readonly [limit: LimitName, of: string])[]

export const passwordAttempt = (name: string, address: string): Attempt => [
  ['accountFromAddress', `${name} ${network(address)}`],
  ['account', name],
  ['address', network(address)],
]

export const attemptFrom = (limit: 'address' | 'signUp' | 'ceremony', address: string): Attempt => [[limit, network(address)]]

/**
 * Counts the attempt before it is made, so that many at once count as many. Throws `unavailable` beyond a limit, which says when one may go on. Not within
 * a transaction: what is rolled back would not be counted.
 */
export async function countAttempt(db: Database, attempt: Attempt): Promise<void> {
  await db
    .insertInto('signInAttempts')
    .values(attempt.map(([kind, of]) => ({ kind, key: keyOf(of) })))
    .execute()
  for (const [kind, of] of attempt) {
    const { most, minutes } = signInLimits[kind]
    const { rows } = await sql<{ count: number; wait: number }>`
      select count(*)::integer as count, ceil(extract(epoch from min(created_at) + ${minutes} * interval '1 minute' - now()) / 60)::integer as wait
      from (select created_at from sign_in_attempts where kind = ${kind} and key = ${keyOf(of)}
        and created_at > now() - ${minutes} * interval '1 minute' order by created_at desc limit ${most + 1}) recent`.execute(db)
    const [{ count, wait }] = rows as [{ count: number; wait: number }]
    if (count > most)
      throw new AppError(
        'unavailable',
        `Too many attempts. Try again in ${Math.max(1, wait)} minute${wait > 1 ? 's' : ''}${otherWays[kind]}.`,
      )
  }
  await forgetOld(db)
}

/** What succeeded was no guess. */
export async function forgetAttempt(db: Database, attempt: Attempt): Promise<void> {
  for (const [kind, of] of attempt)
    await sql`delete from sign_in_attempts where id = (
      select id from sign_in_attempts where kind = ${kind} and key = ${keyOf(of)} order by id desc limit 1)`.execute(db)
}

const otherWays: Record<LimitName, string> = {
  accountFromAddress: ', or use a passkey',
  account: ', or use a passkey',
  address: '',
  signUp: '',
  ceremony: '',
}

/** An IPv6 address is one of 2⁶⁴ that its owner can take in turn: the network is who it is. */
function network(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '')
  if (!plain.includes(':')) return plain
  const [head = '', tail] = plain.split('::')
  const groups = head === '' ? [] : head.split(':')
  const zeros = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length)
  return [...groups, ...Array.from({ length: Math.max(0, zeros) }, () => '0'), ...(tail ? tail.split(':') : [])].slice(0, 4).join(':')
}

/** Names and addresses do not lie in the table in plain sight. Whoever has the table can still try all addresses: it is not kept longer than it counts. */
const keyOf = (of: string) => createHash('sha256').update(of).digest('base64url')

async function forgetOld(db: Database): Promise<void> {
  const longest = Math.max(...Object.values(signInLimits).map(({ minutes }) => minutes))
  await sql`delete from sign_in_attempts where created_at < now() - ${longest} * interval '1 minute'`.execute(db)
}
