/** /v1: chat, completions, stored answers and models, as OpenAI's clients expect them. A model id is owner/name, owner/name@version, or a base's name. */

import { randomBytes } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { Hono, type Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { Engine, Generated } from '../../engines/engine.ts'
import {
  chatChunk,
  chatCompletion,
  chatUsageChunk,
  modelList,
  parseChatRequest,
  parseCompletionRequest,
  textCompletion,
  type AnswerHead,
  type ChatRequest,
  type CompletionRequest,
  type Usage,
} from '../../formats/openai.ts'
import { AppError } from '../../errors.ts'
import { streamError } from '../errors.ts'
import { collect, echoOf, engineSampling, sumUsage } from './generate.ts'
import { listServed, resolveServed, type Servable } from './servable.ts'
import { keeperOf, storedRoutes, type Keep, type StoringApp } from './stored.ts'

type OpenAiApp = Parameters<typeof resolveServed>[0] & StoringApp & { readonly engine: Engine }

const headOf = (prefix: string, model: string): AnswerHead => ({
  id: `${prefix}-${randomBytes(12).toString('hex')}`,
  created: Math.floor(Date.now() / 1000),
  model,
})

export function openAiRoutes(app: OpenAiApp): Hono {
  return new Hono()
    .get('/models', async (c) => c.json(modelList(await listServed(app))))
    .get('/models/:id{.+}', async (c) => c.json((await resolveServed(app, c.req.param('id'))).model))
    .post('/chat/completions', async (c) => {
      const request = parseChatRequest(await c.req.json())
      const servable = await resolveServed(app, request.model)
      const keep = keeperOf(c, app, servable, request)
      return request.stream
        ? streamChat(c, app, servable, request, keep)
        : c.json(await answerChat(app, servable, request, keep, c.req.raw.signal))
    })
    .route('/', storedRoutes(app))
    .post('/completions', async (c) => {
      const request = parseCompletionRequest(await c.req.json())
      const servable = await resolveServed(app, request.model)
      return request.stream
        ? streamCompletion(c, app, servable, request)
        : c.json(await answerCompletion(app, servable, request, c.req.raw.signal))
    })
}

/** The generations of a chat request, one per choice; all run at once. */
async function chatChoices(app: OpenAiApp, { served }: Servable, request: ChatRequest, signal: AbortSignal) {
  const contextLength = await app.engine.contextLength(served)
  return Array.from({ length: request.choices }, (_, index) =>
    app.engine.chat(served, request.turns, engineSampling(request.sampling, index, contextLength), { signal }),
  )
}

async function answerChat(app: OpenAiApp, servable: Servable, request: ChatRequest, keep: Keep | null, signal: AbortSignal) {
  const running = await chatChoices(app, servable, request, signal)
  const answers = await Promise.all(running.map((pieces) => collect(pieces, request.sampling.logprobs !== null)))
  const [head, usage] = [headOf('chatcmpl', request.model), usageOfChoices(answers.map((it) => it.usage))]
  await keep?.(head.id, answers, usage)
  return chatCompletion(head, answers, usage)
}

/** The prompt is read once, whatever the number of choices. */
const usageOfChoices = (all: readonly Usage[]): Usage => ({ ...sumUsage(all), promptTokens: all[0]?.promptTokens ?? 0 })

async function streamChat(c: Context, app: OpenAiApp, servable: Servable, request: ChatRequest, keep: Keep | null) {
  const gone = new AbortController()
  const leave = () => gone.abort(new AppError('unavailable', 'The client went away.'))
  // From the beginning: who stops before the first word has left as well.
  c.req.raw.signal.addEventListener('abort', leave, { once: true })
  const head = headOf('chatcmpl', request.model)
  const running = await chatChoices(app, servable, request, gone.signal)
  // The first pieces are awaited before the stream begins, so that a prompt that cannot be answered still gets its status.
  const started = await Promise.all(running.map(firstPiece))
  return streamSSE(c, async (stream) => {
    stream.onAbort(leave)
    const send = (data: unknown) => stream.writeSSE({ data: JSON.stringify(data) })
    const chunk = (index: number, delta: Parameters<typeof chatChunk>[2]) => send(chatChunk(head, index, delta, request.includeUsage))
    try {
      const ends = await Promise.all(
        started.map(async (pieces, index) => {
          let text = ''
          await chunk(index, { kind: 'start' })
          for await (const piece of pieces) {
            if (piece.kind === 'end') {
              await chunk(index, { kind: 'finish', reason: piece.reason })
              return { ...piece, text }
            }
            text += piece.text
            await chunk(index, { kind: 'text', text: piece.text, logprobs: request.sampling.logprobs === null ? null : piece.logprobs })
          }
          throw new Error('the engine ended an answer without finishing it')
        }),
      )
      // A short answer may be whole before anybody has looked whether its reader is still there.
      await setImmediate()
      gone.signal.throwIfAborted()
      // Before the end is said: whoever has seen it can ask for the answer again.
      await keep?.(head.id, ends, usageOfChoices(ends))
      if (request.includeUsage) await send(chatUsageChunk(head, usageOfChoices(ends)))
      await stream.writeSSE({ data: '[DONE]' })
    } catch (error) {
      if (!gone.signal.aborted) await send(streamError(error))
    } finally {
      gone.abort(new Error('the stream is over'))
    }
  })
}

async function firstPiece(pieces: AsyncIterable<Generated>): Promise<AsyncIterable<Generated>> {
  const iterator = pieces[Symbol.asyncIterator]()
  const first = await iterator.next()
  return (async function* () {
    if (first.done) return
    yield first.value
    yield* { [Symbol.asyncIterator]: () => iterator }
  })()
}

interface Piece {
  readonly index: number
  readonly prompt: string
  readonly choice: number
}

/** OpenAI numbers the choices prompt by prompt. */
const piecesOf = (request: CompletionRequest): Piece[] =>
  request.prompts.flatMap((prompt, p) =>
    Array.from({ length: request.choices }, (_, choice) => ({ index: p * request.choices + choice, prompt, choice })),
  )

async function completePiece(
  app: OpenAiApp,
  { served }: Servable,
  request: CompletionRequest,
  piece: Piece,
  contextLength: number,
  signal: AbortSignal,
) {
  const { logprobs } = request.sampling
  const wantsEchoScores = request.echo && logprobs !== null
  const echo = wantsEchoScores ? await echoOf(app.engine, served, piece.prompt, logprobs, signal) : []
  if (request.sampling.maxTokens === 0) {
    // Nothing to generate: the old way of asking for a prompt's own log-probabilities.
    const promptTokens = echo.length
    return {
      text: '',
      reason: 'length' as const,
      logprobs: logprobs === null ? null : [],
      echo,
      usage: { promptTokens, completionTokens: 0 },
    }
  }
  const sampling = engineSampling(request.sampling, piece.choice, contextLength)
  return { ...(await collect(app.engine.complete(served, piece.prompt, sampling, { signal }), logprobs !== null)), echo }
}

async function answerCompletion(app: OpenAiApp, servable: Servable, request: CompletionRequest, signal: AbortSignal) {
  const contextLength = await app.engine.contextLength(servable.served)
  const answers = await Promise.all(piecesOf(request).map((piece) => completePiece(app, servable, request, piece, contextLength, signal)))
  const choices = answers.map((answer, index) => ({
    index,
    text: request.echo ? (request.prompts[Math.floor(index / request.choices)] as string) + answer.text : answer.text,
    reason: answer.reason,
    logprobs: answer.logprobs && [...answer.echo, ...answer.logprobs],
    offset: 0,
  }))
  return textCompletion(headOf('cmpl', request.model), choices, sumUsage(answers.map((it) => it.usage)))
}

async function streamCompletion(c: Context, app: OpenAiApp, servable: Servable, request: CompletionRequest) {
  const gone = new AbortController()
  const head = headOf('cmpl', request.model)
  const contextLength = await app.engine.contextLength(servable.served)
  const wanted = piecesOf(request)
  const started = await Promise.all(
    wanted.map(({ prompt, choice }) =>
      firstPiece(
        app.engine.complete(servable.served, prompt, engineSampling(request.sampling, choice, contextLength), { signal: gone.signal }),
      ),
    ),
  )
  return streamSSE(c, async (stream) => {
    stream.onAbort(() => gone.abort(new Error('the client went away')))
    const send = (data: unknown) => stream.writeSSE({ data: JSON.stringify(data) })
    const wantsLogprobs = request.sampling.logprobs !== null
    try {
      const usages = await Promise.all(
        started.map(async (pieces, at) => {
          const { index, prompt } = wanted[at] as Piece
          let offset = 0
          if (request.echo) {
            await send(textCompletion(head, [{ index, text: prompt, reason: null, logprobs: null, offset }], null))
            offset = prompt.length
          }
          for await (const piece of pieces) {
            if (piece.kind === 'end') {
              await send(textCompletion(head, [{ index, text: '', reason: piece.reason, logprobs: null, offset }], null))
              return piece
            }
            await send(
              textCompletion(
                head,
                [{ index, text: piece.text, reason: null, logprobs: wantsLogprobs ? piece.logprobs : null, offset }],
                null,
              ),
            )
            offset += piece.text.length
          }
          throw new Error('the engine ended an answer without finishing it')
        }),
      )
      if (request.includeUsage) await send(textCompletion(head, [], sumUsage(usages)))
      await stream.writeSSE({ data: '[DONE]' })
    } catch (error) {
      if (!gone.signal.aborted) await send(streamError(error))
    } finally {
      gone.abort(new Error('the stream is over'))
    }
  })
}
