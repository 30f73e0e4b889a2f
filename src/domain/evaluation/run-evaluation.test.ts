import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServedModel, Turn } from '../../engines/engine.ts'
import { goldenFolder } from '../../formats/testing/model-files.ts'
import { addSuite } from '../models/add-suite.ts'
import { createModel } from '../models/create-model.ts'
import { findBase } from '../models/model-queries.ts'
import { listSuites } from '../models/suite-queries.ts'
import { operator } from '../people/actor.ts'
import { addBaseFolder, openLoop } from '../releases/testing.ts'
import { findEvaluation, listEvaluations, samplesOf } from './evaluation-queries.ts'
import { requestEvaluations } from './request-evaluations.ts'
import { runEvaluation } from './run-evaluation.ts'
import { sameAnswer } from './scorers.ts'

const jsonl = (samples: readonly unknown[]): Uint8Array => Buffer.from(samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''))
const model = 'marathi/saathi'
const attempt = (signal = new AbortController().signal) => ({ job: 1, attempt: 1, signal })

/** A tiny random base, served as it is, and a community without suites. */
async function community(t: Parameters<typeof openLoop>[0]) {
  const loop = await openLoop(t, { work: false })
  await addBaseFolder(loop, goldenFolder, 'tiny')
  const { id } = await createModel(loop, operator, model, { base: 'tiny' })
  const served = { base: (await findBase(loop.db, 'tiny')).served[0]!.digest, adapter: null }
  const request = async () => requestEvaluations(loop.jobs, loop.db, await listSuites(loop.db, id), { checkpointId: null, served })
  return { loop, served, request }
}

test('every kind of suite is scored sample by sample on the served files, and what each sample gave is kept', async (t) => {
  const { loop, served, request } = await community(t)
  const texts = ['एक दोन तीन', 'the end of the story', 'मराठी भाषा']
  await addSuite(loop, operator, model, { name: 'a-text', kind: 'text', samples: jsonl(texts.map((text) => ({ text }))) })
  const question: readonly Turn[] = [{ role: 'user', content: 'What is told in 5 days?' }]
  const expected = 'पाच दिवस'
  await addSuite(loop, operator, model, { name: 'b-exact', kind: 'exact', samples: jsonl([{ messages: question, expected }]) })
  await addSuite(loop, operator, model, {
    name: 'c-choice',
    kind: 'choice',
    samples: jsonl([
      { prompt: 'the user asked for', choices: [' words', ' भाषा भाषा भाषा भाषा'], answer: 0 },
      { messages: question, choices: ['मराठी भाषा भाषा भाषा', 'a'], answer: 0 },
    ]),
  })
  const requested = await request()
  for (const { id } of requested) await runEvaluation(loop, id, attempt())
  const [text, exact, choice] = await Promise.all(requested.map(({ id }) => findEvaluation(loop.db, id)))

  assert.deepEqual([text!.state, text!.metric, text!.done, text!.count], ['finished', 'bits-per-byte', 3, 3], text!.error ?? '')
  const results = await samplesOf(loop, text!.id)
  let bits = 0
  for (const [index, continuation] of texts.entries()) {
    const { tokens } = await loop.engine.score(served, { context: '', continuation })
    const nats = -tokens.reduce((sum, { logprob }) => sum + logprob, 0)
    const result = results[index]!
    assert.ok(result.kind === 'text' && Math.abs(result.nats - nats) < 1e-3 * nats, `${JSON.stringify(result)} and ${nats}`)
    assert.deepEqual([result.index, result.bytes], [index, Buffer.byteLength(continuation)])
    bits += nats / Math.LN2
  }
  const bytes = texts.reduce((sum, one) => sum + Buffer.byteLength(one), 0)
  assert.ok(Math.abs(text!.score! - bits / bytes) < 1e-3)

  const answer = await greedy(loop, served, question, Buffer.byteLength(expected) + 8)
  assert.deepEqual(await samplesOf(loop, exact!.id), [{ index: 0, kind: 'exact', answer, right: false }], exact!.error ?? '')
  assert.equal(exact!.score, 0)
  const [first, second] = await samplesOf(loop, choice!.id)
  assert.ok(first?.kind === 'choice' && second?.kind === 'choice')
  for (const result of [first, second]) assert.equal(result.picked, result.nats[0]! <= result.nats[1]! ? 0 : 1)
  assert.equal(choice!.score, (Number(first.right) + Number(second.right)) / 2)

  assert.deepEqual(
    (await request()).map(({ id, state }) => [id, state]),
    requested.map(({ id }) => [id, 'finished']),
    'nothing is evaluated twice',
  )
  await addSuite(loop, operator, model, { name: 'd-renamed', kind: 'text', samples: jsonl(texts.map((one) => ({ text: one }))) })
  const renamed = (await request()).at(-1)!
  assert.deepEqual(
    [renamed.state, renamed.samples, renamed.score],
    ['finished', text!.samples, text!.score],
    'the same samples are taken over',
  )
  assert.equal((await listEvaluations(loop.db, model)).length, 4)
})

