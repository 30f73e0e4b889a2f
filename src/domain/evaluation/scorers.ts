/**
 * One scorer per kind of suite: asks the engine about one sample and says what it gave.
 *
 * text: log-likelihood of the whole text, which becomes bits per byte of UTF-8, comparable across tokenizers.
 * exact: the greedy answer equals the expected one, both in NFC and without surrounding white space.
 * rule: the greedy answer keeps every rule of the sample.
 * choice: the choice with the highest summed log-likelihood wins; the pick per byte is kept beside it.
 */

import type { Engine, Sampling, ServedModel } from '../../engines/engine.ts'
import { answerRuleLimits, brokenRule } from '../models/answer-rules.ts'
import type { ChoiceSample, ExactSample, RuleSample, SampleInput, SuiteSample, TextSample } from '../models/suite.ts'
import { metricOf, type Metric, type SampleResult, type SuiteKind } from './evaluation.ts'
import { ratioInterval, wilson, type Interval, type PairedSample } from './statistics.ts'

/** What a scorer may ask of an engine. */
export type ScoringEngine = Pick<Engine, 'score' | 'chat' | 'complete' | 'render'>

interface Options {
  readonly signal: AbortSignal
}

/** Asks about one sample. */
export async function scoreSample(
  engine: ScoringEngine,
  model: ServedModel,
  sample: SuiteSample,
  index: number,
  options: Options,
): Promise<SampleResult> {
  switch (sample.kind) {
    case 'text':
      return scoreText(engine, model, sample, index, options)
    case 'exact':
      return scoreExact(engine, model, sample, index, options)
    case 'choice':
      return scoreChoice(engine, model, sample, index, options)
    case 'rule':
      return scoreRule(engine, model, sample, index, options)
    default:
      return sample satisfies never
  }
}

async function scoreText(
  engine: ScoringEngine,
  model: ServedModel,
  sample: TextSample,
  index: number,
  options: Options,
): Promise<SampleResult> {
  const { tokens } = await engine.score(model, { context: '', continuation: sample.text }, options)
  return { index, kind: 'text', nats: -total(tokens), bytes: Buffer.byteLength(sample.text), tokens: tokens.length }
}

async function scoreExact(
  engine: ScoringEngine,
  model: ServedModel,
  sample: ExactSample,
  index: number,
  options: Options,
): Promise<SampleResult> {
  const answer = await greedyAnswer(engine, model, sample, mostTokensOf(sample.expected), options)
  return { index, kind: 'exact', answer, right: sameAnswer(answer, sample.expected) }
}

async function scoreRule(
  engine: ScoringEngine,
  model: ServedModel,
  sample: RuleSample,
  index: number,
  options: Options,
): Promise<SampleResult> {
  const { exactly } = sample.expect
  const most = exactly === undefined ? answerRuleLimits.tokens : mostTokensOf(exactly)
  const answer = await greedyAnswer(engine, model, sample, most, options)
  return { index, kind: 'rule', answer, right: brokenRule(sample.expect, answer) === null }
}

/** A token is at least a byte: an answer still going on after this many cannot be the expected one. */
const mostTokensOf = (expected: string) => Buffer.byteLength(expected) + 8

async function greedyAnswer(
  engine: ScoringEngine,
  model: ServedModel,
  sample: SampleInput,
  maxTokens: number,
  options: Options,
): Promise<string> {
  const sampling: Sampling = { temperature: 0, topP: 1, seed: null, maxTokens, stop: [], logprobs: null }
  const stream =
    'messages' in sample ? engine.chat(model, sample.messages, sampling, options) : engine.complete(model, sample.prompt, sampling, options)
  let answer = ''
  for await (const part of stream) if (part.kind === 'text') answer += part.text
  return answer
}

async function scoreChoice(
  engine: ScoringEngine,
  model: ServedModel,
  sample: ChoiceSample,
  index: number,
  options: Options,
): Promise<SampleResult> {
  const context = await contextOf(engine, model, sample)
  const nats: number[] = []
  for (const continuation of sample.choices) nats.push(-total((await engine.score(model, { context, continuation }, options)).tokens))
  const perByte = nats.map((value, choice) => value / Math.max(1, Buffer.byteLength(sample.choices[choice]!)))
  const picked = smallest(nats)
  return { index, kind: 'choice', nats, picked, right: picked === sample.answer, pickedPerByte: smallest(perByte) }
}

function contextOf(engine: ScoringEngine, model: ServedModel, sample: SampleInput): Promise<string> {
  return 'messages' in sample ? engine.render(model, sample.messages) : Promise.resolve(sample.prompt)
}

/** Equal in NFC and without surrounding white space. */
export function sameAnswer(answer: string, expected: string): boolean {
  const [said, wanted] = [answer, expected].map((text) => text.normalize('NFC').trim())
  return said === wanted
}

function total(tokens: readonly { readonly logprob: number }[]): number {
  return tokens.reduce((sum, token) => sum + token.logprob, 0)
}

function smallest(values: readonly number[]): number {
  return values.reduce((best, value, index) => (value < values[best]! ? index : best), 0)
}

/** A sample's share of the score: Σ value / Σ weight over all samples. */
function valueOf(result: SampleResult): readonly [value: number, weight: number] {
  return result.kind === 'text' ? [result.nats / Math.LN2, result.bytes] : [result.right ? 1 : 0, 1]
}

export interface Score {
  readonly metric: Metric
  readonly score: number
  /** 95 %: Wilson's for shares, bootstrap over samples for bits per byte. */
  readonly interval: Interval
}

export function scoreOf(kind: SuiteKind, results: readonly SampleResult[]): Score {
  const values = results.map(valueOf)
  const value = values.reduce((sum, [one]) => sum + one, 0)
  const weight = values.reduce((sum, [, one]) => sum + one, 0)
  return { metric: metricOf[kind], score: value / weight, interval: kind === 'text' ? ratioInterval(values) : wilson(value, weight) }
}

/** The samples of two subjects side by side. Both hold every sample of the suite once, in any order. */
export function pairSamples(subject: readonly SampleResult[], baseline: readonly SampleResult[]): PairedSample[] {
  const byIndex = new Map(baseline.map((result) => [result.index, valueOf(result)]))
  return subject.map((result) => {
    const [value, weight] = valueOf(result)
    const other = byIndex.get(result.index)
    if (!other || byIndex.size !== subject.length) throw new TypeError(`Sample ${result.index} is missing on one side of a comparison.`)
    return { subject: value, baseline: other[0], weight }
  })
}
