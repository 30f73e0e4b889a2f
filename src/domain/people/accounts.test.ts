import assert from 'node:assert/strict'
import { scryptSync } from 'node:crypto'
import { test } from 'node:test'
import { sql } from 'kysely'
import type { Database } from '../../storage/database.ts'
import { temporaryDatabase } from '../../storage/testing.ts'
import { operator, type Actor, type PersonActor } from './actor.ts'
import { addPerson, addToken } from './add-person.ts'
import { authenticate } from './authenticate.ts'
import { acceptInvitation, findInvitation, invite, listInvitations, revokeInvitation } from './invitations.ts'
import { membersOf } from './member-queries.ts'
import { checkPassword, hashPassword, isOutdated, isPassword } from './password.ts'
import { findPerson } from './people-queries.ts'
import { deviceLabel } from './session.ts'
import { endSession, endSessions, findSession, sessionsOf } from './sessions.ts'
import { setPassword } from './set-password.ts'
import { profileOf, setProfile } from './set-profile.ts'
import { setRole } from './set-role.ts'
import { findSignInLink, isUnclaimed, makeSetUpLink, makeSignInLink, setUpInstance, useSignInLink } from './sign-in-links.ts'
import { signInLimits } from './sign-in-limits.ts'
import { signIn } from './sign-in.ts'
import { signUp } from './sign-up.ts'

const here = { address: '203.0.113.7', device: 'Firefox on Linux' }
const password = 'मराठी शिकू या आज'

async function withAsha(db: Database): Promise<PersonActor> {
  const { person } = await signUp({ db, signUp: 'open' }, here, { name: 'asha', password })
  return person
}

test('a password is stored as scrypt with its parameters, and another salt each time', async () => {
  const [one, two] = [await hashPassword(password), await hashPassword(password)]
  assert.match(one, /^scrypt\$15\$8\$3\$[\w-]{22}\$[\w-]{43}$/)
  assert.notEqual(one, two)
  const [, , , , salt, hash] = one.split('$')
  const again = scryptSync(password.normalize('NFKC'), Buffer.from(salt as string, 'base64url'), 32, {
    N: 2 ** 15,
    r: 8,
    p: 3,
    maxmem: 2 ** 27,
  })
  assert.equal(again.toString('base64url'), hash)
  assert.equal(await isPassword(password.normalize('NFD'), one), true)
  assert.equal(await isPassword(`${password}.`, one), false)
  assert.equal(await isPassword(password, null), false)
  assert.equal(isOutdated(one), false)
  assert.equal(isOutdated(one.replace('$15$8$3$', '$14$8$1$')), true)
})

test('a password that is short, repeats itself or is the name is refused in words', () => {
  for (const bad of ['short', 'aaaaaaaaaaaa', 'abababababab', 'asha-asha-asha-1', 'x'.repeat(300)])
    assert.throws(() => checkPassword(bad, 'asha'), { code: 'invalid' }, bad)
  checkPassword('correct horse battery', 'asha')
  checkPassword('ᱥᱟᱱᱛᱟᱲᱤ ᱯᱟᱹᱨᱥᱤ', 'asha')
})

test('whoever signs in is known by the cookie until the session ends, and the cookie is nowhere in the database', async (t) => {
  const db = await temporaryDatabase(t)
  const asha = await withAsha(db)
  const { person, secret } = await signIn({ db }, here, { name: ' Asha ', password })
  assert.equal(person.id, asha.id)
  const found = await findSession({ db }, secret)
  assert.deepEqual(found?.actor, { kind: 'person', id: asha.id, name: 'asha', role: 'contributor', memberships: new Map(), scopes: null })
  const stored = JSON.stringify(await db.selectFrom('sessions').selectAll().execute())
  assert.ok(!stored.includes(secret))
  await endSession({ db }, asha, found.id)
  assert.equal(await findSession({ db }, secret), null)
  await assert.rejects(endSession({ db }, asha, found.id), { code: 'not-found' })
  assert.deepEqual(
    (await sessionsOf(db, asha.id)).map(({ label, method }) => [label, method]),
    [['Firefox on Linux', 'sign-up']],
  )
  for (const wrong of ['', 'x'.repeat(43), 'x'.repeat(100_000)]) assert.equal(await findSession({ db }, wrong), null)
})

