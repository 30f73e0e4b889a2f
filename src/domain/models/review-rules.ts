/** How a community reviews, as data: what a quorum is, what trust opens, what newcomers may do. Pure. */

import { AppError } from '../../errors.ts'

/** How many people have to accept a proposal, or to reject it: always the same number, or more the more people review. */
export type QuorumRule =
  | { readonly kind: 'fixed'; readonly n: number }
  | {
      readonly kind: 'adaptive'
      /** Of the active reviewers, so large a share … */
      readonly share: number
      /** … but never more people than this. */
      readonly cap: number
      /** Who decided anything within so many days is active. */
      readonly days: number
    }

export interface ReviewRules {
  /** To accept. */
  readonly quorum: QuorumRule
  /** To reject. */
  readonly rejection: QuorumRule
  readonly trust: {
    /** A contributor whose trust is below this is a newcomer. */
    readonly newcomerBelow: number
    /** From this trust on a small proposal may be patrolled after it was accepted. */
    readonly patrolFrom: number
    /** After so many days an event counts half. */
    readonly halfLifeDays: number
  }
  readonly patrol: {
    readonly enabled: boolean
    /** Examples that one patrolled proposal has at most. */
    readonly examples: number
    /** Patrolled proposals of one person within a day. */
    readonly perDay: number
    /** Nobody looked for so many days: overdue. */
    readonly overdueDays: number
    /** No release while any is overdue. */
    readonly holdsRelease: boolean
  }
  /** null: no such limit. */
  readonly newcomers: {
    /** Undecided proposals at once. */
    readonly openAtOnce: number | null
    readonly examplesPerDay: number | null
    readonly commentsPerHour: number | null
    /** Their proposals are given a mentor. */
    readonly mentorQueue: boolean
  }
}

/** One or two reviewers: 1. Five to eight: 2. Seventeen and more: 5. */
const adaptive = { kind: 'adaptive', share: 0.25, cap: 5, days: 30 } as const satisfies QuorumRule

/** What a new community starts with. */
export const defaultRules: ReviewRules = {
  quorum: adaptive,
  rejection: adaptive,
  trust: { newcomerBelow: 0.6, patrolFrom: 0.85, halfLifeDays: 180 },
  patrol: { enabled: false, examples: 10, perDay: 3, overdueDays: 7, holdsRelease: false },
  newcomers: { openAtOnce: 5, examplesPerDay: 1_000, commentsPerHour: 20, mentorQueue: true },
}

/** Rejecting became a rule of its own later: in communities that have not said anything since, one rejection decides, as it did. */
const rejectionBefore: QuorumRule = { kind: 'fixed', n: 1 }

/** What is to change; what is left out stays as it is. */
export interface RuleChanges {
  readonly quorum?: QuorumChanges
  readonly rejection?: QuorumChanges
  readonly trust?: Partial<ReviewRules['trust']> | undefined
  readonly patrol?: Partial<ReviewRules['patrol']> | undefined
  readonly newcomers?: Partial<ReviewRules['newcomers']> | undefined
}

interface QuorumChanges {
  readonly kind?: string | undefined
  readonly n?: number | undefined
  readonly share?: number | undefined
  readonly cap?: number | undefined
  readonly days?: number | undefined
}

interface Bounds {
  readonly least: number
  readonly most: number
  readonly whole: boolean
  readonly orNull?: boolean
}

const count = (least: number, most: number) => ({ least, most, whole: true })
const share = { least: 0, most: 1, whole: false }

/** Numbers beyond these would be a mistake: a quorum above 20 is a vote, a limit of 0 a wall. */
const bounds: Readonly<Record<string, Bounds>> = {
  ...quorumBounds('quorum'),
  ...quorumBounds('rejection'),
  'trust.newcomerBelow': share,
  'trust.patrolFrom': { least: 0.5, most: 1, whole: false },
  'trust.halfLifeDays': count(7, 3_650),
  'patrol.examples': count(1, 200),
  'patrol.perDay': count(1, 100),
  'patrol.overdueDays': count(1, 365),
  'newcomers.openAtOnce': { ...count(1, 1_000), orNull: true },
  'newcomers.examplesPerDay': { ...count(1, 1_000_000), orNull: true },
  'newcomers.commentsPerHour': { ...count(1, 1_000), orNull: true },
}

function quorumBounds(section: 'quorum' | 'rejection'): Readonly<Record<string, Bounds>> {
  return {
    [`${section}.n`]: count(1, 20),
    [`${section}.share`]: { least: 0.01, most: 1, whole: false },
    [`${section}.cap`]: count(1, 20),
    [`${section}.days`]: count(1, 365),
  }
}

