/** A charter: the values and tone of a community as numbered clauses, and how proposals change it. Pure. */

import canonicalize from 'canonicalize'
import { describe, isRecord } from '../../formats/strict-json.ts'
import { communityLimits } from './community-model.ts'
import { parseSample } from './suite-samples.ts'
import type { ClauseBlocks, RuleSample } from './suite.ts'

/** What a clause says and how it is tested. */
export interface ClauseText {
  readonly text: string
  /** When breaking it blocks a release: never, when the release before kept it, or always. */
  readonly blocks: ClauseBlocks
  /** Share of its cases that may fail while it still counts as kept. */
  readonly tolerance: number
  readonly cases: readonly RuleSample[]
}

/** The number stays with a clause for good and is not given again once it is removed; its place in the list is only its place. */
export interface Clause extends ClauseText {
  readonly number: number
}

export interface Charter {
  /** 1, 2, 3 …; 0 for the empty one a model has before anybody wrote any. */
  readonly revision: number
  readonly clauses: readonly Clause[]
  /** The number the next new clause gets. */
  readonly nextClause: number
  /** What made it; null: what the model began with. */
  readonly contributionId: number | null
  readonly createdAt: Date | null
}

/** `after`: the clause it stands behind, 0 for the beginning, null for the end or, of a replaced one, where it stood. */
export type ClauseChange =
  | { readonly action: 'add'; readonly clause: ClauseText; readonly after: number | null }
  | {
      readonly action: 'replace'
      readonly number: number
      /** What it said when this was offered. */
      readonly was: ClauseText
      readonly clause: ClauseText
      readonly after: number | null
    }
  | { readonly action: 'remove'; readonly number: number; readonly was: ClauseText }

export const clauseActions = ['add', 'replace', 'remove'] as const
export const clauseBlocks = ['never', 'when-lost', 'always'] as const satisfies readonly ClauseBlocks[]

export const charterLimits = {
  /** Cases of one clause: each is an answer to wait for before every release. */
  cases: 50,
} as const

/** The change, or a sentence that says what is wrong with it. What a replacement leaves out stays as it is. */
export function parseClauseChange(value: unknown, charter: Charter): ClauseChange | string {
  if (!isRecord(value)) return `A change of the charter is a JSON object, not ${describe(value)}.`
  const { action, number, after = null } = value
  if (!clauseActions.some((known) => known === action)) return `action must be ${clauseActions.join(', ')}, not ${describe(action)}.`
  if (after !== null && after !== 0 && !charter.clauses.some((clause) => clause.number === after))
    return `after must be the number of a clause, or 0 for the beginning, not ${describe(after)}.`
  const place = after as number | null
  if (action === 'add') {
    if (number !== undefined) return `A new clause gets the next number by itself; leave number out.`
    const clause = parseClause(value, null)
    return typeof clause === 'string' ? clause : { action, clause, after: place }
  }
  const found = charter.clauses.find((clause) => clause.number === number)
  if (!found) return `The charter has no clause ${describe(number)}; "charter show" lists those it has.`
  const { number: _, ...was } = found
  if (action === 'remove') return { action, number: found.number, was }
  if (place === found.number) return `Clause ${found.number} cannot stand behind itself.`
  const clause = parseClause(value, was)
  if (typeof clause === 'string') return clause
  if (sameClause(clause, was) && place === null) return `Clause ${found.number} says exactly this already.`
  return { action: 'replace', number: found.number, was, clause, after: place }
}

function parseClause(value: Readonly<Record<string, unknown>>, was: ClauseText | null): ClauseText | string {
  const { text = was?.text, blocks = was?.blocks ?? 'when-lost', tolerance = was?.tolerance ?? 0 } = value
  if (typeof text !== 'string' || text.trim() === '' || text.length > communityLimits.clause)
    return `text must be the clause in 1 to ${communityLimits.clause} characters, not ${describe(text)}.`
  if (!clauseBlocks.some((known) => known === blocks)) return `blocks must be ${clauseBlocks.join(', ')}, not ${describe(blocks)}.`
  if (typeof tolerance !== 'number' || !(tolerance >= 0 && tolerance < 1))
    return `tolerance must be the share of cases that may fail, from 0 to below 1, not ${describe(tolerance)}.`
  const cases = value['cases'] === undefined ? (was?.cases ?? []) : parseCases(value['cases'])
  if (typeof cases === 'string') return cases
  return { text: text.normalize('NFC').trim(), blocks: blocks as ClauseBlocks, tolerance, cases }
}

