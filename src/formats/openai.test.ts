import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FormatError } from './format-error.ts'
import { parseChatRequest, parseCompletionRequest } from './openai.ts'

const chat = (more: object = {}) => parseChatRequest({ model: 'a/b', messages: [{ role: 'user', content: 'Hi' }], ...more })

test('a chat request takes OpenAI’s defaults: temperature 1, top_p 1, one choice, no end but the context', () => {
  assert.deepEqual(chat().sampling, { temperature: 1, topP: 1, seed: null, maxTokens: null, stop: [], logprobs: null })
  assert.equal(chat().choices, 1)
})

test('max_completion_tokens wins over the older max_tokens; developer turns are system turns; text parts are joined', () => {
  const request = chat({
    max_tokens: 5,
    max_completion_tokens: 7,
    messages: [
      { role: 'developer', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
    ],
  })
  assert.equal(request.sampling.maxTokens, 7)
  assert.deepEqual(request.turns, [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'ab' },
  ])
})

test('what we do not do is refused by name, never ignored', () => {
  for (const [field, value] of Object.entries({
    tools: [{ type: 'function' }],
    frequency_penalty: 1,
    logit_bias: { 5: 100 },
    response_format: { type: 'json_object' },
  }))
    assert.throws(() => chat({ [field]: value }), new RegExp(field), field)
  assert.throws(() => parseCompletionRequest({ model: 'a/b', prompt: [[1, 2]] }), /prompt/)
  assert.throws(() => parseCompletionRequest({ model: 'a/b', prompt: 'x', best_of: 3 }), /best_of/)
})

test('a completion request asks for 16 tokens unless it says otherwise, 0 included', () => {
  assert.equal(parseCompletionRequest({ model: 'm', prompt: 'x' }).sampling.maxTokens, 16)
  assert.equal(parseCompletionRequest({ model: 'm', prompt: 'x', max_tokens: 0, echo: true, logprobs: 1 }).sampling.maxTokens, 0)
  assert.throws(() => parseCompletionRequest({ model: 'm', prompt: 'x', max_tokens: 0, stream: true }), /stream/)
})

test('any JSON at all is either a request or a FormatError', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      for (const parse of [parseChatRequest, parseCompletionRequest]) {
        try {
          parse(json)
        } catch (error) {
          assert.ok(error instanceof FormatError, String(error))
        }
      }
    }),
  )
})
