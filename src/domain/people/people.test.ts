import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AppError } from '../../errors.ts'
import { temporaryDatabase } from '../../storage/testing.ts'
import { actorId, operator, requireRole, type Actor } from './actor.ts'
import { addPerson, addToken } from './add-person.ts'
import { authenticate } from './authenticate.ts'
import { listPeople, tokensOf } from './people-queries.ts'
import { parsePersonName } from './person.ts'
import { revokeToken } from './revoke-token.ts'

test('a person added by the operator is who their token says', async (t) => {
  const db = await temporaryDatabase(t)
  const { person, token } = await addPerson({ db }, operator, { name: 'Asha', role: 'reviewer' })
  assert.match(token, /^cw_[A-Za-z0-9_-]{43}$/)
  assert.deepEqual(await authenticate({ db }, token), {
    kind: 'person',
    id: person.id,
    name: 'asha',
    role: 'reviewer',
    memberships: new Map(),
    scopes: null,
  })
})

test('the token itself is nowhere in the database', async (t) => {
  const db = await temporaryDatabase(t)
  const { token } = await addPerson({ db }, operator, { name: 'asha', role: 'contributor' })
  const stored = JSON.stringify([await db.selectFrom('tokens').selectAll().execute(), await db.selectFrom('people').selectAll().execute()])
  assert.ok(!stored.includes(token) && !stored.includes(token.slice(3)))
})

test('a revoked, unknown or malformed token is unauthenticated', async (t) => {
  const db = await temporaryDatabase(t)
  const { token } = await addPerson({ db }, operator, { name: 'asha', role: 'contributor' })
  const second = await addToken({ db }, operator, { name: 'asha', label: 'laptop' })
  await revokeToken({ db }, operator, { name: 'asha', id: 1 })
  await assert.rejects(authenticate({ db }, token), { code: 'unauthenticated', message: /of asha was revoked/ })
  assert.equal((await authenticate({ db }, second.token)).name, 'asha')
  assert.deepEqual(
    (await tokensOf(db, 1)).map(({ label, revokedAt }) => [label, revokedAt !== null]),
    [
      ['first', true],
      ['laptop', false],
    ],
  )
  for (const other of [`cw_${'a'.repeat(43)}`, '', 'cw_', 'x'.repeat(100_000)])
    await assert.rejects(authenticate({ db }, other), { code: 'unauthenticated' })
})

test('only maintainers and the operator add people; people manage their own tokens', async (t) => {
  const db = await temporaryDatabase(t)
  const { person } = await addPerson({ db }, operator, { name: 'ben', role: 'reviewer' })
  const ben: Actor = { kind: 'person', ...person }
  await assert.rejects(addPerson({ db }, ben, { name: 'carl', role: 'contributor' }), { code: 'forbidden' })
  await addPerson({ db }, operator, { name: 'carl', role: 'contributor' })
  await addToken({ db }, ben, { name: 'ben', label: 'phone' })
  await assert.rejects(addToken({ db }, ben, { name: 'carl', label: 'phone' }), { code: 'forbidden' })
  await assert.rejects(revokeToken({ db }, ben, { name: 'carl', id: null }), { code: 'forbidden' })
  assert.equal((await revokeToken({ db }, ben, { name: 'ben', id: null })).filter(({ revokedAt }) => revokedAt === null).length, 0)
})

test('two people cannot have one name, whatever its case', async (t) => {
  const db = await temporaryDatabase(t)
  await addPerson({ db }, operator, { name: 'Asha', role: 'contributor' })
  await assert.rejects(addPerson({ db }, operator, { name: 'ASHA', role: 'contributor' }), { code: 'conflict' })
  await assert.rejects(addPerson({ db }, operator, { name: 'dana', role: 'owner' }), {
    code: 'invalid',
    message: /There is no role "owner"/,
  })
  assert.deepEqual(
    (await listPeople(db)).map(({ name }) => name),
    ['asha'],
  )
})

test('people are listed by pages', async (t) => {
  const db = await temporaryDatabase(t)
  for (const name of ['a1', 'b2', 'c3']) await addPerson({ db }, operator, { name, role: 'contributor' })
  const first = await listPeople(db, { limit: 2 })
  const rest = await listPeople(db, { limit: 2, after: first.at(-1)?.id })
  assert.deepEqual(
    [...first, ...rest].map(({ name }) => name),
    ['a1', 'b2', 'c3'],
  )
})

test('names are letters and digits of any script, and nothing that could be a path or a part of the system', () => {
  assert.equal(parsePersonName('आशा.क'), 'आशा.क')
  assert.equal(parsePersonName('Jose\u0301'), 'josé')
  for (const bad of ['', '..', 'a/b', '../etc', ' a', 'a ', 'operator', 'Root', 'a..b', 'a\u202eb', '-a', 'x'.repeat(41)])
    assert.throws(() => parsePersonName(bad), { code: 'invalid' }, JSON.stringify(bad))
  fc.assert(
    fc.property(fc.string(), (input) => {
      try {
        assert.match(parsePersonName(input), /^[^/\\\s]{1,80}$/)
      } catch (error) {
        assert.ok(error instanceof AppError)
      }
    }),
  )
})

test('each role may do what the ones before it may, the operator everything', () => {
  const reviewer: Actor = { kind: 'person', id: 3, name: 'ben', role: 'reviewer' }
  requireRole(reviewer, 'contributor')
  requireRole(operator, 'maintainer')
  assert.throws(() => requireRole(reviewer, 'maintainer'), {
    code: 'forbidden',
    message: 'ben is a reviewer; this takes a maintainer. Ask a maintainer.',
  })
  assert.equal(actorId(reviewer), 3)
  assert.equal(actorId(operator), null)
})
