/** Patrol: small proposals by trusted people are accepted at once and looked at afterwards. Pure. */

import type { ReviewRules } from '../models/review-rules.ts'

/** A contribution that was accepted without a review, and what became of it. Not a review: nobody looked at it then. */
export interface Patrol {
  readonly contributionId: number
  readonly message: string
  readonly author: string
  /** Its author's trust when it was accepted, and what was asked for then. */
  readonly trust: number
  readonly patrolFrom: number
  /** waiting: nobody looked yet. */
  readonly state: 'waiting' | 'seen' | 'reverted'
  /** Nobody looked for longer than the rules allow. */
  readonly overdue: boolean
  /** Who looked; null while it waits, and where a reviewed contribution took it back. */
  readonly patroller: string | null
  readonly remark: string | null
  /** The contribution that took it back. */
  readonly revertId: number | null
  readonly createdAt: Date
  readonly decidedAt: Date | null
}

/** What decides whether a proposal may be patrolled. */
export interface PatrolFacts {
  readonly counts: { readonly add: number; readonly replace: number; readonly remove: number }
  /** Changes of something other than examples: the charter, test cases. */
  readonly others: number
  /** Findings of its checks; about licences in particular. */
  readonly findings: readonly { readonly check: string; readonly sentence: string }[]
  /** It takes back an accepted contribution. */
  readonly reverts: boolean
  readonly trust: number
  /** Proposals of the same author accepted so within a day. */
  readonly today: number
}

/** Why a proposal has to be reviewed first, each in a sentence; empty where it may be patrolled. Only asked where the community patrols at all. */
export function reasonsToReview({ patrol, trust }: ReviewRules, facts: PatrolFacts): string[] {
  const { add, replace, remove } = facts.counts
  const [size, licences] = [add + replace, facts.findings.filter(({ check }) => check === 'licence').length]
  return [
    ...(facts.trust < trust.patrolFrom
      ? [`Its author's trust is ${shownTrust(facts.trust)}; ${shownTrust(trust.patrolFrom)} is needed.`]
      : []),
    ...(size > patrol.examples ? [`It has ${size} examples; at most ${patrol.examples} are accepted at once.`] : []),
    ...(facts.others > 0 ? ['It changes something other than examples.'] : []),
    ...(remove > 0 ? [`It takes out ${remove} example${remove === 1 ? '' : 's'}.`] : []),
    ...(facts.reverts ? ['It takes back what others accepted.'] : []),
    ...(licences > 0 ? [`Its licences need a look: ${licences} finding${licences === 1 ? '' : 's'}.`] : []),
    ...(facts.findings.length > licences ? [`Its checks have ${facts.findings.length - licences} warnings.`] : []),
    ...(facts.today >= patrol.perDay
      ? [`Its author has had ${facts.today} accepted at once within a day, as many as the community lets through.`]
      : []),
  ]
}

/** Rounded down: a threshold that is missed by a hair must not look reached. */
export function shownTrust(value: number): string {
  return (Math.floor(value * 1_000 + 1e-9) / 1_000).toFixed(3)
}
