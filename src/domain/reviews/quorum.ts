/** How many reviews decide about a proposal, accepting or rejecting it, and why so many. Pure. */

import type { QuorumRule, ReviewRules } from '../models/review-rules.ts'

export interface Quorum {
  /** Accepting reviews the proposal needs in its round. */
  readonly needed: number
  /** Those it has. */
  readonly accepting: number
  readonly rule: QuorumRule
  /** The same of turning it away. Whichever number is reached first decides. */
  readonly rejection: { readonly needed: number; readonly rejecting: number; readonly rule: QuorumRule }
  /** The reviewers who were active within the rule's days, the proposal's author aside; by name. Empty where the number is fixed. */
  readonly active: readonly string[]
  /** Others who may review it but were not active. */
  readonly available: readonly string[]
  /** "1 of 2 accepting reviews; quorum 2 because …" */
  readonly sentence: string
  /** The same from "quorum 2" on, for where there is no proposal yet. Where the quorum cannot be reached, it ends in what helps. */
  readonly reason: string
}

/**
 * fixed: n. adaptive: max(1, min(cap, ⌈share × active⌉)), where `active` counts the active reviewers other than the author. Since share is at most 1, an
 * adaptive quorum never asks for more people than are there, except for one where there is nobody.
 */
export function neededReviews(rule: QuorumRule, active: number): number {
  if (rule.kind === 'fixed') return rule.n
  // 0.07 × 100 is 7.000000000000001 in floating point, which is 7.
  return Math.max(1, Math.min(rule.cap, Math.ceil(rule.share * active - 1e-9)))
}

/** Reviews of the present round. */
export interface ReviewCounts {
  readonly accepting: number
  readonly rejecting: number
}

/** The names behind the number. Both lists without the author. */
export interface Reviewers {
  readonly active: readonly string[]
  readonly available: readonly string[]
  /** False where the operator is the author. */
  readonly operator: boolean
}

/** @param rejectors how many were active by the days of the rule for rejections, the author aside */
export function quorumOf(
  { quorum: rule, rejection: rejectionRule }: Pick<ReviewRules, 'quorum' | 'rejection'>,
  { active, available, operator }: Reviewers,
  { accepting, rejecting }: ReviewCounts,
  rejectors = active.length,
): Quorum {
  const needed = neededReviews(rule, active.length)
  const shown = rule.kind === 'fixed' ? [] : active
  const others = rule.kind === 'fixed' ? [...active, ...available] : available
  const have = `${accepting} of ${needed} accepting review${needed === 1 ? '' : 's'}`
  const why = rule.kind === 'fixed' ? `quorum ${needed}, which the community has fixed` : becauseOf(rule, needed, active)
  // The operator may be among the active already.
  const people = new Set([...active, ...available]).size + (operator && !active.includes('operator') ? 1 : 0)
  const reason = [`${why}.`, ...wayOut(needed, people, operator)].join(' ')
  const rejection = { needed: neededReviews(rejectionRule, rejectors), rejecting, rule: rejectionRule }
  const against = rejecting === 0 && rejection.needed === 1 ? '' : ` ${rejecting} of ${rejection.needed} that would turn it away.`
  return { needed, accepting, rule, rejection, active: shown, available: others, sentence: `${have}; ${reason}${against}`, reason }
}

function becauseOf(rule: QuorumRule & { kind: 'adaptive' }, needed: number, active: readonly string[]): string {
  const within = `in the last ${rule.days} days`
  const count = active.length
  const formula = `max(1, min(${rule.cap}, ⌈${rule.share} × ${count}⌉)) = ${needed}`
  if (count === 0) return `quorum ${needed} because nobody else has reviewed ${within}`
  return `quorum ${needed} because ${count} reviewer${count === 1 ? ' was' : 's were'} active ${within} (${named(active)}): ${formula}`
}

/** In a large community hundreds are active: a sentence names as many as one reads. */
const mostNamed = 10

function named(names: readonly string[]): string {
  const others = names.length - mostNamed
  if (others <= 1) return names.join(', ')
  return `${names.slice(0, mostNamed).join(', ')} and ${others} others`
}

/** A proposal that nobody could let in must not look as if it only had to wait. */
function wayOut(needed: number, people: number, operator: boolean): string[] {
  if (people >= needed && people > (operator ? 1 : 0)) return []
  if (needed > 1)
    return [
      `Only ${people} could give one here: a maintainer can add a reviewer ("person add <name> --role reviewer") or lower the quorum ("rules set").`,
    ]
  if (operator)
    return ['Nobody else reviews here, so the operator can, or a maintainer adds a reviewer ("person add <name> --role reviewer").']
  return ['It is the operator\'s own and nobody else is here to review it: add somebody ("person add <name> --role reviewer").']
}
