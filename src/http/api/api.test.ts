/** Our API as strangers, contributors and reviewers meet it. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { AppError } from '../../errors.ts'
import type { Client } from '../client.ts'
import { runningApp } from '../testing.ts'

const running = await runningApp({ after })
const maintainer = await running.person('joseph', 'maintainer')
const reviewer = await running.person('farah', 'reviewer')
const asha = await running.person('asha', 'contributor')
await maintainer.post('/api/models', { name: 'marathi/saathi', base: 'bundled', charter: ['Answers in Marathi'] })

const declared = { licence: 'CC-BY-4.0', language: 'mr', origin: 'human', source: 'written for this test', message: 'Greetings' }
const rows = (...all: object[]) => new Blob([all.map((row) => JSON.stringify(row) + '\n').join('')]).stream() as ReadableStream<Uint8Array>
const greeting = { prompt: 'Good morning in Marathi?', completion: 'शुभ प्रभात' }

interface Contributed {
  readonly contribution: { readonly id: number; readonly state: string; readonly author: string }
  readonly findings: readonly unknown[]
}

const offer = (client: Client, ...all: object[]) =>
  client.upload<Contributed>('/api/models/marathi/saathi/contributions', declared, rows(...all), 'application/jsonlines')

const refused = (code: string, words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof AppError, String(error))
  assert.equal(error.code, code)
  assert.match(error.message, words)
  return true
}

test('the description of the API is valid OpenAPI and names every address the CLI uses', async () => {
  const document = await running.operator.get<{ paths: Record<string, unknown> }>('/api/openapi.json')
  const result = await new Validator().validate(structuredClone(document))
  assert.equal(result.valid, true, JSON.stringify(result.errors))
  for (const path of [
    '/models/{owner}/{name}/contributions',
    '/contributions/{contribution}/reviews',
    '/models/{owner}/{name}/runs',
    '/models/{owner}/{name}/releases',
  ])
    assert.ok(path in document.paths, path)
})

test('reading takes no token, doing does, and a wrong token is refused even for reading', async () => {
  const read = await fetch(`${running.url}/api/models/marathi/saathi`)
  assert.equal(read.status, 200)
  const post = await fetch(`${running.url}/api/people`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"name":"x","role":"maintainer"}',
  })
  assert.equal(post.status, 401)
  const wrong = await fetch(`${running.url}/api/models`, { headers: { authorization: `Bearer cw_${'A'.repeat(43)}` } })
  assert.equal(wrong.status, 401)
})

test('roles hold at the door of every verb: a contributor neither reviews nor makes models', async () => {
  const { contribution } = await offer(asha, greeting)
  assert.equal(contribution.author, 'asha')
  await assert.rejects(
    asha.post(`/api/contributions/${contribution.id}/reviews`, { decision: 'accept', message: 'mine' }),
    refused('forbidden', /reviewer/),
  )
  await assert.rejects(asha.post('/api/models', { name: 'a/b', base: 'bundled' }), refused('forbidden', /maintainer/))
  await assert.rejects(asha.post('/api/bases', { folder: '/etc', name: 'x', licence: 'MIT' }), refused('forbidden', /operator/))
  await asha.post(`/api/contributions/${contribution.id}/withdraw`)
})

test('an accepted contribution is in the next revision with its blame; its export is what was offered', async () => {
  const { contribution } = await offer(asha, { prompt: 'Thank you in Marathi?', completion: 'धन्यवाद' })
  const decided = await reviewer.post<{ revision: { number: number; count: number } }>(`/api/contributions/${contribution.id}/reviews`, {
    decision: 'accept',
    message: 'Right.',
  })
  assert.equal(decided.revision.count, 1)
  const exported = await new Response(await running.operator.download('/api/models/marathi/saathi/dataset/latest/examples')).text()
  const row = JSON.parse(exported) as { digest: string; prompt: string; completion: string }
  assert.equal(row.completion, 'धन्यवाद')
  const blame = await running.operator.get<{ author: string; reviews: { reviewer: string }[] }>(
    `/api/models/marathi/saathi/examples/${row.digest}/blame`,
  )
  assert.equal(blame.author, 'asha')
  assert.deepEqual(
    blame.reviews.map((it) => it.reviewer),
    ['farah'],
  )
})

test('a file with a wrong row is turned away whole, with every finding and its row', async () => {
  const error = await offer(asha, greeting, { prompt: 'x' }, { nonsense: true }).catch((it: unknown) => it)
  assert.ok(error instanceof AppError)
  assert.deepEqual([...new Set(error.details.map((it) => it.row))], [2, 3])
  const all = await running.operator.get<{ state: string }[]>('/api/models/marathi/saathi/contributions', { state: 'open' })
  assert.equal(all.length, 0)
})

test('a licence nobody knows and a made-up origin are refused in words', async () => {
  const send = (more: object) =>
    asha.upload('/api/models/marathi/saathi/contributions', { ...declared, ...more }, rows(greeting), 'application/jsonlines')
  await assert.rejects(send({ licence: 'CC-BY-9.9' }), refused('invalid', /CC-BY-9\.9/))
  await assert.rejects(send({ origin: 'dreamt' }), refused('invalid', /dreamt/))
  await assert.rejects(send({ origin: 'generated' }), refused('invalid', /generat/))
})

test('what a request gets wrong is said by field; what nobody answers is a 404 in words', async () => {
  await assert.rejects(maintainer.post('/api/models', { base: 'bundled' }), refused('invalid', /name/))
  await assert.rejects(maintainer.post('/api/models', { name: '../etc/passwd', base: 'bundled' }), refused('invalid', /owner\/name/))
  await assert.rejects(running.operator.get('/api/nothing'), refused('not-found', /openapi/))
  await assert.rejects(running.operator.get('/api/runs/12345'), refused('not-found', /12345/))
  const text = await fetch(`${running.url}/api/models`, {
    method: 'POST',
    headers: { authorization: `Bearer ${running.app.operatorKey}`, 'content-type': 'application/json' },
    body: '{"name":',
  })
  assert.equal(text.status, 400)
})

test('a body beyond the limit is refused by its header, or by counting when the header lies by absence', async () => {
  // A server that refuses a body closes the connection it came on.
  const huge = {
    method: 'POST',
    headers: { authorization: `Bearer ${running.app.operatorKey}`, 'content-type': 'application/json', connection: 'close' },
  }
  const declaredTooLarge = await fetch(`${running.url}/api/models`, {
    ...huge,
    body: JSON.stringify({ name: 'x'.repeat(5_000_000), base: 'b' }),
  })
  assert.equal(declaredTooLarge.status, 413)
  const chunks = new ReadableStream({
    start(controller) {
      for (let i = 0; i < 60; i++) controller.enqueue(new Uint8Array(100_000).fill(32))
      controller.close()
    },
  })
  const counted = await fetch(`${running.url}/api/models`, { ...huge, body: chunks, duplex: 'half' })
  assert.equal(counted.status, 400)
})

test('health says that the process lives and readiness that the database answers', async () => {
  assert.equal((await fetch(`${running.url}/healthz`)).status, 200)
  const ready = (await (await fetch(`${running.url}/readyz`)).json()) as { status: string; jobs: object }
  assert.equal(ready.status, 'ready')
  assert.ok('waiting' in ready.jobs)
})

test('a correction of an answer becomes, in one step, a contribution that names the feedback as its origin', async () => {
  const given = await asha.post<{ id: number }>('/api/models/marathi/saathi/feedback', {
    turns: [
      { role: 'user', content: 'Goodbye in Marathi?' },
      { role: 'assistant', content: 'doviđenja' },
    ],
    rating: 'down',
    correction: 'निरोप घेतो',
  })
  const terms = { licence: 'CC0-1.0', language: 'mr' }
  const { contribution } = await asha.post<{ contribution: { feedbackId: number; state: string } }>(
    `/api/feedback/${given.id}/contribution`,
    terms,
  )
  assert.equal(contribution.feedbackId, given.id)
  assert.equal(contribution.state, 'open')
  await assert.rejects(asha.post(`/api/feedback/${given.id}/contribution`, terms), refused('conflict', /already/))
})
