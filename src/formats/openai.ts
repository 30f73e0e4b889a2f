/**
 * The OpenAI API's shapes: requests parsed into ours, answers written from ours. Source: platform.openai.com/docs/api-reference, and the
 * official clients. Anything the API knows and we do not do is refused by name, never ignored.
 */

import { z } from 'zod'
import { FormatError } from './format-error.ts'

/** Turns of one request; enough for any real conversation, few enough that rendering stays trivial. */
const MAX_TURNS = 1_000
/** Alternative answers to one request: each costs a whole generation. */
const MAX_CHOICES = 8
/** Prompts in one completion request; each becomes generations of its own. */
const MAX_PROMPTS = 64
/** OpenAI's own limit on stop strings. */
const MAX_STOPS = 4
/** OpenAI's own limits on alternatives per token: 20 for chat, 5 for completions. */
const MAX_TOP_LOGPROBS = 20
const MAX_COMPLETION_LOGPROBS = 5
/** OpenAI's own limits on metadata: pairs, characters of a key and of a value. */
const METADATA = { pairs: 16, key: 64, value: 512 } as const

export interface ParsedSampling {
  readonly temperature: number
  readonly topP: number
  readonly seed: number | null
  /** null: whatever the context still holds. */
  readonly maxTokens: number | null
  readonly stop: readonly string[]
  readonly logprobs: number | null
}

export interface ChatRequest {
  readonly model: string
  readonly turns: readonly { readonly role: 'system' | 'user' | 'assistant'; readonly content: string }[]
  readonly sampling: ParsedSampling
  readonly choices: number
  readonly stream: boolean
  readonly includeUsage: boolean
  /** Whether the answer is to be kept for whoever asks. */
  readonly store: boolean
  /** What is to be kept with it. */
  readonly metadata: Readonly<Record<string, string>>
}

export interface CompletionRequest {
  readonly model: string
  readonly prompts: readonly string[]
  readonly sampling: ParsedSampling
  readonly choices: number
  readonly echo: boolean
  readonly stream: boolean
  readonly includeUsage: boolean
}

export interface ApiLogprob {
  readonly token: string
  readonly bytes: readonly number[]
  readonly logprob: number
  readonly top: readonly { readonly token: string; readonly bytes: readonly number[]; readonly logprob: number }[]
}

export interface Usage {
  readonly promptTokens: number
  readonly completionTokens: number
}

export type FinishReason = 'stop' | 'length'

const textPart = z.object({ type: z.literal('text'), text: z.string() })
const content = z.union([z.string(), z.array(textPart).transform((parts) => parts.map((part) => part.text).join(''))])

const stop = z
  .union([z.string(), z.array(z.string()).max(MAX_STOPS, `stop takes at most ${MAX_STOPS} strings`)])
  .nullish()
  .transform((value) => (value == null ? [] : [value].flat().filter((text) => text !== '')))

const shared = {
  model: z.string().min(1).max(300),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  seed: z.int().nullish(),
  stop,
  n: z.int().min(1).max(MAX_CHOICES).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  frequency_penalty: z.literal(0, 'frequency_penalty is not supported; leave it out').nullish(),
  presence_penalty: z.literal(0, 'presence_penalty is not supported; leave it out').nullish(),
  logit_bias: z.record(z.string(), z.never(), 'logit_bias is not supported; leave it out').nullish(),
  user: z.string().max(1_000).nullish(),
}

const turn = z.object({
  role: z
    .enum(['system', 'developer', 'user', 'assistant'], 'role must be system, developer, user or assistant; tools are not supported')
    .transform((role) => (role === 'developer' ? 'system' : role)),
  content,
})

const chatRequest = z.object({
  ...shared,
  messages: z.array(turn).min(1, 'messages must not be empty').max(MAX_TURNS),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(MAX_TOP_LOGPROBS).nullish(),
  tools: z.array(z.never(), 'tools are not supported; leave them out').nullish(),
  functions: z.array(z.never(), 'functions are not supported; leave them out').nullish(),
  response_format: z.looseObject({ type: z.literal('text', 'only response_format text is supported') }).nullish(),
  store: z.boolean().nullish(),
  metadata: z
    .record(z.string().max(METADATA.key), z.string().max(METADATA.value))
    .refine((pairs) => Object.keys(pairs).length <= METADATA.pairs, `metadata has at most ${METADATA.pairs} pairs`)
    .nullish(),
})

