/** Contract: an engine answers with a base model and, on request, an adapter over it. Every implementation runs engine.conformance.ts. */

import type { Digest } from '../storage/blobs.ts'

/** What is served: GGUF artefacts by digest. Two subjects with the same base share its memory. */
export interface ServedModel {
  readonly base: Digest
  /** A GGUF LoRA adapter over `base`, or null for the base alone. */
  readonly adapter: Digest | null
}

export interface Turn {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

export interface Sampling {
  /** 0 is greedy. */
  readonly temperature: number
  readonly topP: number
  readonly seed: number | null
  readonly maxTokens: number
  /** The answer ends before any of these. */
  readonly stop: readonly string[]
  /** How many most likely alternatives to report with each token; null for no log-probabilities at all. */
  readonly logprobs: number | null
}

export interface TokenLogprob {
  readonly token: string
  /** The token's own bytes: a token may be part of a character. */
  readonly bytes: readonly number[]
  /** Natural logarithm. */
  readonly logprob: number
  readonly top: readonly { readonly token: string; readonly bytes: readonly number[]; readonly logprob: number }[]
}

export type Generated =
  /** Text that is safe to show: whole characters, nothing that could still become a stop string. */
  | { readonly kind: 'text'; readonly text: string; readonly logprobs: readonly TokenLogprob[] }
  | { readonly kind: 'end'; readonly reason: 'stop' | 'length'; readonly promptTokens: number; readonly completionTokens: number }

export interface Scored {
  /** One entry per token of the continuation, in order. */
  readonly tokens: readonly TokenLogprob[]
}

export interface Engine {
  /** Continues raw text; the text is tokenised as it stands, with the model's begin token in front where its tokenizer asks for one. */
  complete(model: ServedModel, prompt: string, sampling: Sampling, options?: { signal?: AbortSignal }): AsyncIterable<Generated>
  /** Answers a conversation, rendered with the model's own chat template. */
  chat(model: ServedModel, turns: readonly Turn[], sampling: Sampling, options?: { signal?: AbortSignal }): AsyncIterable<Generated>
  /**
   * Log-probability of `continuation` after `context`, token by token. The two are tokenised together and split at the boundary, so that the
   * tokens are the ones the model would see. An empty context scores the whole text after the begin token.
   */
  score(
    model: ServedModel,
    request: { readonly context: string; readonly continuation: string; readonly top?: number },
    options?: { signal?: AbortSignal },
  ): Promise<Scored>
  /** The text a conversation becomes before it is tokenised, ending where the assistant would go on. */
  render(model: ServedModel, turns: readonly Turn[]): Promise<string>
  /** Longest prompt plus answer, tokens. */
  contextLength(model: ServedModel): Promise<number>
  /** What is in memory now, for operators. */
  loaded(): readonly { readonly base: Digest; readonly bytes: number; readonly busy: boolean }[]
  close(): Promise<void>
}
