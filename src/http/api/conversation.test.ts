/** Conversation, notifications, receipts and feeds as people and feed readers meet them. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, test } from 'node:test'
import { addBase } from '../../domain/models/add-base.ts'
import { operator } from '../../domain/people/actor.ts'
import { AppError } from '../../errors.ts'
import { goldenFolder } from '../../formats/testing/model-files.ts'
import { runningApp } from '../testing.ts'
import type { CommentAnswer, ThreadAnswer } from './conversation.ts'
import type { NotificationPageAnswer, NotificationSettingsAnswer } from './notifications.ts'
import type { ReceiptAnswer, ReceiptsAnswer } from './receipts.ts'

const running = await runningApp({ after })
const maintainer = await running.person('joseph', 'maintainer')
const reviewer = await running.person('farah', 'reviewer')
const asha = await running.person('asha', 'contributor')
await addBase(running.app, operator, { from: { folder: goldenFolder }, name: 'tiny', licence: 'MIT' })
const recipe = 'rank: 4\nbatchSize: 8\nmaxLength: 64\nepochs: 4\nlearningRate: 0.01'
await maintainer.post('/api/models', { name: 'marathi/saathi', base: 'tiny', recipe, charter: ['Answers in Marathi.'] })

const words = 'एक दोन तीन चार पाच सहा सात आठ नऊ दहा'.split(' ')
const rows = (...all: object[]) => new Blob([all.map((row) => JSON.stringify(row) + '\n').join('')]).stream() as ReadableStream<Uint8Array>
const declared = {
  licence: 'CC-BY-4.0',
  language: 'mr',
  origin: 'human',
  source: 'written for this test',
  message: 'Numbers <in> words & "more"',
}
const { contribution } = await asha.upload<{ contribution: { id: number } }>(
  '/api/models/marathi/saathi/contributions',
  declared,
  rows(...words.map((word, i) => ({ text: `${word} आणि ${words[(i + 3) % 10]!}, मग ${words[(i + 7) % 10]!} असे मोजतात` }))),
  'application/jsonlines',
)

const refused = (code: string, said: RegExp) => (error: unknown) => {
  assert.ok(error instanceof AppError, String(error))
  assert.equal(error.code, code)
  assert.match(error.message, said)
  return true
}

test('people discuss a contribution, are told of it, and everybody can read what was said', async () => {
  const subject = { kind: 'contribution', id: String(contribution.id) }
  const thread = await reviewer.post<ThreadAnswer>('/api/threads', { subject, text: 'Is **ten** right, @asha?' })
  await asha.post(`/api/threads/${thread.id}/comments`, { text: 'It is.' })
  const read = await fetch(`${running.url}/api/threads?kind=contribution&id=${contribution.id}`)
  const [found] = (await read.json()) as ThreadAnswer[]
  assert.deepEqual(
    found!.comments.map(({ author, text }) => [author, text]),
    [
      ['farah', 'Is **ten** right, @asha?'],
      ['asha', 'It is.'],
    ],
  )
  const told = await asha.get<NotificationPageAnswer>('/api/notifications', { unread: true })
  assert.equal(told.unread, 1)
  assert.deepEqual(
    [told.notifications[0]!.kind, told.notifications[0]!.sentence],
    ['mentioned', `farah mentions you in the discussion of contribution ${contribution.id}.`],
  )
  assert.deepEqual(await asha.post('/api/notifications/read', { ids: [told.notifications[0]!.id] }), { unread: 0 })
  assert.equal((await reviewer.post<ThreadAnswer>(`/api/threads/${thread.id}/resolve`)).resolved?.by, 'farah')
  await assert.rejects(asha.post(`/api/threads/${thread.id}/comments`, { text: 'And more.' }), refused('conflict', /reopen it/))
  assert.equal((await maintainer.get<ThreadAnswer[]>('/api/models/marathi/saathi/threads', { state: 'resolved' })).length, 1)
})

test('a hidden comment is hidden from those who ask without a token, and an erased one from all', async () => {
  const subject = { kind: 'clause', id: 'marathi/saathi/1' }
  const { id, comments } = await asha.post<ThreadAnswer>('/api/threads', { subject, text: 'Something rude.' })
  const comment = comments[0]!.id
  await assert.rejects(reviewer.post(`/api/comments/${comment}/hide`, { reason: 'Rude.' }), refused('forbidden', /maintainer/))
  await maintainer.post(`/api/comments/${comment}/hide`, { reason: 'Rude.' })
  const asNobody = async () => ((await (await fetch(`${running.url}/api/threads/${id}`)).json()) as ThreadAnswer).comments[0]!
  const hidden = await asNobody()
  assert.deepEqual([hidden.text, hidden.hidden?.reason, hidden.hidden?.by], [null, 'Rude.', 'joseph'])
  assert.equal((await asha.get<ThreadAnswer>(`/api/threads/${id}`)).comments[0]!.text, 'Something rude.')
  assert.equal((await maintainer.post<CommentAnswer>(`/api/comments/${comment}/show`)).hidden, null)
  await asha.post(`/api/comments/${comment}/edit`, { text: 'Something kind.' })
  const history = await reviewer.get<{ text: string | null }[]>(`/api/comments/${comment}/history`)
  assert.deepEqual(
    history.map(({ text }) => text),
    ['Something rude.', 'Something kind.'],
  )
  await assert.rejects(maintainer.post(`/api/comments/${comment}/erase`, { reason: 'x' }), refused('forbidden', /Only the operator/))
  await running.operator.post(`/api/comments/${comment}/erase`, { reason: 'GDPR article 17' })
  const erased = await asNobody()
  assert.deepEqual([erased.text, erased.erased?.by, erased.erased?.reason], [null, 'operator', 'GDPR article 17'])
  assert.deepEqual(
    (await running.operator.get<{ text: string | null }[]>(`/api/comments/${comment}/history`)).map(({ text }) => text),
    [null, null],
  )
})

test('a decision is told to its author with the reviewer’s words, and a muted kind is not', async () => {
  await asha.post('/api/notifications/read')
  assert.deepEqual(await asha.post<NotificationSettingsAnswer>('/api/notifications/settings', { muted: ['changes-requested'] }), {
    muted: ['changes-requested'],
    feed: true,
  })
  const extra = await asha.upload<{ contribution: { id: number } }>(
    '/api/models/marathi/saathi/contributions',
    declared,
    rows({ text: 'पाऊस पडतो आणि मोर नाचतो, असे आजी सांगते' }),
    'application/jsonlines',
  )
  await reviewer.post(`/api/contributions/${extra.contribution.id}/reviews`, { decision: 'request-changes', message: 'More, please.' })
  await maintainer.post(`/api/contributions/${extra.contribution.id}/reviews`, { decision: 'reject', message: 'Not about numbers.' })
  await reviewer.post(`/api/contributions/${contribution.id}/reviews`, { decision: 'accept', message: 'Counted them.' })
  const { notifications } = await asha.get<NotificationPageAnswer>('/api/notifications', { unread: true })
  assert.deepEqual(
    notifications.map(({ kind, sentence, link }) => [kind, sentence, link]),
    [
      [
        'accepted',
        'farah accepted your contribution 1, “Numbers <in> words & "more"”; it is in revision 1 of the dataset of marathi/saathi: Counted them.',
        '/contributions/1',
      ],
      ['rejected', 'joseph rejected your contribution 2, “Numbers <in> words & "more"”: Not about numbers.', '/contributions/2'],
    ],
  )
  assert.deepEqual(await asha.post('/api/notifications/read'), { unread: 0 })
  await assert.rejects(running.operator.get('/api/notifications'), refused('invalid', /act as a person/))
  assert.equal((await fetch(`${running.url}/api/notifications`)).status, 401)
})

test('a release issues receipts: of the release, of the person, by digest', async () => {
  await maintainer.upload(
    '/api/models/marathi/saathi/suites',
    { name: 'marathi', kind: 'text' },
    rows(...words.map((word, i) => ({ text: `${words[(i + 5) % 10]!} दिवस, ${word} रात्री` }))),
    'application/jsonlines',
  )
  const { jobs, db } = running.app
  const settled = async (kind: string) => {
    for (const { id } of await db.selectFrom('jobs').select('id').where('kind', '=', kind).execute())
      assert.equal((await jobs.ended(id)).state, 'done')
  }
  await reviewer.post('/api/models/marathi/saathi/runs')
  await settled('train')
  await reviewer.post('/api/models/marathi/saathi/evaluations')
  await settled('evaluate')
  await maintainer.post('/api/models/marathi/saathi/releases', { version: '0.1.0' })
  await settled('receipts')
  const { issued, receipts } = await asha.get<ReceiptsAnswer>('/api/models/marathi/saathi/releases/latest/receipts')
  assert.equal(issued, true)
  assert.deepEqual(receipts.map(({ body }) => body.person).sort(), ['asha', 'farah'])
  const [own] = await reviewer.get<ReceiptAnswer[]>('/api/people/asha/receipts')
  assert.deepEqual([own!.body.included[0]!.examples.standing, own!.body.included[0]!.summary], [10, 'What it changed was not measured.'])
  assert.equal(own!.body.notIncluded[0]!.words, 'Not about numbers.')
  assert.deepEqual(await asha.get<ReceiptAnswer>(`/api/receipts/${own!.digest}`), own)
  const { notifications } = await asha.get<NotificationPageAnswer>('/api/notifications', { unread: true })
  assert.deepEqual(
    notifications.map(({ sentence, link }) => [sentence, link]),
    [['Your 10 examples shipped in marathi/saathi 0.1.0. What they changed was not measured.', `/receipts/${own!.digest}`]],
  )
  const path = '/api/models/marathi/saathi/releases/0.1.0/measurements'
  await assert.rejects(asha.post(path, { contribution: contribution.id }), refused('conflict', /nothing is left to train on/))
  assert.deepEqual(await asha.get(path), [])
})

const python = spawnSync('python3', ['-c', 'import xml.etree.ElementTree']).status === 0
const withPython = { skip: python ? false : 'python3, whose XML parser reads the feeds, is not installed here' }

function entriesOf(feed: string): { readonly category: string; readonly title: string; readonly content: string; readonly id: string }[] {
  const script = `
import json, sys, xml.etree.ElementTree as tree
atom = '{http://www.w3.org/2005/Atom}'
feed = tree.fromstring(sys.stdin.buffer.read())
print(json.dumps([{'category': entry.find(atom + 'category').get('term'), **{name: entry.find(atom + name).text for name in ('title', 'content', 'id')}}
    for entry in feed.findall(atom + 'entry')]))`
  const { status, stdout, stderr } = spawnSync('python3', ['-c', script], { input: feed, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout) as never
}

test('a community’s feed has its proposals, decisions, releases and receipts, newest first', withPython, async () => {
  const response = await fetch(`${running.url}/feeds/marathi/saathi.atom`)
  assert.equal(response.headers.get('content-type'), 'application/atom+xml; charset=utf-8')
  const entries = entriesOf(await response.text())
  assert.deepEqual(
    entries.map(({ category }) => category),
    ['receipt', 'receipt', 'release', 'decision', 'decision', 'proposal', 'proposal'],
  )
  assert.equal(entries.at(-1)!.title, 'Contribution 1: Numbers <in> words & "more"')
  assert.match(entries.at(-1)!.id, /^tag:127\.0\.0\.1,\d{4}-\d\d-\d\d:contributions\/1$/)
  assert.equal(entries.find(({ title }) => title.startsWith('Contribution 2 was rejected'))!.content, 'joseph: Not about numbers.')
  assert.equal(new Set(entries.map(({ id }) => id)).size, entries.length)
})

test('a receipt of many works is an entry by its figures: its body is not read for a feed', withPython, async () => {
  const url = `${running.url}/feeds/people/farah.atom`
  const [before] = entriesOf(await (await fetch(url)).text())
  assert.match(before!.content, /^Reviewed: contribution 1 by asha, “Numbers/)
  const { db } = running.app
  const { id } = await db.selectFrom('people').select('id').where('name', '=', 'farah').executeTakeFirstOrThrow()
  const { figures } = await db.selectFrom('receipts').select('figures').where('personId', '=', id).executeTakeFirstOrThrow()
  const say = (more: object) => db.updateTable('receipts').set({ figures: JSON.stringify({ ...(figures as object), ...more }) }).where('personId', '=', id).execute() // prettier-ignore
  await say({ included: 5000, standing: 49_000, measured: 12, notIncluded: 1 })
  const [after] = entriesOf(await (await fetch(url)).text())
  assert.equal(after!.title, '49000 examples of farah and 1 review by farah in marathi/saathi 0.1.0')
  assert.match(
    after!.content,
    /^In it: 5000 contributions, of which 49000 examples stand\. What 12 of them changed was measured\.\nReviewed: 1 contribution of others that are new in it\.\nNot in it: 1 contribution\. The receipt says why\.\nReceipt sha256:/,
  )
  assert.equal(after!.id, before!.id)
  await say({})
})

test('a reader that has the newest feed is told so, and a person can have none', withPython, async () => {
  const url = `${running.url}/feeds/people/asha.atom`
  const first = await fetch(url)
  const [entry, ...others] = entriesOf(await first.text())
  assert.deepEqual([entry!.title, entry!.category, others.length], ['10 examples of asha in marathi/saathi 0.1.0', 'receipt', 0])
  const tag = first.headers.get('etag')!
  const again = await fetch(url, { headers: { 'if-none-match': tag } })
  assert.deepEqual([again.status, await again.text()], [304, ''])
  await asha.post('/api/notifications/settings', { feed: false })
  assert.equal((await fetch(url, { headers: { 'if-none-match': tag } })).status, 404)
  const community = entriesOf(await (await fetch(`${running.url}/feeds/marathi/saathi.atom`)).text())
  assert.deepEqual(
    community.filter(({ category }) => category === 'receipt').map(({ title }) => title),
    ['1 review by farah in marathi/saathi 0.1.0'],
  )
  for (const path of ['people/nobody.atom', 'marathi/nothing.atom', 'marathi/saathi.rss'])
    assert.equal((await fetch(`${running.url}/feeds/${path}`)).status, 404, path)
})