const completionRequest = z.object({
  ...shared,
  prompt: z.union(
    [z.string(), z.array(z.string()).min(1).max(MAX_PROMPTS)],
    'prompt must be a string or a list of strings; token ids are not supported',
  ),
  max_tokens: z.int().min(0).nullish(),
  logprobs: z.int().min(0).max(MAX_COMPLETION_LOGPROBS).nullish(),
  echo: z.boolean().nullish(),
  suffix: z.null('suffix is not supported; leave it out').optional(),
  best_of: z.literal(1, 'best_of is not supported; leave it out').nullish(),
})

function parse<T>(schema: z.ZodType<T>, json: unknown): T {
  const result = schema.safeParse(json)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const place = issue?.path.join('.') ?? ''
  throw new FormatError(`${place === '' ? 'The request' : place}: ${issue?.message ?? 'is not what the API expects'}`)
}

function samplingOf(
  request: { temperature?: number | null | undefined; top_p?: number | null | undefined; seed?: number | null | undefined; stop: string[] },
  maxTokens: number | null,
  logprobs: number | null,
): ParsedSampling {
  return {
    temperature: request.temperature ?? 1,
    topP: request.top_p ?? 1,
    seed: request.seed ?? null,
    maxTokens,
    stop: request.stop,
    logprobs,
  }
}

/** Throws FormatError naming the field and the fact. */
export function parseChatRequest(json: unknown): ChatRequest {
  const request = parse(chatRequest, json)
  const logprobs = request.logprobs === true ? (request.top_logprobs ?? 0) : null
  return {
    model: request.model,
    turns: request.messages,
    sampling: samplingOf(request, request.max_completion_tokens ?? request.max_tokens ?? null, logprobs),
    choices: request.n ?? 1,
    stream: request.stream ?? false,
    includeUsage: request.stream_options?.include_usage ?? false,
    store: request.store ?? false,
    metadata: request.metadata ?? {},
  }
}

/** Throws FormatError naming the field and the fact. `max_tokens` defaults to 16, as OpenAI's does. */
export function parseCompletionRequest(json: unknown): CompletionRequest {
  const request = parse(completionRequest, json)
  if (request.stream && request.max_tokens === 0) throw new FormatError('max_tokens: 0 leaves nothing to stream; leave stream out')
  if (request.stream && request.echo && request.logprobs != null)
    throw new FormatError('echo: with logprobs it cannot be streamed; leave stream out')
  return {
    model: request.model,
    prompts: [request.prompt].flat(),
    sampling: samplingOf(request, request.max_tokens ?? 16, request.logprobs ?? null),
    choices: request.n ?? 1,
    echo: request.echo ?? false,
    stream: request.stream ?? false,
    includeUsage: request.stream_options?.include_usage ?? false,
  }
}

/** The body of a streamed chat request, for those who ask. */
export function chatRequestBody(request: {
  readonly model: string
  readonly turns: ChatRequest['turns']
  readonly maxTokens: number
  readonly temperature: number
  readonly topP?: number | undefined
  readonly seed?: number | undefined
  readonly store?: boolean | undefined
}) {
  const { model, turns, maxTokens, temperature, topP, seed, store } = request
  return { model, messages: turns, stream: true, max_tokens: maxTokens, temperature, top_p: topP, seed, store }
}

const usageOf = ({ promptTokens, completionTokens }: Usage) => ({
  prompt_tokens: promptTokens,
  completion_tokens: completionTokens,
  total_tokens: promptTokens + completionTokens,
})

const chatLogprobs = (tokens: readonly ApiLogprob[] | null) =>
  tokens && { content: tokens.map(({ top, ...token }) => ({ ...token, top_logprobs: top })), refusal: null }

/** The legacy arrays of /v1/completions; `offset` is where the first token starts in the text. A token that nothing precedes has no log-probability. */
function completionLogprobs(tokens: readonly (ApiLogprob & { readonly first?: boolean })[] | null, offset: number) {
  if (tokens === null) return null
  const offsets: number[] = []
  let at = offset
  for (const { token } of tokens) {
    offsets.push(at)
    at += token.length
  }
  return {
    tokens: tokens.map(({ token }) => token),
    token_logprobs: tokens.map(({ logprob, first }) => (first ? null : logprob)),
    top_logprobs: tokens.map(({ top, first }) => (first ? null : Object.fromEntries(top.map((it) => [it.token, it.logprob])))),
    text_offset: offsets,
  }
}

