/** What opens once opens once also where many ask at the same moment, on a database server with many connections. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openDatabase, type Database } from '../../storage/database.ts'
import { migrate } from '../../storage/migrations/index.ts'
import { startPostgres } from '../../storage/test-postgres.ts'
import type { Lifetime } from '../../storage/testing.ts'
import { openCommunity } from '../testing.ts'
import { operator, type PersonActor } from './actor.ts'
import { addPerson, addToken } from './add-person.ts'
import { authenticate } from './authenticate.ts'
import { invite } from './invitations.ts'
import { membersOf, membershipsOf } from './member-queries.ts'
import { findSession } from './sessions.ts'
import { removeMember, setMember } from './set-member.ts'
import { makeSetUpLink, makeSignInLink, setUpInstance, useSignInLink } from './sign-in-links.ts'
import { countAttempt, passwordAttempt, signInLimits } from './sign-in-limits.ts'
import { signUp } from './sign-up.ts'

const postgres = await startPostgres({ after })
const skip = typeof postgres === 'string' ? postgres : false
const here = { address: '203.0.113.7', device: 'Firefox on Linux' }
const password = 'a sentence to open with'

async function fresh(lifetime: Lifetime): Promise<Database> {
  const db = await openDatabase({ kind: 'postgres', url: await (postgres as Exclude<typeof postgres, string>).freshDatabase() })
  lifetime.after(() => db.close())
  await migrate(db)
  return db
}

async function successes<T>(attempts: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(attempts)
  return settled.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []))
}

test('of five who set a server up at once one maintains it', { skip }, async (t) => {
  const db = await fresh(t)
  const { secret } = await makeSetUpLink({ db }, operator)
  const made = await successes(['a1', 'b2', 'c3', 'd4', 'e5'].map((name) => setUpInstance({ db }, here, secret, { name, password })))
  assert.equal(made.length, 1)
  assert.equal((await db.selectFrom('people').select('id').execute()).length, 1)
  const session = await findSession({ db }, made[0]?.secret as string)
  assert.equal(session?.actor.role, 'maintainer')
})

test('of five who use one invitation at once one is in, and the others have no account', { skip }, async (t) => {
  const db = await fresh(t)
  const { secret } = await invite({ db }, operator, { role: 'reviewer', modelId: null })
  const made = await successes(['a1', 'b2', 'c3', 'd4', 'e5'].map((name) => signUp({ db }, here, { name, password, invitation: secret })))
  assert.equal(made.length, 1)
  assert.deepEqual(
    (await db.selectFrom('people').select(['name', 'role']).execute()).map(({ name, role }) => [name, role]),
    [[made[0]?.person.name, 'reviewer']],
  )
})

test('a sign-in link used five times at once signs in once', { skip }, async (t) => {
  const db = await fresh(t)
  const { token } = await addPerson({ db }, operator, { name: 'asha', role: 'contributor' })
  const { secret } = await makeSignInLink({ db }, operator, 'asha')
  assert.equal((await successes(Array.from({ length: 5 }, () => useSignInLink({ db }, here, secret)))).length, 1)
  await addToken({ db }, operator, { name: 'asha', label: 'chat', scopes: ['chat'], days: 3 })
  assert.equal((await authenticate({ db }, token)).name, 'asha')
})

test('guesses made at once count as many as they are', { skip }, async (t) => {
  const db = await fresh(t)
  const { most } = signInLimits.accountFromAddress
  const guesses = Array.from({ length: 3 * most }, () => countAttempt(db, passwordAttempt('asha', here.address)))
  assert.ok((await successes(guesses)).length <= most)
})

test('of two maintainers who leave at once one stays', { skip }, async (t) => {
  const db = await fresh(t)
  const community = await openCommunity(t, {}, db)
  const { id } = community.model
  for (const name of ['asha', 'bilal']) await setMember({ db }, operator, id, { name, role: 'maintainer' })
  const asNow = async (person: PersonActor) => ({ ...person, memberships: await membershipsOf(db, person.id) })
  const [asha, bilal] = [await asNow(community.asha), await asNow(community.bilal)]
  const left = await successes([removeMember({ db }, asha, id, 'asha'), removeMember({ db }, bilal, id, 'bilal')])
  assert.equal(left.length, 1)
  assert.equal((await membersOf(db, id)).length, 1)
})