test('a wrong name and a wrong password are refused in the same words', async (t) => {
  const db = await temporaryDatabase(t)
  await withAsha(db)
  await addPerson({ db }, operator, { name: 'without', role: 'contributor' })
  for (const name of ['asha', 'nobody', 'without'])
    await assert.rejects(signIn({ db }, here, { name, password: 'not the password' }), {
      code: 'unauthenticated',
      message: 'The name or the password is not right.',
    })
})

test('a session slides while it is used, and ends after a month without or after a year', async (t) => {
  const db = await temporaryDatabase(t)
  await withAsha(db)
  const { secret } = await signIn({ db }, here, { name: 'asha', password })
  assert.equal((await findSession({ db }, secret))?.prolonged, false)
  await sql`update sessions set last_seen_at = now() - interval '20 days', expires_at = now() + interval '10 days'`.execute(db)
  assert.equal((await findSession({ db }, secret))?.prolonged, true)
  const days = async () =>
    (
      await sql<{
        days: number
      }>`select extract(day from max(expires_at) - now())::integer as days from sessions where method = 'password'`.execute(db)
    ).rows[0]?.days
  assert.equal(await days(), 29)
  await sql`update sessions set created_at = now() - interval '360 days', last_seen_at = now() - interval '1 day'`.execute(db)
  await findSession({ db }, secret)
  assert.equal(await days(), 4)
  await sql`update sessions set expires_at = now() - interval '1 second'`.execute(db)
  assert.equal(await findSession({ db }, secret), null)
})

test('a new password takes the old one, and ends every other session', async (t) => {
  const db = await temporaryDatabase(t)
  const asha = await withAsha(db)
  const [kept, other] = [await signIn({ db }, here, { name: 'asha', password }), await signIn({ db }, here, { name: 'asha', password })]
  const session = (await findSession({ db }, kept.secret))?.id as number
  const from = { address: here.address, session }
  await assert.rejects(setPassword({ db }, asha, { current: 'guessed wrongly', password: 'another sentence' }, from), { code: 'forbidden' })
  await setPassword({ db }, asha, { current: password, password: 'another sentence' }, from)
  assert.notEqual(await findSession({ db }, kept.secret), null)
  assert.equal(await findSession({ db }, other.secret), null)
  await assert.rejects(signIn({ db }, here, { name: 'asha', password }), { code: 'unauthenticated' })
  await signIn({ db }, here, { name: 'asha', password: 'another sentence' })
  await endSessions({ db }, asha, null)
  assert.equal(await findSession({ db }, kept.secret), null)
})

test('a password made with older parameters opens, and is stored anew', async (t) => {
  const db = await temporaryDatabase(t)
  await withAsha(db)
  const salt = Buffer.from('0123456789abcdef')
  const weak = `scrypt$10$8$1$${salt.toString('base64url')}$${scryptSync(password.normalize('NFKC'), salt, 32, { N: 1024, r: 8, p: 1 }).toString('base64url')}`
  await db.updateTable('passwords').set({ hash: weak }).execute()
  await signIn({ db }, here, { name: 'asha', password })
  assert.match((await db.selectFrom('passwords').select('hash').executeTakeFirstOrThrow()).hash, /^scrypt\$15\$8\$3\$/)
  await signIn({ db }, here, { name: 'asha', password })
})

test('after too many wrong passwords from one place the account is closed to it, and nowhere else; what succeeds does not count', async (t) => {
  const db = await temporaryDatabase(t)
  await withAsha(db)
  const wrong = (address: string) => signIn({ db }, { ...here, address }, { name: 'asha', password: 'guess' })
  const { most } = signInLimits.accountFromAddress
  for (let i = 0; i < 3; i++) await signIn({ db }, here, { name: 'asha', password })
  await assert.rejects(wrong(here.address), { code: 'unauthenticated' })
  // The rest at once, as a program would.
  await sql`insert into sign_in_attempts (kind, key) select kind, key from sign_in_attempts, generate_series(2, ${most}) where kind = 'accountFromAddress'`.execute(
    db,
  )
  await assert.rejects(wrong(here.address), {
    code: 'unavailable',
    message: /^Too many attempts. Try again in 15 minutes, or use a passkey.$/,
  })
  await assert.rejects(signIn({ db }, here, { name: 'asha', password }), { code: 'unavailable' })
  await assert.rejects(wrong('198.51.100.1'), { code: 'unauthenticated' })
  await sql`update sign_in_attempts set created_at = created_at - interval '16 minutes'`.execute(db)
  await signIn({ db }, here, { name: 'asha', password })
  assert.ok(!JSON.stringify(await db.selectFrom('signInAttempts').selectAll().execute()).includes(here.address))
})

