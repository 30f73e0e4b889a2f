/** What the search found, in words: for maintainers, for the record and for the authors of what is left out. */

import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import { describeComparison, lossOf } from '../evaluation/comparison.ts'
import { resultsOf, findEvaluation } from '../evaluation/evaluation-queries.ts'
import type { Comparison, SampleResult } from '../evaluation/evaluation.ts'
import { readSuite } from '../models/suite-queries.ts'
import type { SuiteSample } from '../models/suite.ts'
import type { Finding } from './find-culprits.ts'
import { counted, type Letter, type Passenger, type ReleaseTrain, type Trial } from './release-train.ts'

/** Answers quoted to an author. */
const quoted = 3

/** The build that confirmed a contribution: alone, or the few that break only together. */
export function confirmationOf({ trials }: Pick<ReleaseTrain, 'trials'>, contribution: number): Trial | null {
  const confirming = trials.filter((trial) => trial.draw === 1 && trial.verdict === 'breaks' && trial.contributions.includes(contribution))
  return confirming.sort((a, b) => a.contributions.length - b.contributions.length)[0] ?? null
}

/** "everyday: 98.0 % → 71.5 % answered exactly right (−26.5 points, 95 % interval −33.0 to −20.5)" */
export function evidenceOf(trial: Trial): string {
  const worst = worstOf(trial.comparisons)
  return worst === null ? 'nothing was measured' : `${worst.suite.name}: ${describeComparison(worst)}`
}

function worstOf(comparisons: readonly Comparison[]): Comparison | null {
  const broken = comparisons.filter(({ verdict }) => verdict === 'worse')
  return [...(broken.length > 0 ? broken : comparisons)].sort((a, b) => lossOf(b) - lossOf(a))[0] ?? null
}

/** What is left out and why, one line each: the message of the contribution that takes it back. */
export function reversalMessage(train: ReleaseTrain): string {
  const lines = train.leftOut.map((id) => {
    const passenger = train.passengers.find((one) => one.id === id)
    const trial = confirmationOf(train, id)
    const with_ = trial && trial.contributions.length > 1 ? ` (together with ${trial.contributions.filter((one) => one !== id).join(', ')})` : '' // prettier-ignore
    return `Contribution ${id} by ${passenger?.author ?? 'unknown'}${with_}, with it and without it: ${trial ? evidenceOf(trial) : 'not measured alone'}.`
  })
  const head = `Release train ${train.number}: takes back ${counted(train.leftOut.length, 'contribution')} with which the gate did not hold.`
  const text = [head, ...lines, `Found in ${counted(train.trials.length, 'build')}; without them the gate holds.`].join('\n')
  return text.length <= 1900 ? text : `${text.slice(0, 1900)}…`
}

/** Why a train that found nobody to leave out has stopped. */
export function unresolvedSentence(finding: Finding<Passenger>, train: ReleaseTrain): string {
  const tested = train.trials
    .filter(({ contributions }) => contributions.length > 0)
    .map(({ contributions, verdict, draw }) => `${contributions.join('+')} ${verdict ?? ''}${draw === 1 ? ' (confirmation)' : ''}`)
  const shown = tested.length <= 12 ? tested.join('; ') : `${tested.slice(0, 12).join('; ')}; and ${tested.length - 12} more`
  const groups = tested.length === 0 ? 'No group was tested.' : `These groups were tested: ${shown}.`
  const partly = 'culprits' in finding && finding.culprits.length > 0 ? ` Confirmed so far: ${finding.culprits.map((set) => set.map(({ id }) => id).join('+')).join(', ')}.` : '' // prettier-ignore
  const narrowed = 'suspects' in finding && finding.suspects.length > 0 ? ` The smallest group still seen to break: ${finding.suspects.map(({ id }) => id).join('+')}.` : '' // prettier-ignore
  switch (finding.kind) {
    case 'nothing-breaks':
      return `The cause was not found: no contribution, and no group of them, breaks what failed. ${groups}`
    case 'unclear':
      return `The cause was not found: together they break it, but no single contribution was confirmed to.${partly}${narrowed} ${groups}`
    case 'out-of-budget':
      return `The cause was not found within ${counted(train.trials.length, 'build')}, which is all the community allows.${partly}${narrowed} ${groups}`
    case 'found':
    case 'unanswered':
      return groups
    default:
      return finding satisfies never
  }
}

/** A kind word to each author of what is left out: what was measured, which answers changed, and what would help. */
export async function lettersFor(app: { readonly db: Database; readonly blobs: Blobs }, train: ReleaseTrain): Promise<Letter[]> {
  const letters: Letter[] = []
  for (const id of train.leftOut) {
    const passenger = train.passengers.find((one) => one.id === id)
    const trial = confirmationOf(train, id)
    if (!passenger || !trial) continue
    const answers = await brokenAnswers(app, trial)
    const others = trial.contributions.filter((one) => one !== id)
    const text = [
      `Hello ${passenger.author}, thank you for contribution ${id}, "${passenger.message.split('\n')[0]}". The next release of ${train.model} leaves it out for now.`,
      `The release train's gate did not hold, so it tried who was aboard. Trained with and without your contribution${others.length === 0 ? '' : ` (together with ${others.join(', ')})`}, nothing else changed: ${evidenceOf(trial)}.`,
      ...(answers.length === 0
        ? []
        : [`Answers that were right without it and wrong with it, for example:\n${answers.map((one) => `  ${one}`).join('\n')}`]),
      'What would help: compare your examples with these answers, put right those that teach otherwise, and offer them again; the others are welcome as they are. If you think the test is wrong, say so on this page.',
    ].join('\n')
    letters.push({ contribution: id, authorId: passenger.authorId, author: passenger.author, text })
  }
  return letters
}

async function brokenAnswers(app: { readonly db: Database; readonly blobs: Blobs }, trial: Trial): Promise<string[]> {
  const worst = worstOf(trial.comparisons)
  if (worst === null || worst.metric === 'bits-per-byte') return []
  const [subject, control] = [await findEvaluation(app.db, worst.subject.evaluationId), await findEvaluation(app.db, worst.baseline.evaluationId)] // prettier-ignore
  const [now, before] = [await resultsOf(app, subject), await resultsOf(app, control)]
  const broken = new Map(now.filter((one) => isRight(before[one.index]) && !isRight(one)).map((one) => [one.index, one]))
  const lines: string[] = []
  let index = 0
  for await (const sample of readSuite(app, worst.suite)) {
    const result = broken.get(index++)
    if (result) lines.push(quote(sample, result))
    if (lines.length === quoted) break
  }
  return lines
}

function isRight(result: SampleResult | undefined): boolean {
  return result !== undefined && 'right' in result && result.right
}

function quote(sample: SuiteSample, result: SampleResult): string {
  const short = (text: string) => JSON.stringify(text.length > 160 ? `${text.slice(0, 160)}…` : text)
  if (sample.kind === 'exact' && result.kind === 'exact')
    return `${short('messages' in sample ? (sample.messages.at(-1)?.content ?? '') : sample.prompt)} → ${short(result.answer)}; right is ${short(sample.expected)}`
  return `sample ${result.index + 1}`
}
