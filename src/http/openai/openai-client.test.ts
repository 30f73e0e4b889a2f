/** The official client against /v1: what it asks, streams, and throws. */

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import OpenAI from 'openai'
import { addBase } from '../../domain/models/add-base.ts'
import { operator } from '../../domain/people/actor.ts'
import { runningApp } from '../testing.ts'

const stories = join(process.env['COMMONWEIGHTS_SHARED_DATA'] ?? '../shared/data', '06-weights/stories260K/hf')
const storiesMissing = existsSync(stories) ? false : `${stories} is absent`

const running = await runningApp({ after })
const openai = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: 'anything', maxRetries: 0 })
if (!storiesMissing) await addBase(running.app, operator, { from: { folder: stories }, name: 'stories260k', licence: 'MIT' })

const messages = [{ role: 'user' as const, content: 'Write 5 March 2031 in Welsh.' }]

test('the models are listed, one is found by name, and an unknown one is the client’s NotFoundError', async () => {
  const ids = (await openai.models.list()).data.map((it) => it.id)
  assert.ok(ids.includes('bundled'))
  assert.equal((await openai.models.retrieve('bundled')).object, 'model')
  await assert.rejects(openai.models.retrieve('nobody/nothing'), OpenAI.NotFoundError)
  await assert.rejects(openai.chat.completions.create({ model: 'nothing', messages }), OpenAI.NotFoundError)
})

test('a chat answer is the same whole and streamed, and usage counts its tokens', async () => {
  const request = { model: 'bundled', messages, temperature: 0, max_tokens: 24 }
  const whole = await openai.chat.completions.create(request)
  const text = whole.choices[0]?.message.content ?? ''
  assert.ok(text.length > 0)
  assert.ok(whole.usage && whole.usage.prompt_tokens > 5 && whole.usage.completion_tokens > 0)

  let streamed = ''
  let usage: OpenAI.CompletionUsage | null | undefined
  let reason: string | null = null
  for await (const chunk of await openai.chat.completions.create({ ...request, stream: true, stream_options: { include_usage: true } })) {
    streamed += chunk.choices[0]?.delta.content ?? ''
    reason ??= chunk.choices[0]?.finish_reason ?? null
    usage = chunk.usage
  }
  assert.equal(streamed, text)
  assert.equal(reason, whole.choices[0]?.finish_reason)
  assert.deepEqual(usage, whole.usage)
})

test('log-probabilities come with each token, likeliest alternatives first, and the greedy token is the likeliest', async () => {
  const { choices } = await openai.chat.completions.create({
    model: 'bundled',
    messages,
    temperature: 0,
    max_tokens: 6,
    logprobs: true,
    top_logprobs: 3,
  })
  const content = choices[0]?.logprobs?.content ?? []
  assert.ok(content.length > 0)
  for (const token of content) {
    assert.ok(token.logprob <= 0)
    assert.equal(token.top_logprobs.length, 3)
    assert.equal(token.top_logprobs[0]?.token, token.token)
    assert.ok((token.top_logprobs[0]?.logprob ?? 0) >= (token.top_logprobs[1]?.logprob ?? 0))
  }
})

test('a seed reproduces a sampled answer, and n choices differ from one another', async () => {
  const request = { model: 'bundled', messages, temperature: 1.5, max_tokens: 16, seed: 11, n: 3 }
  const texts = async () => (await openai.chat.completions.create(request)).choices.map((it) => it.message.content)
  const [first, second] = [await texts(), await texts()]
  assert.deepEqual(first, second)
  assert.ok(new Set(first).size > 1)
})

test('a stop string ends an answer before it, and max_tokens says so by its reason', async () => {
  const { choices } = await openai.chat.completions.create({ model: 'bundled', messages, temperature: 0, max_tokens: 24 })
  const text = choices[0]?.message.content ?? ''
  const stop = text.slice(3, 5)
  const stopped = await openai.chat.completions.create({ model: 'bundled', messages, temperature: 0, max_tokens: 24, stop: [stop] })
  assert.equal(stopped.choices[0]?.message.content, text.slice(0, text.indexOf(stop)))
  const cut = await openai.chat.completions.create({ model: 'bundled', messages, temperature: 0, max_tokens: 1 })
  assert.equal(cut.choices[0]?.finish_reason, 'length')
})