function parseCases(value: unknown): readonly RuleSample[] | string {
  if (!Array.isArray(value) || value.length > charterLimits.cases)
    return `cases must be a list of at most ${charterLimits.cases}, not ${describe(value)}.`
  const cases: RuleSample[] = []
  for (const [i, one] of (value as unknown[]).entries()) {
    const sample = parseSample('rule', one)
    if (typeof sample === 'string') return `Case ${i + 1}: ${sample}`
    cases.push(sample as RuleSample)
  }
  return cases
}

/** A clause without test cases. */
export function plainClause(text: string): ClauseText {
  return { text, blocks: 'when-lost', tolerance: 0, cases: [] }
}

export function sameClause(a: ClauseText, b: ClauseText): boolean {
  // Canonical, because the database keeps the keys of an object in an order of its own.
  const plain = ({ text, blocks, tolerance, cases }: ClauseText) => canonicalize([text, blocks, tolerance, cases])
  return plain(a) === plain(b)
}

/** What is in the way of making these changes now, by their position; empty where nothing is. */
export function clauseConflicts(charter: Charter, changes: readonly ClauseChange[]): readonly { index: number; sentence: string }[] {
  const touched = new Set<number>()
  const adding = changes.filter(({ action }) => action === 'add').length
  const removing = changes.filter(({ action }) => action === 'remove').length
  const tooMany = charter.clauses.length + adding - removing > communityLimits.clauses
  return changes.flatMap((change, index) => {
    if (change.action === 'add')
      return tooMany
        ? [{ index, sentence: `The charter would have more than ${communityLimits.clauses} clauses; nobody reads that many.` }]
        : []
    const now = charter.clauses.find(({ number }) => number === change.number)
    const again = touched.has(change.number)
    touched.add(change.number)
    if (again) return [{ index, sentence: `Clause ${change.number} is changed twice.` }]
    if (!now) return [{ index, sentence: `The charter has no clause ${change.number} any more.` }]
    if (!sameClause(now, change.was))
      return [{ index, sentence: `Clause ${change.number} was changed since: it now reads ${JSON.stringify(now.text)}.` }]
    return []
  })
}

/** The clauses after the changes; those of `clauseConflicts` must have been seen to. */
export function applyClauseChanges(charter: Charter, changes: readonly ClauseChange[]): { clauses: readonly Clause[]; nextClause: number } {
  let clauses = [...charter.clauses]
  let { nextClause } = charter
  const place = (clause: Clause, after: number | null) => {
    const behind = clauses.findIndex(({ number }) => number === after)
    // The clause it was to follow may have gone meanwhile: then it stands at the end.
    clauses.splice(after === 0 ? 0 : behind === -1 ? clauses.length : behind + 1, 0, clause)
  }
  for (const change of changes)
    if (change.action === 'add') place({ number: nextClause++, ...change.clause }, change.after)
    else if (change.action === 'remove') clauses = clauses.filter(({ number }) => number !== change.number)
    else {
      const clause = { number: change.number, ...change.clause }
      if (change.after === null) clauses = clauses.map((one) => (one.number === change.number ? clause : one))
      else {
        clauses = clauses.filter(({ number }) => number !== change.number)
        place(clause, change.after)
      }
    }
  return { clauses, nextClause }
}

export interface CharterDiff {
  readonly from: number
  readonly to: number
  readonly added: readonly Clause[]
  readonly removed: readonly Clause[]
  readonly changed: readonly { readonly before: Clause; readonly after: Clause }[]
  /** Whether clauses that stayed stand in another order. */
  readonly reordered: boolean
}

export function diffCharters(from: Charter, to: Charter): CharterDiff {
  const [before, after] = [from, to].map(({ clauses }) => new Map(clauses.map((clause) => [clause.number, clause])))
  const stayed = (charter: Charter, other: Map<number, Clause>) => charter.clauses.map(({ number }) => number).filter((it) => other.has(it))
  return {
    from: from.revision,
    to: to.revision,
    added: to.clauses.filter(({ number }) => !before!.has(number)),
    removed: from.clauses.filter(({ number }) => !after!.has(number)),
    changed: to.clauses.flatMap((clause) => {
      const was = before!.get(clause.number)
      return was && !sameClause(was, clause) ? [{ before: was, after: clause }] : []
    }),
    reordered: JSON.stringify(stayed(from, after!)) !== JSON.stringify(stayed(to, before!)),
  }
}

/** The name of the suite that holds a clause's cases. */
export function clauseSuiteName(number: number): string {
  return `clause-${number}`
}
