/** Rules, trust, mentors, queues and patrols over HTTP. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { AppError } from '../../errors.ts'
import type { Client } from '../client.ts'
import { runningApp } from '../testing.ts'
import type { Answers } from './schemas.ts'

const running = await runningApp({ after })
const maintainer = await running.person('joseph', 'maintainer')
const reviewer = await running.person('farah', 'reviewer')
const asha = await running.person('asha', 'contributor')
await maintainer.post('/api/models', { name: 'marathi/saathi', base: 'bundled' })
const model = '/api/models/marathi/saathi'
const nobody = (path: string) => fetch(running.url + path)

const declared = { licence: 'CC-BY-4.0', language: 'mr', origin: 'human', source: 'written for this test', message: 'Words' }

interface Offered {
  readonly contribution: Answers['contribution']
  readonly patrol: Answers['patrol'] | null
  readonly reasons: readonly string[]
}

const words = ['नदी', 'डोंगर', 'पाऊस', 'शाळा', 'झाड', 'पक्षी', 'समुद्र', 'रस्ता', 'बाजार', 'आकाश']
let made = 0
function offer(client: Client, count = 1, more: Record<string, string> = {}): Promise<Offered> {
  const rows = Array.from({ length: count }, () => ({ text: `${words[made % 10]} ${made} ${words[Math.floor(made++ / 10) % 10]}` }))
  const file = new Blob([rows.map((row) => JSON.stringify(row) + '\n').join('')]).stream() as ReadableStream<Uint8Array>
  return client.upload(`${model}/contributions`, { ...declared, ...more }, file, 'application/jsonlines')
}

const refused = (code: string, said: RegExp) => (error: unknown) => {
  assert.ok(error instanceof AppError, String(error))
  assert.deepEqual(error.code, code)
  assert.match(error.message, said)
  return true
}

test('rules are read by anybody and set by maintainers; what is left out stays, and what is unknown is refused by name', async () => {
  const set = (client: Client, rules: object) => client.put<Answers['rulesChange']>(`${model}/rules`, { rules, message: 'For this test' })
  const { changes, by } = await set(maintainer, { newcomers: { openAtOnce: 4 } })
  assert.deepEqual([changes, by], [['newcomers.openAtOnce: 5 → 4'], 'joseph'])
  const read = (await (await nobody(`${model}/rules`)).json()) as Answers['rulesRecord']
  assert.deepEqual(read.rules.quorum, { kind: 'adaptive', share: 0.25, cap: 5, days: 30 })
  await assert.rejects(set(reviewer, { patrol: { enabled: true } }), refused('forbidden', /maintainer/))
  await assert.rejects(set(maintainer, { patrol: { enabeld: true } }), refused('invalid', /enabeld/))
  await assert.rejects(set(maintainer, { quorum: { cap: 21 } }), refused('invalid', /quorum\.cap is 21/))
  const log = (await (await nobody(`${model}/rules/log`)).json()) as Answers['rulesChange'][]
  assert.equal(log.length, 2)
})

test('a proposal shows its quorum with names and its mentor; queues hold what they say', async () => {
  await reviewer.post(`${model}/mentors/join`)
  const { contribution } = await offer(asha)
  assert.equal(contribution.mentor, 'farah')
  const page = await asha.get<{ quorum: Answers['quorum'] }>(`/api/contributions/${contribution.id}`)
  assert.match(page.quorum.sentence, /^0 of 1 accepting review; quorum 1 because nobody else has reviewed/)
  const queue = async (client: Client, name: string) =>
    (await client.get<Answers['contribution'][]>(`${model}/contributions`, { queue: name })).map(({ id }) => id)
  for (const name of ['mine', 'mentor', 'waiting']) assert.deepEqual(await queue(reviewer, name), [contribution.id], name)
  await assert.rejects(queue(asha, 'mine'), refused('forbidden', /reviewer/))
  await reviewer.post(`/api/contributions/${contribution.id}/reviews`, { decision: 'accept', message: '' })
  assert.deepEqual(await queue(reviewer, 'mine'), [])
  const decided = await asha.get<{ quorum: null; patrol: null }>(`/api/contributions/${contribution.id}`)
  assert.deepEqual([decided.quorum, decided.patrol], [null, null])
  assert.match((await maintainer.get<{ quorum: Answers['quorum'] }>(model)).quorum.reason, /1 reviewer was active .* \(farah\)/)
})

test('trust is there for anybody to read, with its formula and a link to each event', async () => {
  const trust = (await (await nobody(`${model}/people/asha/trust`)).json()) as Answers['trust']
  assert.ok(trust.value > 0 && trust.newcomer && !trust.patrolled)
  assert.match(trust.formula.join('\n'), /Wilson/)
  const [event] = trust.events
  assert.deepEqual([event?.kind, event?.changes, event?.of, event?.counts], ['standing', 1, 1, 'good'])
  assert.equal((await nobody(event?.link as string)).status, 200)
})

test('with patrolling on, a small proposal of a trusted person is in at once, and a reviewer takes it back with a reason', async () => {
  await maintainer.put(`${model}/rules`, {
    rules: { patrol: { enabled: true, examples: 2 }, trust: { newcomerBelow: 0.1, patrolFrom: 0.5 } },
    message: 'For this test',
  })
  for (let i = 0; i < 4; i++) {
    const { contribution, patrol, reasons } = await offer(asha, 7)
    assert.deepEqual([patrol, reasons.length > 0], [null, true])
    await reviewer.post(`/api/contributions/${contribution.id}/reviews`, { decision: 'accept', message: '' })
  }
  assert.equal((await offer(asha, 1, { wait: 'true' })).contribution.state, 'open')
  const { contribution, patrol } = await offer(asha)
  assert.deepEqual([contribution.state, patrol?.state], ['accepted', 'waiting'])
  const waiting = await reviewer.get<Answers['patrol'][]>(`${model}/patrols`)
  assert.deepEqual(
    waiting.map(({ contributionId }) => contributionId),
    [contribution.id],
  )
  const path = `/api/contributions/${contribution.id}/patrol`
  await assert.rejects(asha.post(path, { decision: 'ok', message: '' }), refused('forbidden', /reviewer/))
  const done = await reviewer.post<{ patrol: Answers['patrol'] }>(path, { decision: 'revert', message: 'In Hindi' })
  assert.deepEqual([done.patrol.state, done.patrol.patroller], ['reverted', 'farah'])
  const { notifications } = await asha.get<{ notifications: { kind: string; sentence: string }[] }>('/api/notifications')
  assert.ok(
    notifications.some(({ kind, sentence }) => kind === 'reverted' && /farah took back your contribution .*In Hindi/.test(sentence)),
  )
})

test('a fix by a trusted person is in at once too, unless they want it reviewed first', async () => {
  const say = async (question: string, correction: string) => {
    const turns = [
      { role: 'user', content: question },
      { role: 'assistant', content: 'seven' },
    ]
    return asha.post<{ id: number }>(`${model}/feedback`, { turns, rating: 'down', correction })
  }
  const fix = async (how: string, question: string, more: object) =>
    asha.post<Offered>(`/api/feedback/${(await say(question, '७')).id}/${how}`, { licence: 'CC0-1.0', language: 'mr', ...more })
  // What was taken back cost trust.
  for (let i = 0; i < 3; i++)
    await reviewer.post(`/api/contributions/${(await offer(asha, 7)).contribution.id}/reviews`, { decision: 'accept', message: '' })
  const waiting = await fix('fix', 'सात कसे लिहितात?', { wait: true })
  assert.deepEqual([waiting.contribution.state, waiting.patrol, waiting.reasons], ['open', null, []])
  const accepted = await fix('fix', 'हा अंक मराठीत कसा लिहाल: 7', {})
  assert.deepEqual([accepted.contribution.state, accepted.patrol?.state, accepted.reasons], ['accepted', 'waiting', []])
  assert.deepEqual(accepted.contribution.counts, { add: 1, replace: 0, remove: 0, case: 1, clause: 0 })
  const correction = await fix('contribution', 'आठवड्यात किती दिवस असतात?', {})
  assert.deepEqual([correction.contribution.state, correction.patrol?.state], ['accepted', 'waiting'])
  const { notifications } = await asha.get<{ notifications: { kind: string; link: string }[] }>('/api/notifications')
  const told = notifications.filter(({ kind }) => kind === 'accepted').map(({ link }) => link)
  for (const { contribution } of [accepted, correction]) assert.ok(told.includes(`/contributions/${contribution.id}`))
})

test('a recipe that cannot be read is refused when the model is made', async () => {
  const create = (recipe: string) => maintainer.post('/api/models', { name: 'marathi/other', base: 'bundled', recipe })
  await assert.rejects(create('rnak: 16'), refused('invalid', /rnak/))
  await assert.rejects(create('rank: ['), refused('invalid', /not YAML at line 1/))
})
