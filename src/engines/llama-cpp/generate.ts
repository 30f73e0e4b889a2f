/** What a generation and a scoring ask of a lane, token by token. */

import type { Token } from 'node-llama-cpp'
import { AnswerText } from '../answer-text.ts'
import type { Generated, Sampling, TokenLogprob } from '../engine.ts'
import { sampleToken, seededDraws } from '../sampling.ts'
import type { Input, Output, Work } from './lane.ts'
import type { Vocabulary } from './vocabulary.ts'

/**
 * Sampling looks at this many of the likeliest tokens: all of them for small vocabularies. Handing 128,000 logits a token from llama.cpp to
 * JavaScript takes longer than computing them; what lies beyond 4,096 has next to no weight below temperature 1.5.
 */
export const samplingCandidates = 4096

/** Greedy leaves the logits as the model made them; every choice that is not greedy is made here. */
const asModelled = { temperature: 0, topK: 0, topP: 1, minP: 0 } as const

export interface Speaker {
  readonly vocabulary: Vocabulary
  readonly contextLength: number
  isEnd(id: number): boolean
}

/** Generates after `prompt`, handing what is ready to `emit`; the last of it is the end. */
export function generation(speaker: Speaker, prompt: readonly number[], sampling: Sampling, emit: (generated: Generated) => void): Work {
  const { vocabulary } = speaker
  const answer = new AnswerText(sampling.stop)
  const draw = seededDraws(sampling.seed ?? Math.floor(Math.random() * Number.MAX_SAFE_INTEGER))
  const room = Math.min(sampling.maxTokens, speaker.contextLength - prompt.length)
  const greedy = sampling.temperature === 0
  const ask = (id: number): Input => [
    id as Token,
    {
      generateNext: {
        token: greedy,
        totalLogitWeight: sampling.logprobs !== null,
        logits:
          greedy && sampling.logprobs === null
            ? false
            : {
                filter: {
                  tokens: [],
                  includeSelected: greedy,
                  includeTop: greedy ? Math.max(1, sampling.logprobs ?? 0) : Math.max(samplingCandidates, sampling.logprobs ?? 0),
                },
              },
        options: asModelled,
      },
    },
  ]
  let previous = prompt.at(-1)
  let made = 0
  const end = (reason: 'stop' | 'length'): null => {
    const rest = answer.finish()
    if (rest.text !== '' || rest.logprobs.length > 0) emit({ kind: 'text', ...rest })
    emit({ kind: 'end', reason, promptTokens: prompt.length, completionTokens: made })
    return null
  }
  return {
    prompt: [...(prompt.slice(0, -1) as Token[]), ask(prompt.at(-1)!)],
    next([output]) {
      const id = greedy ? output!.token! : sampleToken([...output!.logits!], sampling, draw())
      if (speaker.isEnd(id)) return end('stop')
      made += 1
      const first = previous === undefined || vocabulary.isSpecial(previous)
      previous = id
      const logprob = sampling.logprobs === null ? null : tokenLogprob(vocabulary, output!, id, sampling.logprobs)
      const piece = answer.push(vocabulary.bytesOf(id, first), logprob)
      if (piece.text !== '' || piece.logprobs.length > 0) emit({ kind: 'text', ...piece })
      if (answer.stopped) return end('stop')
      if (made >= room) return end('length')
      return [ask(id)]
    },
  }
}

/** Scores `tokens` from index `from` on, which is at least 1, in one reading. */
export function scoring(
  vocabulary: Vocabulary,
  tokens: readonly number[],
  from: number,
  top: number,
  done: (scored: TokenLogprob[]) => void,
): Work {
  const scored: TokenLogprob[] = []
  return {
    prompt: tokens.slice(0, -1).map((id, i): Input => {
      if (i + 1 < from) return id as Token
      // The likeliest token is asked for by being selected, which spares sorting the vocabulary.
      const filter = { tokens: [tokens[i + 1] as Token], includeSelected: true, includeTop: top }
      return [id as Token, { generateNext: { totalLogitWeight: true, logits: { filter }, options: asModelled } }]
    }),
    next(outputs) {
      outputs.forEach((output, i) => scored.push(tokenLogprob(vocabulary, output, tokens[from + i]!, top)))
      done(scored)
      return null
    },
  }
}

/** Natural logarithm of the softmax of the logits as they came. */
function tokenLogprob(vocabulary: Vocabulary, output: Output, id: number, top: number): TokenLogprob {
  const logits = [...output.logits!].sort((a, b) => b[1] - a[1])
  const base = logits[0]![1] + Math.log(output.totalLogitWeight!)
  const describe = (token: number, logit: number) => ({
    token: vocabulary.nameOf(token),
    bytes: [...vocabulary.bytesOf(token, false)],
    logprob: Math.min(0, logit - base),
  })
  const own = output.logits!.get(id as Token)!
  return { ...describe(id, own), top: logits.slice(0, top).map(([token, logit]) => describe(token, logit)) }
}
