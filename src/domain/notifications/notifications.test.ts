import assert from 'node:assert/strict'
import { test } from 'node:test'
import { temporaryDatabase } from '../../storage/testing.ts'
import { operator } from '../people/actor.ts'
import { personNamed } from '../testing.ts'
import { notificationSettingsOf, notificationsOf, unreadCount } from './notification-queries.ts'
import { notify } from './notify.ts'
import { inOneLine } from './one-line.ts'
import { changeNotificationSettings, markRead } from './read-notifications.ts'

async function people(t: Parameters<typeof temporaryDatabase>[0]) {
  const db = await temporaryDatabase(t)
  return { db, asha: await personNamed({ db }, 'asha', 'contributor'), bilal: await personNamed({ db }, 'bilal', 'reviewer') }
}

test('those whom it concerns are told once each, newest first, but not of their own acts', async (t) => {
  const { db, asha, bilal } = await people(t)
  const about = { kind: 'accepted', link: '/contributions/1' } as const
  const told = await db
    .transaction()
    .execute((db) => notify(db, { ...about, personIds: [asha.id, asha.id, bilal.id, null], actorId: bilal.id, sentence: 'One.' }))
  assert.equal(told, 1)
  await db.transaction().execute((db) => notify(db, { ...about, personIds: [asha.id], sentence: 'Two\n  lines.' }))
  assert.deepEqual(
    (await notificationsOf(db, asha.id)).map(({ kind, sentence, link, readAt }) => [kind, sentence, link, readAt]),
    [
      ['accepted', 'Two lines.', '/contributions/1', null],
      ['accepted', 'One.', '/contributions/1', null],
    ],
  )
  assert.equal(await unreadCount(db, bilal.id), 0)
  const [newest, older] = await notificationsOf(db, asha.id)
  assert.deepEqual(await notificationsOf(db, asha.id, { after: newest!.id }), [older])
})

test('what is rolled back was never told', async (t) => {
  const { db, asha } = await people(t)
  const fails = db.transaction().execute(async (db) => {
    await notify(db, { personIds: [asha.id], kind: 'rejected', sentence: 'No.', link: '/contributions/1' })
    throw new Error('stop')
  })
  await assert.rejects(fails, /stop/)
  assert.equal(await unreadCount(db, asha.id), 0)
})

test('one occasion is told once, however often a job says it; other occasions are told', async (t) => {
  const { db, asha } = await people(t)
  const say = (key?: string) => notify(db, { personIds: [asha.id], kind: 'receipt', sentence: 'Shipped.', link: '/receipts/1', key })
  assert.deepEqual([await say('receipt 1'), await say('receipt 1'), await say('receipt 2'), await say(), await say()], [1, 0, 1, 1, 1])
})

test('a muted kind is not told, and comes back when it is no longer muted', async (t) => {
  const { db, asha } = await people(t)
  const say = () => notify(db, { personIds: [asha.id], kind: 'replied', sentence: 'A reply.', link: '/threads/1' })
  await changeNotificationSettings({ db }, asha, { muted: ['replied', 'train'] })
  assert.equal(await say(), 0)
  assert.deepEqual(await notificationSettingsOf(db, asha.id), { muted: ['replied', 'train'], feed: true })
  assert.deepEqual(await changeNotificationSettings({ db }, asha, { feed: false }), { muted: ['replied', 'train'], feed: false })
  await changeNotificationSettings({ db }, asha, { muted: [] })
  assert.equal(await say(), 1)
  await assert.rejects(changeNotificationSettings({ db }, asha, { muted: ['everything'] }), { code: 'invalid', message: /"everything"/ })
})

test('people mark their own as read, one or all, and nobody else’s', async (t) => {
  const { db, asha, bilal } = await people(t)
  for (const sentence of ['One.', 'Two.', 'Three.'])
    await notify(db, { personIds: [asha.id, bilal.id], kind: 'mentioned', sentence, link: '/threads/1' })
  const [newest] = await notificationsOf(db, asha.id)
  assert.equal(await markRead({ db }, bilal, { ids: [newest!.id] }), 3)
  assert.equal(await markRead({ db }, asha, { ids: [newest!.id] }), 2)
  assert.deepEqual(
    (await notificationsOf(db, asha.id, { unread: true })).map(({ sentence }) => sentence),
    ['Two.', 'One.'],
  )
  assert.equal(await markRead({ db }, asha, 'all'), 0)
  assert.equal(await unreadCount(db, bilal.id), 3)
  await assert.rejects(markRead({ db }, operator, 'all'), { code: 'invalid', message: /act as a person/ })
})

test('a link leaves this server never, and a long sentence is cut between characters', async (t) => {
  const { db, asha } = await people(t)
  for (const link of ['https://example.org/', '//example.org', 'contributions/1', '/a b'])
    await assert.rejects(notify(db, { personIds: [asha.id], kind: 'mentioned', sentence: 'x', link }), /links to a path/)
  const cut = inOneLine('नमस्ते '.repeat(200), 20)
  assert.ok(cut.length <= 20 && cut.endsWith('…'), cut)
  assert.equal(inOneLine('  Jose\u0301\n\tand  others ', 50), 'José and others')
})