/** The rules with the changes made. Throws `invalid`, naming the rule and its bounds. */
export function changeRules(rules: ReviewRules, changes: RuleChanges): ReviewRules {
  const next: ReviewRules = {
    quorum: changeQuorum(rules.quorum, changes.quorum ?? {}),
    rejection: changeQuorum(rules.rejection, changes.rejection ?? {}),
    trust: { ...rules.trust, ...given(changes.trust) },
    patrol: { ...rules.patrol, ...given(changes.patrol) },
    newcomers: { ...rules.newcomers, ...given(changes.newcomers) },
  }
  for (const [name, value] of flatRules(next)) requireWithin(name, value)
  if (next.trust.patrolFrom < next.trust.newcomerBelow)
    throw new AppError(
      'invalid',
      `trust.patrolFrom (${next.trust.patrolFrom}) is below trust.newcomerBelow (${next.trust.newcomerBelow}): a newcomer's work would be accepted unseen.`,
    )
  return next
}

function changeQuorum(before: QuorumRule, { kind = before.kind, ...numbers }: QuorumChanges): QuorumRule {
  if (kind !== 'fixed' && kind !== 'adaptive')
    throw new AppError('invalid', `There is no quorum of the kind ${JSON.stringify(kind)}; choose fixed or adaptive.`)
  const fields = kind === 'fixed' ? ['n'] : ['share', 'cap', 'days']
  const alien = Object.entries(numbers).find(([name, value]) => value !== undefined && !fields.includes(name))
  if (alien) throw new AppError('invalid', `A quorum that is ${kind} has no ${alien[0]}; it has ${fields.join(', ')}.`)
  const start: QuorumRule = kind === before.kind ? before : kind === 'fixed' ? { kind, n: 1 } : adaptive
  return { ...start, ...given(numbers) } as QuorumRule
}

function given<T extends object>(changes: T | undefined): Partial<T> {
  return Object.fromEntries(Object.entries(changes ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>
}

function requireWithin(name: string, value: unknown): void {
  const limits = bounds[name]
  if (!limits || (limits.orNull && value === null)) return
  const { least, most, whole, orNull } = limits
  if (typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value))) return
  const kind = whole ? 'a whole number' : 'a number'
  throw new AppError(
    'invalid',
    `The rule ${name} is ${JSON.stringify(value)}; ${kind} from ${least} to ${most.toLocaleString('en')} is needed${orNull ? ', or null for no limit' : ''}.`,
  )
}

/** The sections and their fields, in the order in which people read them. */
const quorumFields = { kind: 0, n: 0, share: 0, cap: 0, days: 0 }
const order = Object.entries({ ...defaultRules, quorum: quorumFields, rejection: quorumFields }).map(
  ([section, fields]) => [section, Object.keys(fields)] as const,
)

/** Rules as they are stored, in their order, since jsonb keeps none; what was no rule yet when they were set is as it was then. */
export function inOrder(rules: Omit<ReviewRules, 'rejection'> & Partial<Pick<ReviewRules, 'rejection'>>): ReviewRules {
  const sections = { rejection: rejectionBefore, ...rules } as unknown as Readonly<Record<string, Readonly<Record<string, unknown>>>>
  return Object.fromEntries(
    order.map(([section, fields]) => [
      section,
      Object.fromEntries(fields.flatMap((field) => (sections[section]?.[field] === undefined ? [] : [[field, sections[section][field]]]))),
    ]),
  ) as unknown as ReviewRules
}

export type RuleValue = string | number | boolean | null

/** Every rule as ["quorum.cap", 5], in order. */
export function flatRules(rules: ReviewRules): [string, RuleValue][] {
  return Object.entries(inOrder(rules)).flatMap(([section, fields]) =>
    Object.entries(fields as Readonly<Record<string, RuleValue>>).map(([field, value]): [string, RuleValue] => [
      `${section}.${field}`,
      value,
    ]),
  )
}

/** "quorum.cap: 5 → 3" for each rule that differs. */
export function differingRules(before: ReviewRules, after: ReviewRules): string[] {
  const [old, now] = [new Map(flatRules(before)), new Map(flatRules(after))]
  const names = order.flatMap(([section, fields]) => fields.map((field) => `${section}.${field}`))
  return names.filter((name) => old.get(name) !== now.get(name)).map((name) => `${name}: ${shown(old.get(name))} → ${shown(now.get(name))}`)
}

const shown = (value: RuleValue | undefined) => (value === undefined ? 'not there' : value === null ? 'no limit' : String(value))