test('an interrupted evaluation begins again and ends as if nothing had been', async (t) => {
  const { loop, request } = await community(t)
  await addSuite(loop, operator, model, {
    name: 'texts',
    kind: 'text',
    samples: jsonl(Array.from({ length: 30 }, (_, index) => ({ text: `story ${index} was told in 5 days` }))),
  })
  const { id } = (await request())[0]!
  const stopping = new AbortController()
  const stopped = runEvaluation(loop, id, attempt(stopping.signal))
  setTimeout(() => stopping.abort(new Error('the server is stopping')), 20)
  await assert.rejects(stopped, /the server is stopping/)
  const between = await findEvaluation(loop.db, id)
  assert.deepEqual([between.state, between.samples], ['running', null])
  await runEvaluation(loop, id, { ...attempt(), attempt: 2 })
  const after = await findEvaluation(loop.db, id)
  assert.deepEqual([after.state, after.done], ['finished', 30], after.error ?? '')
  assert.deepEqual(
    (await samplesOf(loop, id)).map(({ index }) => index),
    Array.from({ length: 30 }, (_, index) => index),
  )
})

test('a sample that cannot be asked fails the evaluation by its line, and asking again tries again', async (t) => {
  const { loop, request } = await community(t)
  await addSuite(loop, operator, model, {
    name: 'long',
    kind: 'text',
    samples: jsonl([{ text: 'short' }, { text: 'मराठी भाषा '.repeat(400) }]),
  })
  const { id } = (await request())[0]!
  await runEvaluation(loop, id, attempt())
  const failed = await findEvaluation(loop.db, id)
  assert.equal(failed.state, 'failed')
  assert.match(failed.error!, /^Sample 2 of suite long \(text\): .*256/)
  assert.equal(failed.score, null)
  const [again] = await request()
  assert.notEqual(again!.id, id)
  assert.equal(again!.state, 'queued')
})

test('an evaluation that keeps ending the server is given up in words', async (t) => {
  const { loop, request } = await community(t)
  await addSuite(loop, operator, model, { name: 'texts', kind: 'text', samples: jsonl([{ text: 'a story' }]) })
  const { id } = (await request())[0]!
  await runEvaluation(loop, id, { ...attempt(), attempt: 5 })
  const { state, error } = await findEvaluation(loop.db, id)
  assert.equal(state, 'failed')
  assert.match(error!, /ended 4 times while it ran/)
})

test('an answer is right in NFC and without surrounding white space, and only then', () => {
  assert.ok(sameAnswer(' क़लम\n', 'क़लम'.normalize('NFC')))
  assert.ok(!sameAnswer('seven', 'Seven'))
  assert.ok(!sameAnswer('seven.', 'seven'))
})

async function greedy(
  loop: Awaited<ReturnType<typeof openLoop>>,
  served: ServedModel,
  turns: readonly Turn[],
  maxTokens: number,
): Promise<string> {
  let text = ''
  for await (const part of loop.engine.chat(served, turns, { temperature: 0, topP: 1, seed: null, maxTokens, stop: [], logprobs: null }))
    if (part.kind === 'text') text += part.text
  return text
}