export interface AnswerHead {
  readonly id: string
  /** Unix seconds. */
  readonly created: number
  readonly model: string
}

export function chatCompletion(
  head: AnswerHead,
  choices: readonly { readonly text: string; readonly reason: FinishReason; readonly logprobs: readonly ApiLogprob[] | null }[],
  usage: Usage,
) {
  return {
    ...head,
    object: 'chat.completion' as const,
    choices: choices.map(({ text, reason, logprobs }, index) => ({
      index,
      message: { role: 'assistant' as const, content: text, refusal: null },
      finish_reason: reason,
      logprobs: chatLogprobs(logprobs),
    })),
    usage: usageOf(usage),
  }
}

/** A stored completion as it is read again: without log-probabilities, with what was kept beside it. */
export function storedCompletion(
  head: AnswerHead,
  choices: readonly { readonly text: string; readonly reason: FinishReason }[],
  usage: Usage,
  metadata: Readonly<Record<string, string>>,
) {
  const plain = choices.map((choice) => ({ ...choice, logprobs: null }))
  return { ...chatCompletion(head, plain, usage), metadata }
}

/** The conversation that a stored completion answers. */
export function storedMessages(id: string, turns: ChatRequest['turns']) {
  return listOf(turns.map(({ role, content }, index) => ({ id: `${id}-${index}`, role, content, name: null, content_parts: null })))
}

export function deletedCompletion(id: string) {
  return { object: 'chat.completion.deleted' as const, id, deleted: true }
}

/** A page of a list, as OpenAI's clients go through them. */
export function listOf<Item extends { readonly id: string }>(data: readonly Item[], more = false) {
  return { object: 'list' as const, data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more: more }
}

export type ChatDelta =
  | { readonly kind: 'start' }
  | { readonly kind: 'text'; readonly text: string; readonly logprobs: readonly ApiLogprob[] | null }
  | { readonly kind: 'finish'; readonly reason: FinishReason }

/** One `chat.completion.chunk`; with `includeUsage` every chunk carries `usage: null` and `chatUsageChunk` ends the stream. */
export function chatChunk(head: AnswerHead, index: number, delta: ChatDelta, includeUsage: boolean) {
  const content =
    delta.kind === 'start' ? { role: 'assistant' as const, content: '' } : delta.kind === 'text' ? { content: delta.text } : {}
  return {
    ...head,
    object: 'chat.completion.chunk' as const,
    choices: [
      {
        index,
        delta: content,
        finish_reason: delta.kind === 'finish' ? delta.reason : null,
        logprobs: delta.kind === 'text' ? chatLogprobs(delta.logprobs) : null,
      },
    ],
    ...(includeUsage && { usage: null }),
  }
}

export function chatUsageChunk(head: AnswerHead, usage: Usage) {
  return { ...head, object: 'chat.completion.chunk' as const, choices: [], usage: usageOf(usage) }
}

export interface CompletionChoice {
  readonly text: string
  readonly reason: FinishReason | null
  readonly logprobs: readonly (ApiLogprob & { readonly first?: boolean })[] | null
  /** Characters of the choice's text that came before this piece. */
  readonly offset: number
}

export function textCompletion(head: AnswerHead, choices: readonly (CompletionChoice & { readonly index: number })[], usage: Usage | null) {
  return {
    ...head,
    object: 'text_completion' as const,
    choices: choices.map(({ index, text, reason, logprobs, offset }) => ({
      index,
      text,
      finish_reason: reason,
      logprobs: completionLogprobs(logprobs, offset),
    })),
    ...(usage && { usage: usageOf(usage) }),
  }
}

export function modelObject(id: string, created: number, ownedBy: string, extra: Record<`x_${string}`, unknown> = {}) {
  return { id, object: 'model' as const, created, owned_by: ownedBy, ...extra }
}

export function modelList(models: readonly ReturnType<typeof modelObject>[]) {
  return { object: 'list' as const, data: models }
}

export function errorBody(message: string, type: string, code: string | null, param: string | null = null) {
  return { error: { message, type, param, code } }
}