test('one IPv6 network counts as one address', async (t) => {
  const db = await temporaryDatabase(t)
  const keys = async (address: string) => {
    await assert.rejects(signIn({ db }, { ...here, address }, { name: 'asha', password: 'guess' }), { code: 'unauthenticated' })
    const row = await db
      .selectFrom('signInAttempts')
      .select('key')
      .where('kind', '=', 'address')
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow()
    return row.key
  }
  assert.equal(await keys('2001:db8:1:2:a:b:c:d'), await keys('2001:db8:1:2::1'))
  assert.equal(await keys('::ffff:203.0.113.7'), await keys('203.0.113.7'))
  assert.notEqual(await keys('2001:db8:1:3::1'), await keys('2001:db8:1:2::1'))
})

test('accounts are opened by invitation unless the operator says otherwise; an invitation opens one', async (t) => {
  const db = await temporaryDatabase(t)
  await assert.rejects(signUp({ db }, here, { name: 'asha', password }), { code: 'forbidden', message: /by invitation/ })
  const { invitation, secret } = await invite({ db }, operator, { role: 'reviewer', modelId: null, note: 'Asha, from the workshop' })
  assert.deepEqual([invitation.state, invitation.invitedBy], ['open', 'operator'])
  await assert.rejects(signUp({ db }, here, { name: 'asha', password: 'short', invitation: secret }), { code: 'invalid' })
  const { person } = await signUp({ db }, here, { name: 'Asha', password, invitation: secret })
  assert.deepEqual([person.name, person.role], ['asha', 'reviewer'])
  await assert.rejects(signUp({ db }, here, { name: 'ben', password, invitation: secret }), { code: 'not-found', message: /it was used/ })
  assert.deepEqual(
    (await listInvitations(db, operator, null)).map(({ state, usedBy }) => [state, usedBy]),
    [['used', 'asha']],
  )
  await assert.rejects(signUp({ db, signUp: 'open' }, here, { name: 'ASHA', password }), { code: 'conflict' })
  assert.equal((await signUp({ db, signUp: 'open' }, here, { name: 'ben', password })).person.role, 'contributor')
})

test('an invitation that was taken back or has run out opens nothing', async (t) => {
  const db = await temporaryDatabase(t)
  const asha = await withAsha(db)
  const [back, old] = [
    await invite({ db }, operator, { role: 'contributor', modelId: null }),
    await invite({ db }, operator, { role: 'contributor', modelId: null, days: 1 }),
  ]
  await assert.rejects(revokeInvitation({ db }, asha, back.invitation.id), { code: 'forbidden' })
  assert.equal((await revokeInvitation({ db }, operator, back.invitation.id)).state, 'revoked')
  await sql`update invitations set expires_at = now() - interval '1 second' where id = ${old.invitation.id}`.execute(db)
  for (const { secret } of [back, old]) await assert.rejects(findInvitation(db, secret), { code: 'not-found' })
  await assert.rejects(invite({ db }, asha, { role: 'maintainer', modelId: null }), { code: 'forbidden' })
  await assert.rejects(invite({ db }, operator, { role: 'maintainer', modelId: null, days: 1000 }), { code: 'invalid' })
})

test('an invitation raises the role of somebody who is here, and never lowers it', async (t) => {
  const db = await temporaryDatabase(t)
  const asha = await withAsha(db)
  await setRole({ db }, operator, { name: 'asha', role: 'maintainer' })
  const { secret } = await invite({ db }, operator, { role: 'reviewer', modelId: null })
  assert.equal((await acceptInvitation({ db }, asha, secret)).usedBy, 'asha')
  assert.equal((await findPerson(db, 'asha')).role, 'maintainer')
  assert.deepEqual(await membersOf(db, 1), [])
})

test('the operator lets somebody in with a link that opens once', async (t) => {
  const db = await temporaryDatabase(t)
  const asha = await withAsha(db)
  await assert.rejects(makeSignInLink({ db }, { ...asha, role: 'maintainer' }, 'asha'), { code: 'forbidden' })
  const { secret } = await makeSignInLink({ db }, operator, 'asha')
  assert.deepEqual(await findSignInLink(db, secret), { name: 'asha' })
  const { person } = await useSignInLink({ db }, here, secret)
  assert.equal(person.id, asha.id)
  await assert.rejects(useSignInLink({ db }, here, secret), { code: 'not-found' })
  const late = await makeSignInLink({ db }, operator, 'asha')
  await sql`update sign_in_links set expires_at = now() - interval '1 second'`.execute(db)
  await assert.rejects(useSignInLink({ db }, here, late.secret), { code: 'not-found', message: /older than 10 minutes/ })
})

