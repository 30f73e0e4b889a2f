/** A preview's report in sentences. Says what was measured, and what these suites cannot show. Pure. */

import { describeComparison, formatChange, lossOf } from '../evaluation/comparison.ts'
import type { Comparison } from '../evaluation/evaluation.ts'
import type { ChangeCounts } from './changed-answers.ts'
import type { SuiteEffect } from './preview-report.ts'

export interface WordsInput {
  /** "release 0.1.0", or "the base tiny". */
  readonly baseline: string
  /** It began at the base, with the whole recipe. */
  readonly cold: boolean
  /** There will be a control. */
  readonly hasControl: boolean
  readonly suites: readonly SuiteEffect[]
  /** Share of one pass over the dataset that the training saw; 1 or more: everything. */
  readonly passes: number | null
  /** Examples trained on. */
  readonly examples: number
}

/** Whether no suite tells the proposal from its control; null where there is no control, or not yet. */
export function onlyNoise(suites: readonly SuiteEffect[]): boolean | null {
  if (suites.length === 0) return null
  const effects = suites.flatMap(({ effect }) => effect ?? [])
  return effects.length < suites.length ? null : !effects.some((effect) => tells(effect, effects.length))
}

/** Of many suites one would differ by chance: each has to be the surer, the more there are (Bonferroni). */
function tells({ verdict, pValue }: Comparison, suites: number): boolean {
  return verdict !== 'undecided' && pValue < 0.05 / suites
}

export function previewSentences(input: WordsInput): string[] {
  const { suites, baseline, cold, passes, examples } = input
  const sentences: string[] = []
  if (suites.length > 0) sentences.push(...verdict(input), ...suites.flatMap((suite) => changesOf(suite, baseline)), ...losses(suites))
  if (cold)
    sentences.push(
      `There is no release to begin at: it was trained from the base with the model’s whole recipe, and is compared with ${baseline}.`,
    )
  if (passes !== null && passes < 1)
    sentences.push(
      `The dataset is large: training saw about ${Math.round(100 * passes)} % of its ${examples.toLocaleString('en')} examples, and as large a share of the proposal’s.`,
    )
  return sentences
}

function verdict({ suites, hasControl }: WordsInput): string[] {
  const noise = onlyNoise(suites)
  if (noise === null)
    return [
      hasControl
        ? 'The control is not finished: which of these changes the same training makes without the proposal is not known yet.'
        : 'There is no control: without the proposal there is nothing to train on.',
    ]
  if (!noise)
    return suites.flatMap(({ effect }) =>
      effect && tells(effect, suites.length)
        ? [`${effect.suite.name}: the proposal makes it ${effect.verdict}, by ${against(effect)} against the same training without it.`]
        : [],
    )
  const smallest = suites.flatMap(({ effect }) => (effect ? [`${effect.suite.name} ${against(effect)}`] : [])).join('; ')
  const unseen = suites.flatMap(({ effect }) =>
    effect ? [`${formatChange(effect.metric, effect.smallestDetectable).slice(1)} on ${effect.suite.name}`] : [],
  )
  return [
    `Only repeats noise: no suite tells the proposal from the same training without it (${smallest}).`,
    `Effects smaller than ${unseen.join(', ')} would rarely be seen with this many samples.`,
  ]
}

/** "+12.0 points (95 % +8.0 points to +16.5 points)" */
function against({ metric, difference, interval }: Comparison): string {
  return `${formatChange(metric, difference)} (95 %: ${formatChange(metric, interval[0])} to ${formatChange(metric, interval[1])})`
}

function changesOf({ against: compared, answers }: SuiteEffect, baseline: string): string[] {
  const { name, kind } = compared.suite
  const what = kind === 'text' ? 'texts' : 'answers'
  const { proposal, steps, unknown } = answers
  const all = total(proposal) + total(steps) + total(unknown)
  const said = [`${name}: ${describeComparison(compared)} against ${baseline}.`]
  if (all === 0) return [...said, `None of its ${compared.samples} ${what} change.`]
  if (total(unknown) > 0) return [...said, `${total(unknown)} of ${compared.samples} ${what} change: ${counted(unknown)}.`]
  const parts = [
    total(proposal) > 0 ? `${total(proposal)} with the proposal alone (${counted(proposal)})` : 'none with the proposal alone',
    ...(total(steps) > 0 ? [`${total(steps)} that the same training makes without it too (${counted(steps)})`] : []),
  ]
  return [...said, `${all} of ${compared.samples} ${what} change: ${parts.join(', ')}.`]
}

/** "Of the 3 regression cases that it brings, release 0.1.0 answers 0 right and it 2; the same training without it, 1." */
export function ownCasesSentence({ against: { samples, subject, baseline }, drift }: SuiteEffect, named: string): string {
  const right = (score: number) => Math.round(score * samples)
  const control = drift === null ? '' : `; the same training without it, ${right(drift.subject.score)}`
  return `Of the ${samples} regression case${samples === 1 ? '' : 's'} that it brings, ${named} answers ${right(baseline.score)} right and it ${right(subject.score)}${control}.`
}

function losses(suites: readonly SuiteEffect[]): string[] {
  const worse = suites.filter(({ against }) => against.verdict === 'worse')
  const beyond = worse.filter(({ against }) => lossOf(against) > against.suite.tolerance)
  return [
    ...(worse.length === 0 ? [] : [`Got worse: ${worse.map(({ against: { suite } }) => suite.name).join(', ')}.`]),
    ...(beyond.length === 0 ? [] : [`By more than a release may lose: ${beyond.map(({ against: { suite } }) => suite.name).join(', ')}.`]),
  ]
}

function counted({ better, worse, other }: ChangeCounts): string {
  return [better && `${better} better`, worse && `${worse} worse`, other && `${other} from one wrong answer to another`]
    .filter((part) => typeof part === 'string')
    .join(', ')
}

function total({ better, worse, other }: ChangeCounts): number {
  return better + worse + other
}