test('a prompt that does not fit is a BadRequestError in words, streamed or not', async () => {
  const long = [{ role: 'user' as const, content: 'word '.repeat(20_000) }]
  await assert.rejects(openai.chat.completions.create({ model: 'bundled', messages: long }), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError)
    assert.match(error.message, /tokens/)
    return true
  })
  await assert.rejects(openai.chat.completions.create({ model: 'bundled', messages: long, stream: true }), OpenAI.BadRequestError)
})

test('what is not supported is a BadRequestError that names it', async () => {
  await assert.rejects(openai.chat.completions.create({ model: 'bundled', messages, frequency_penalty: 1 }), /frequency_penalty/)
  await assert.rejects(openai.completions.create({ model: 'bundled', prompt: [[1, 2, 3]] }), /prompt/)
})

test('a revoked or unknown token of ours is an AuthenticationError, any other key is nobody in particular', async () => {
  const stranger = new OpenAI({ baseURL: `${running.url}/v1`, apiKey: `cw_${'x'.repeat(43)}`, maxRetries: 0 })
  await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError)
})

test('leaving a stream early frees the engine for the next request', async () => {
  for (let i = 0; i < 3; i++) {
    const stream = await openai.chat.completions.create({ model: 'bundled', messages, temperature: 1, max_tokens: 400, stream: true })
    for await (const _ of stream) break
    stream.controller.abort()
  }
  assert.ok((await openai.chat.completions.create({ model: 'bundled', messages, max_tokens: 4 })).choices.length)
})

test('twenty requests at once give what one at a time gives', async () => {
  const ask = async (day: number) => {
    const asked = [{ role: 'user' as const, content: `Write ${day} March 2031 in Welsh.` }]
    return (await openai.chat.completions.create({ model: 'bundled', messages: asked, temperature: 0, max_tokens: 20 })).choices[0]?.message
      .content
  }
  const days = Array.from({ length: 20 }, (_, i) => i + 1)
  const together = await Promise.all(days.map(ask))
  const alone = []
  for (const day of days.slice(0, 5)) alone.push(await ask(day))
  assert.deepEqual(together.slice(0, 5), alone)
})

test(
  'the real stories260K checkpoint continues as its authors recorded, through the official client',
  { skip: storiesMissing },
  async () => {
    const golden = JSON.parse(await readFile(join(stories, 'golden_greedy.json'), 'utf8')) as { greedy_text: string }
    const { choices } = await openai.completions.create({
      model: 'stories260k',
      prompt: 'Once upon a time',
      temperature: 0,
      max_tokens: 150,
    })
    const text = `Once upon a time${choices[0]?.text}`
    assert.ok(text.length > 300)
    assert.equal(text, golden.greedy_text.slice(0, text.length))
  },
)

test(
  'echo with log-probabilities gives every token of the prompt its own, at its place in the text',
  { skip: storiesMissing },
  async () => {
    const prompt = 'Once upon a time, there was'
    const { choices } = await openai.completions.create({ model: 'stories260k', prompt, max_tokens: 0, echo: true, logprobs: 2 })
    const { text, logprobs } = choices[0] as OpenAI.CompletionChoice
    assert.equal(text, prompt)
    assert.equal(logprobs?.tokens?.join('').trim(), prompt)
    assert.equal(logprobs?.token_logprobs?.[0], null)
    for (const value of logprobs?.token_logprobs?.slice(1) ?? []) assert.ok(Number.isFinite(value) && value <= 0)
    assert.deepEqual(logprobs?.text_offset?.slice(0, 2), [0, logprobs?.tokens?.[0]?.length])
  },
)
