/** One answer from the engine, whole or in pieces, in the terms of the OpenAI API. */

import type { Engine, Generated, Sampling, ServedModel, TokenLogprob } from '../../engines/engine.ts'
import { AppError } from '../../errors.ts'
import type { FinishReason, ParsedSampling, Usage } from '../../formats/openai.ts'

export interface Answer {
  readonly text: string
  readonly reason: FinishReason
  readonly logprobs: readonly TokenLogprob[] | null
  readonly usage: Usage
}

/** Several choices with one seed would all be the same: each gets its own, in order. */
export function engineSampling(sampling: ParsedSampling, choice: number, contextLength: number): Sampling {
  return {
    ...sampling,
    maxTokens: sampling.maxTokens ?? contextLength,
    seed: sampling.seed === null ? null : sampling.seed + choice,
  }
}

export async function collect(pieces: AsyncIterable<Generated>, wantsLogprobs: boolean): Promise<Answer> {
  let text = ''
  const logprobs: TokenLogprob[] = []
  for await (const piece of pieces) {
    if (piece.kind === 'end') {
      const { reason, promptTokens, completionTokens } = piece
      return { text, reason, logprobs: wantsLogprobs ? logprobs : null, usage: { promptTokens, completionTokens } }
    }
    text += piece.text
    logprobs.push(...piece.logprobs)
  }
  throw new AppError('unavailable', 'The engine ended an answer without finishing it; ask again.')
}

/** The prompt's own tokens with their log-probabilities, for `echo`. The first one follows nothing that was asked about. */
export async function echoOf(engine: Engine, model: ServedModel, prompt: string, top: number, signal: AbortSignal) {
  const { tokens } = await engine.score(model, { context: '', continuation: prompt, top }, { signal })
  return tokens.map((token, index) => (index === 0 ? { ...token, first: true } : token))
}

export const sumUsage = (all: readonly Usage[]): Usage => ({
  promptTokens: all.reduce((sum, it) => sum + it.promptTokens, 0),
  completionTokens: all.reduce((sum, it) => sum + it.completionTokens, 0),
})
