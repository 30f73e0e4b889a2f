/** Stored completions through the official client, and "Fix this" over HTTP. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import OpenAI from 'openai'
import { addPerson } from '../../domain/people/add-person.ts'
import { operator } from '../../domain/people/actor.ts'
import { AppError } from '../../errors.ts'
import { Client } from '../client.ts'
import { runningApp } from '../testing.ts'

const running = await runningApp({ after })
const client = (apiKey: string) => new OpenAI({ baseURL: `${running.url}/v1`, apiKey, maxRetries: 0 })
const tokenOf = async (name: string) => (await addPerson(running.app, operator, { name, role: 'contributor' })).token
const [ashaToken, imranToken] = [await tokenOf('asha'), await tokenOf('imran')]
const [asha, imran, anybody] = [client(ashaToken), client(imranToken), client('anything')]
const messages = [{ role: 'user' as const, content: 'Write 5 March 2031 in Welsh.' }]
const request = { model: 'bundled', messages, temperature: 0, max_tokens: 12 }
await running.operator.post('/api/models', { name: 'welsh/cymorth', base: 'bundled' })

test('a stored completion is read again by its id, whole and with its conversation, until it is deleted', async () => {
  const made = await asha.chat.completions.create({ ...request, store: true, metadata: { from: 'a test' }, n: 2 })
  const found = await asha.chat.completions.retrieve(made.id)
  assert.deepEqual(
    [found.id, found.object, found.model, found.created, found.usage, found.choices],
    [made.id, made.object, made.model, made.created, made.usage, made.choices],
  )
  assert.deepEqual((found as { metadata?: unknown }).metadata, { from: 'a test' })
  const conversation = await Array.fromAsync(asha.chat.completions.messages.list(made.id))
  assert.deepEqual(
    conversation.map(({ role, content }) => ({ role, content })),
    messages,
  )
  assert.deepEqual(await asha.chat.completions.delete(made.id), { object: 'chat.completion.deleted', id: made.id, deleted: true })
  await assert.rejects(asha.chat.completions.retrieve(made.id), OpenAI.NotFoundError)
})

test('a streamed answer can be asked for again as soon as its end was seen', async () => {
  let [id, text] = ['', '']
  for await (const chunk of await asha.chat.completions.create({ ...request, store: true, stream: true })) {
    id = chunk.id
    text += chunk.choices[0]?.delta.content ?? ''
  }
  const found = await asha.chat.completions.retrieve(id)
  assert.equal(found.choices[0]?.message.content, text)
  assert.ok(text.length > 0)
})

test('nothing is kept without store, nor for nobody, and one person’s answers are not another’s', async () => {
  const { id } = await asha.chat.completions.create(request)
  await assert.rejects(asha.chat.completions.retrieve(id), OpenAI.NotFoundError)
  await assert.rejects(anybody.chat.completions.create({ ...request, store: true }), OpenAI.AuthenticationError)
  const mine = await imran.chat.completions.create({ ...request, store: true })
  await assert.rejects(asha.chat.completions.retrieve(mine.id), OpenAI.NotFoundError)
  await assert.rejects(asha.chat.completions.delete(mine.id), OpenAI.NotFoundError)
  await assert.rejects(anybody.chat.completions.retrieve(mine.id), OpenAI.AuthenticationError)
  assert.equal((await client(running.app.operatorKey).chat.completions.retrieve(mine.id)).id, mine.id)
})

test('a list goes through one’s own answers page by page', async () => {
  const made: string[] = []
  for (let i = 0; i < 3; i++) made.push((await imran.chat.completions.create({ ...request, max_tokens: 1, store: true })).id)
  const listed = await Array.fromAsync(imran.chat.completions.list({ limit: 2, order: 'desc' }), ({ id }) => id)
  assert.deepEqual(listed.slice(0, 3), made.reverse())
  assert.equal(new Set(listed).size, listed.length)
  await assert.rejects(imran.chat.completions.list({ limit: 1_000 }), OpenAI.BadRequestError)
})

test('a bad answer of a base becomes one contribution to a community model on it, with its suggestion to be seen', async () => {
  const { id } = await asha.chat.completions.create({ ...request, store: true })
  const api = new Client(fetch, running.url, ashaToken)
  const fix = (more: object) =>
    api.post<{ contribution: { id: number; counts: object }; feedback: { answerId: string } }>(`/api/answers/${id}/fix`, {
      better: '5 Mawrth 2031',
      language: 'cy',
      ...more,
    })
  await assert.rejects(fix({}), (error) => error instanceof AppError && /say which of its models should learn this/.test(error.message))
  const { contribution, feedback } = await fix({ model: 'welsh/cymorth' })
  assert.equal(feedback.answerId, id)
  assert.deepEqual(contribution.counts, { add: 1, replace: 0, remove: 0, case: 1, clause: 0 })
  const [suggested] = await api.get<{ question: object[]; suggestions: { answer: string; author: string }[] }[]>(
    '/api/models/welsh/cymorth/suggestions',
  )
  assert.deepEqual(suggested?.question, messages)
  assert.deepEqual(
    suggested.suggestions.map(({ answer, author }) => [answer, author]),
    [['5 Mawrth 2031', 'asha']],
  )
  const changes = await api.get<{ kind: string }[]>(`/api/contributions/${contribution.id}/changes`)
  assert.deepEqual(
    changes.map(({ kind }) => kind),
    ['add', 'case'],
  )
})

test('a charter is proposed, shown, compared and logged over HTTP', async () => {
  const api = new Client(fetch, running.url, ashaToken)
  const path = '/api/models/welsh/cymorth/charter'
  const { contribution } = await api.post<{ contribution: { id: number; counts: { clause: number } } }>(`${path}/proposals`, {
    message: 'What it is for',
    changes: [{ action: 'add', text: 'Answers in Welsh.', cases: [{ messages, expect: { script: 'Latn', none: ['Sorry'] } }] }],
  })
  assert.equal(contribution.counts.clause, 1)
  await running.operator.post(`/api/contributions/${contribution.id}/reviews`, { decision: 'accept', message: '' })
  const charter = await api.get<{ revision: number; clauses: { number: number; text: string }[] }>(path)
  assert.deepEqual([charter.revision, charter.clauses[0]?.text], [1, 'Answers in Welsh.'])
  const diff = await api.get<{ added: object[]; removed: object[] }>(`${path}/diff`, { from: 0 })
  assert.deepEqual([diff.added.length, diff.removed.length], [1, 0])
  const [record] = await api.get<{ author: string; contributionId: number }[]>(`${path}/log`)
  assert.deepEqual([record?.author, record?.contributionId], ['asha', contribution.id])
  const suites = await api.get<{ name: string; role: string; clause: number }[]>('/api/models/welsh/cymorth/suites')
  assert.deepEqual(
    suites.map(({ name, role, clause }) => [name, role, clause]),
    [['clause-1', 'charter', 1]],
  )
  await assert.rejects(
    api.post(`${path}/proposals`, { message: 'x', changes: [{ action: 'remove', number: 4 }] }),
    (error) => error instanceof AppError && /no clause 4/.test(error.message),
  )
})