test('the first maintainer comes in with the operator’s link alone, and there is no second first', async (t) => {
  const db = await temporaryDatabase(t)
  assert.equal(await isUnclaimed(db), true)
  const old = await makeSetUpLink({ db }, operator)
  const { secret } = await makeSetUpLink({ db }, operator)
  for (const wrong of ['', 'x'.repeat(43), old.secret])
    await assert.rejects(setUpInstance({ db }, here, wrong, { name: 'asha', password }), { code: 'not-found' }, wrong)
  const { person } = await setUpInstance({ db }, here, secret, { name: 'asha', password })
  assert.deepEqual([person.name, person.role], ['asha', 'maintainer'])
  await assert.rejects(setUpInstance({ db }, here, secret, { name: 'ben', password }), { code: 'not-found' })
  await assert.rejects(makeSetUpLink({ db }, operator), { code: 'conflict' })
  await assert.rejects(setRole({ db }, person, { name: 'asha', role: 'contributor' }), {
    code: 'conflict',
    message: /only maintainer of this instance/,
  })
})

test('a token with scopes opens what they say and manages no account', async (t) => {
  const db = await temporaryDatabase(t)
  const asha = await withAsha(db)
  await assert.rejects(addToken({ db }, asha, { name: 'asha', label: 'x', scopes: ['everything'] }), { code: 'invalid' })
  await assert.rejects(addToken({ db }, asha, { name: 'asha', label: 'x', scopes: [] }), { code: 'invalid' })
  const { token } = await addToken({ db }, asha, { name: 'asha', label: 'notebook', scopes: ['chat', 'read', 'read'], days: 7 })
  const reading = await authenticate({ db }, token)
  assert.deepEqual(reading.scopes, ['read', 'chat'])
  const refused = { code: 'forbidden', message: /This token of asha is for read, chat/ }
  await assert.rejects(addToken({ db }, reading, { name: 'asha', label: 'more' }), refused)
  await assert.rejects(
    setPassword({ db }, reading, { current: password, password: 'another sentence' }, { address: '', session: null }),
    refused,
  )
  await assert.rejects(setProfile({ db }, reading, { bio: 'x' }), refused)
  await sql`update tokens set expires_at = now() - interval '1 second'`.execute(db)
  await assert.rejects(authenticate({ db }, token), { code: 'unauthenticated', message: /has run out/ })
})

test('nobody but the operator makes a token of somebody else, whatever their role', async (t) => {
  const db = await temporaryDatabase(t)
  const asha = await withAsha(db)
  const meera: Actor = { ...asha, id: asha.id + 1, name: 'meera', role: 'maintainer' }
  await assert.rejects(addToken({ db }, meera, { name: 'asha', label: 'hers' }), { code: 'forbidden' })
  await addToken({ db }, operator, { name: 'asha', label: 'from the operator' })
})

test('what people say of themselves is kept as text, without what would disturb the line it stands in', async (t) => {
  const db = await temporaryDatabase(t)
  const asha = await withAsha(db)
  const said = await setProfile({ db }, asha, { displayName: '  Asha\n\u202eK  ', bio: 'One\r\ntwo <b>', language: 'HI-in', theme: 'dark' })
  assert.deepEqual(said, { displayName: 'Asha K', bio: 'One\ntwo <b>', language: 'hi-IN', theme: 'dark' })
  assert.deepEqual(await setProfile({ db }, asha, { displayName: '', theme: null }), { ...said, displayName: null, theme: null })
  assert.deepEqual(await profileOf(db, asha.id), { ...said, displayName: null, theme: null })
  await assert.rejects(setProfile({ db }, asha, { displayName: 'x'.repeat(81) }), { code: 'invalid' })
  await assert.rejects(setProfile({ db }, asha, { language: 'no language' }), { code: 'invalid' })
})

test('devices are called as their browsers call themselves', () => {
  const chrome = 'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36'
  assert.equal(deviceLabel(chrome), 'Chrome on Android')
  assert.equal(deviceLabel('Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0'), 'Firefox on Linux')
  assert.equal(
    deviceLabel('Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1'),
    'Safari on iOS',
  )
  assert.equal(deviceLabel(undefined), 'Unknown device')
})
