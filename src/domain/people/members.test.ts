import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contribute } from '../contributions/contribute.ts'
import { decideContribution } from '../datasets/decide-contribution.ts'
import { adding, offerOf, openCommunity, personNamed, type Community, type PersonActor } from '../testing.ts'
import { createModel } from '../models/create-model.ts'
import { setReviewRules } from '../models/set-review-rules.ts'
import { reviewersOf } from '../reviews/quorum-queries.ts'
import { hasRole, operator, requireRole, roleIn } from './actor.ts'
import { idsWithRole, memberChangesOf, membersOf, membershipsOf } from './member-queries.ts'
import { removeMember, setMember } from './set-member.ts'

/** The person with the memberships they have by now, as each request brings them. */
async function asNow({ db }: Community, person: PersonActor): Promise<PersonActor> {
  return { ...person, memberships: await membershipsOf(db, person.id) }
}

test('a reviewer of one community reviews there and nowhere else', async (t) => {
  const community = await openCommunity(t)
  const { db, model } = community
  const other = await createModel(community, operator, 'santali/kherwal', { base: 'tiny' })
  await setMember(community, operator, model.id, { name: 'asha', role: 'reviewer' })
  const asha = await asNow(community, community.asha)
  assert.equal(roleIn(asha, model.id), 'reviewer')
  assert.equal(roleIn(asha, other.id), 'contributor')
  const rows = adding({ prompt: '5 March in Marathi?', completion: '५ मार्च' })
  const { contribution } = await contribute(community, community.bilal, community.name, offerOf(rows))
  const { contribution: elsewhere } = await contribute(community, community.bilal, 'santali/kherwal', offerOf(rows))
  await decideContribution(community, asha, contribution.id, { decision: 'accept', message: 'Right' })
  await assert.rejects(decideContribution(community, asha, elsewhere.id, { decision: 'accept', message: 'Right' }), {
    code: 'forbidden',
    message: 'asha is a contributor here; this takes a reviewer. Ask a maintainer.',
  })
  const here = await reviewersOf(db, model.id, { kind: 'fixed', n: 1 })
  assert.deepEqual([here.active, here.available], [['asha'], ['bilal', 'chitra']])
  const there = await reviewersOf(db, other.id, { kind: 'fixed', n: 1 })
  assert.deepEqual(there.available, ['bilal', 'chitra'])
  assert.deepEqual(await idsWithRole(db, model.id, 'reviewer'), [asha.id, community.bilal.id, community.chitra.id])
  assert.deepEqual(await idsWithRole(db, model.id, 'maintainer'), [])
})

test('whoever makes a community maintains it, and appoints others there', async (t) => {
  const community = await openCommunity(t)
  await assert.rejects(createModel(community, community.asha, 'ashas/own', { base: 'tiny' }), { code: 'forbidden' })
  const made = await createModel({ ...community, openCommunities: 'anyone' }, community.asha, 'ashas/own', { base: 'tiny' })
  const asha = await asNow(community, community.asha)
  await setReviewRules(community, asha, 'ashas/own', { changes: { quorum: { kind: 'fixed', n: 2 } }, message: 'We are few.' })
  await assert.rejects(
    setReviewRules(community, asha, community.name, { changes: { quorum: { kind: 'fixed', n: 2 } }, message: 'Elsewhere.' }),
    { code: 'forbidden' },
  )
  const appointed = await setMember(community, asha, made.id, { name: 'Bilal', role: 'maintainer' })
  assert.deepEqual([appointed.name, appointed.role, appointed.addedBy], ['bilal', 'maintainer', 'asha'])
  await assert.rejects(setMember(community, asha, community.model.id, { name: 'bilal', role: 'maintainer' }), { code: 'forbidden' })
})

test('nobody opens a community in the name of others', async (t) => {
  const community = { ...(await openCommunity(t)), openCommunities: 'anyone' as const }
  await assert.rejects(createModel(community, community.asha, 'marathi/other', { base: 'tiny' }), {
    code: 'conflict',
    message: /marathi is taken/,
  })
  await assert.rejects(createModel(community, community.asha, 'bilal/own', { base: 'tiny' }), { code: 'conflict' })
  await createModel(community, community.asha, 'asha/one', { base: 'tiny' })
  await createModel(community, await asNow(community, community.asha), 'asha/two', { base: 'tiny' })
})

test('the last maintainer of a community cannot leave it, unless somebody who maintains the instance lets them go', async (t) => {
  const community = { ...(await openCommunity(t)), openCommunities: 'anyone' as const }
  const { id } = await createModel(community, community.asha, 'asha/own', { base: 'tiny' })
  const asha = await asNow(community, community.asha)
  await assert.rejects(removeMember(community, asha, id, 'asha'), { code: 'conflict', message: /only maintainer of this community/ })
  await assert.rejects(setMember(community, asha, id, { name: 'asha', role: 'reviewer' }), { code: 'conflict' })
  await setMember(community, asha, id, { name: 'bilal', role: 'maintainer' })
  await removeMember(community, asha, id, 'asha')
  await assert.rejects(removeMember(community, await asNow(community, community.asha), id, 'bilal'), { code: 'forbidden' })
  const meera = await personNamed(community, 'meera', 'maintainer')
  await removeMember(community, meera, id, 'bilal')
  await assert.rejects(removeMember(community, meera, id, 'bilal'), { code: 'not-found' })
  assert.deepEqual(await membersOf(community.db, id), [])
})

test('every change of a membership stays on record, and setting it as it is changes nothing', async (t) => {
  const community = await openCommunity(t)
  const { db, model } = community
  for (const role of ['contributor', 'reviewer', 'reviewer']) await setMember(community, operator, model.id, { name: 'asha', role })
  await removeMember(community, community.asha, model.id, 'asha')
  assert.deepEqual(
    (await memberChangesOf(db, model.id)).map(({ name, role, by }) => [name, role, by]),
    [
      ['asha', null, 'asha'],
      ['asha', 'reviewer', 'operator'],
      ['asha', 'contributor', 'operator'],
    ],
  )
  await assert.rejects(setMember(community, operator, model.id, { name: 'asha', role: 'owner' }), { code: 'invalid' })
})

test('a scope narrows what a role allows, on the instance and in a community', () => {
  const token = { kind: 'person', id: 3, name: 'ben', role: 'contributor', memberships: new Map([[7, 'maintainer' as const]]) } as const
  requireRole(token, 'maintainer', 7)
  const reading = { ...token, scopes: ['read', 'contribute'] as const }
  requireRole(reading, 'contributor', 7)
  assert.throws(() => requireRole(reading, 'maintainer', 7), { code: 'forbidden', message: /use one with the scope "maintain"/ })
  assert.equal(hasRole(reading, 'reviewer', 7), false)
  assert.equal(hasRole(token, 'reviewer', 8), false)
})
