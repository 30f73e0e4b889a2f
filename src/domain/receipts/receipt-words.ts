/** A receipt in sentences: what shipped, what it changed and how that is known. Pure. */

import { formatChange } from '../evaluation/comparison.ts'
import { inOneLine } from '../notifications/one-line.ts'
import type { ChangeCounts } from '../previews/changed-answers.ts'
import type { Effect, IncludedWork, ReceiptBody, ReceiptLine } from './receipt.ts'

/** What one contribution did: the measurements one after another, or that there is none. */
export function effectSummary(effects: readonly Effect[]): string {
  return effects.length === 0 ? 'What it changed was not measured.' : effects.map(effectSentence).join(' ')
}

/** "12 of 200 answers changed because of it: 9 better, 1 worse, 2 from one wrong answer to another (measured in …)." */
function effectSentence({ suites, label }: Effect): string {
  const said = suites.map(({ suite, metric, samples, changed, difference, interval, verdict }) => {
    const what = metric === 'bits-per-byte' ? 'texts' : 'answers'
    const score =
      verdict === 'undecided'
        ? `no difference in score beyond chance (${formatChange(metric, difference)}, 95 %: ${formatChange(metric, interval[0])} to ${formatChange(metric, interval[1])})`
        : `the score is ${verdict} by ${formatChange(metric, difference)} (95 %: ${formatChange(metric, interval[0])} to ${formatChange(metric, interval[1])})`
    const all = changed.better + changed.worse + changed.other
    if (all === 0) return `none of ${samples} ${what} of ${suite} changed because of it`
    return `${all} of ${samples} ${what} of ${suite} changed because of it: ${counted(changed)}; ${score}`
  })
  const sentence = said.join('. ')
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)} (${label}).`
}

function counted({ better, worse, other }: ChangeCounts): string {
  return [better && `${better} better`, worse && `${worse} worse`, other && `${other} from one wrong answer to another`]
    .filter((part) => typeof part === 'string')
    .join(', ')
}

/** What an author is told in one sentence of what is new, or null where nothing is. */
export function shippedSentence({ included, release, reviewed }: ReceiptBody): string | null {
  const fresh = included.filter(({ isNew }) => isNew)
  const where = `${release.model} ${release.version}`
  const parts: string[] = []
  if (fresh.length > 0) parts.push(`${theirs(fresh)} shipped in ${where}. ${changesOf(fresh)}`)
  if (reviewed.length > 0) {
    const what = `${reviewed.length} ${reviewed.length === 1 ? 'contribution' : 'contributions'} that you reviewed`
    parts.push(fresh.length > 0 ? `So did ${what}.` : `${what} shipped in ${where}.`)
  }
  return parts.length === 0 ? null : parts.join(' ')
}

function theirs(fresh: readonly IncludedWork[]): string {
  const standing = fresh.reduce((sum, { examples }) => sum + examples.standing, 0)
  if (standing > 0) return `Your ${standing} ${standing === 1 ? 'example' : 'examples'}`
  return fresh.length === 1 ? `Your contribution “${inOneLine(fresh[0]!.message, 80)}”` : `Your ${fresh.length} contributions`
}

/** The numbers of one measurement each; several contributions are not added up, for they were measured one by one. */
function changesOf(fresh: readonly IncludedWork[]): string {
  const measured = fresh.filter(({ effects }) => effects.length > 0)
  if (fresh.length === 1 && fresh[0]!.examples.standing === 0) return fresh[0]!.summary
  if (measured.length === 0) return 'What they changed was not measured.'
  if (fresh.length === 1) return measured[0]!.summary
  return `${measured.length} of ${fresh.length} contributions were measured one by one: the receipt says what each changed.`
}

/** Title of the receipt, where it stands in a list or a feed. */
export function receiptTitle({
  person,
  model,
  version,
  figures: { included, standing, reviewed },
}: Pick<ReceiptLine, 'person' | 'model' | 'version' | 'figures'>): string {
  const parts = [
    included > 0 && `${standing} ${standing === 1 ? 'example' : 'examples'} of ${person}`,
    reviewed > 0 && `${reviewed} ${reviewed === 1 ? 'review' : 'reviews'} by ${person}`,
  ].filter((part) => typeof part === 'string')
  return `${parts.length === 0 ? `Nothing of ${person} yet` : parts.join(' and ')} in ${model} ${version}`
}
