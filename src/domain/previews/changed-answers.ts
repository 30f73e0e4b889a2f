/** Which answers of a suite change against the release, and whether the same recipe without the proposal changes them too. Pure. */

import type { SampleResult } from '../evaluation/evaluation.ts'
import { sameAnswer } from '../evaluation/scorers.ts'
import { questionOf } from '../models/suite-samples.ts'
import type { SuiteSample } from '../models/suite.ts'

/** What a model gave for one sample. */
export type Given =
  { readonly kind: 'answer'; readonly text: string; readonly right: boolean } | { readonly kind: 'text'; readonly bitsPerByte: number }

export interface ChangedAnswer {
  /** The sample's line in the suite, from 0. */
  readonly index: number
  readonly asked: string
  /** What is known to be right; null for texts, which are not answered. */
  readonly expected: string | null
  /** The release, or the base where there is none. */
  readonly before: Given
  /** With the proposal. */
  readonly after: Given
  /** The same recipe without it; null while that is not known. */
  readonly control: Given | null
  /** other: from one wrong answer to another. */
  readonly change: 'better' | 'worse' | 'other'
  /**
   * proposal: the control does not make this change (it keeps the release's answer, or gives a third one; of a text, it moves less than half as far).
   * steps: the control makes it too. null: not known without a control.
   */
  readonly cause: 'proposal' | 'steps' | null
}

export interface ChangeCounts {
  readonly better: number
  readonly worse: number
  readonly other: number
}

export interface ChangedAnswers {
  readonly proposal: ChangeCounts
  readonly steps: ChangeCounts
  readonly unknown: ChangeCounts
  /** Answers the control changes and the proposal keeps as the release has them. */
  readonly kept: number
  /** What the proposal makes worse first, then better; of texts the largest changes first. Cut at `shown`. */
  readonly list: readonly ChangedAnswer[]
}

/** Changes listed; all are counted. */
export const shown = 100
/** Characters of a question or a text that are listed. */
const excerpt = 400
/** A text has changed when its bits per byte moved by this share of what the release gave: more training moves every text a little. */
const noticeable = 0.02

export interface SuiteResults {
  readonly before: readonly SampleResult[]
  readonly after: readonly SampleResult[]
  readonly control: readonly SampleResult[] | null
}

/** @param samples of the suite, in order */
export function changedAnswers(samples: readonly SuiteSample[], results: SuiteResults): ChangedAnswers {
  const [before, after, control] = [results.before, results.after, results.control].map((side) => byIndex(side ?? []))
  const changed: ChangedAnswer[] = []
  let kept = 0
  for (const [index, sample] of samples.entries()) {
    const [was, is] = [given(sample, before!.get(index)), given(sample, after!.get(index))]
    const without = results.control === null ? null : given(sample, control!.get(index))
    if (same(was, is)) {
      if (without !== null && !same(was, without)) kept++
      continue
    }
    const change = changeOf(was, is)
    const cause = without === null ? null : alsoMade(was, is, without) ? 'steps' : 'proposal'
    const expected = expectedOf(sample)
    changed.push({ index, asked: cut(questionOf(sample)), expected, before: was, after: is, control: without, change, cause })
  }
  const counts = (cause: ChangedAnswer['cause']): ChangeCounts => {
    const of = (change: ChangedAnswer['change']) => changed.filter((one) => one.cause === cause && one.change === change).length
    return { better: of('better'), worse: of('worse'), other: of('other') }
  }
  const list = changed.sort((a, b) => rank(a) - rank(b) || size(b) - size(a) || a.index - b.index).slice(0, shown)
  return { proposal: counts('proposal'), steps: counts('steps'), unknown: counts(null), kept, list }
}

/** What was given to a sample, changed or not. */
export type GivenAnswer = Pick<ChangedAnswer, 'index' | 'asked' | 'expected' | 'before' | 'after' | 'control'>

/** Every answer, in the order of the suite; cut at `shown`. */
export function givenAnswers(samples: readonly SuiteSample[], results: SuiteResults): readonly GivenAnswer[] {
  const [before, after, control] = [results.before, results.after, results.control].map((side) => byIndex(side ?? []))
  return samples.slice(0, shown).map((sample, index) => ({
    index,
    asked: cut(questionOf(sample)),
    expected: expectedOf(sample),
    before: given(sample, before!.get(index)),
    after: given(sample, after!.get(index)),
    control: results.control === null ? null : given(sample, control!.get(index)),
  }))
}

const expectedOf = (sample: SuiteSample): string | null =>
  sample.kind === 'exact' ? sample.expected : sample.kind === 'choice' ? sample.choices[sample.answer]! : null

function byIndex(results: readonly SampleResult[]): ReadonlyMap<number, SampleResult> {
  return new Map(results.map((result) => [result.index, result]))
}

function given(sample: SuiteSample, result: SampleResult | undefined): Given {
  if (result?.kind !== sample.kind) throw new TypeError('An evaluation lacks a sample of its suite.')
  switch (result.kind) {
    case 'text':
      return { kind: 'text', bitsPerByte: result.nats / Math.LN2 / result.bytes }
    case 'exact':
    case 'rule':
      return { kind: 'answer', text: result.answer, right: result.right }
    case 'choice':
      return { kind: 'answer', text: sample.kind === 'choice' ? sample.choices[result.picked]! : '', right: result.right }
  }
}

function same(was: Given, is: Given): boolean {
  if (was.kind === 'text' && is.kind === 'text') return Math.abs(is.bitsPerByte - was.bitsPerByte) < noticeable * was.bitsPerByte
  return was.kind === 'answer' && is.kind === 'answer' && sameAnswer(was.text, is.text)
}

function changeOf(was: Given, is: Given): ChangedAnswer['change'] {
  if (was.kind === 'text' && is.kind === 'text') return is.bitsPerByte < was.bitsPerByte ? 'better' : 'worse'
  const [before, after] = [was, is].map((one) => one.kind === 'answer' && one.right)
  return before === after ? 'other' : after ? 'better' : 'worse'
}

/** Whether the control goes from `was` to `is` as well. */
function alsoMade(was: Given, is: Given, control: Given): boolean {
  if (was.kind === 'text' && is.kind === 'text' && control.kind === 'text')
    return (control.bitsPerByte - was.bitsPerByte) / (is.bitsPerByte - was.bitsPerByte) >= 0.5
  return same(is, control)
}

function rank({ cause, change }: ChangedAnswer): number {
  return (cause === 'steps' ? 3 : 0) + ['worse', 'better', 'other'].indexOf(change)
}

function size({ before, after }: ChangedAnswer): number {
  return before.kind === 'text' && after.kind === 'text' ? Math.abs(after.bitsPerByte - before.bitsPerByte) : 0
}

function cut(text: string): string {
  return text.length > excerpt ? `${text.slice(0, excerpt)}…` : text
}
