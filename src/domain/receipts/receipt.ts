/** A receipt: what one release has of one person's work, what that did as far as it was measured, and what it has not, and why. */

import type { Digest } from '../../storage/blobs.ts'
import type { Metric } from '../evaluation/evaluation.ts'
import type { ChangeCounts, ChangedAnswer } from '../previews/changed-answers.ts'

export interface Receipt {
  readonly id: number
  /** Over the canonical JSON (RFC 8785) of the body: whoever has the body can check it. */
  readonly digest: Digest
  readonly body: ReceiptBody
  readonly createdAt: Date
  /** The edition it replaces, because more was measured since. */
  readonly supersedes: Digest | null
  /** The edition that replaced it; null: this is the newest. */
  readonly supersededBy: Digest | null
}

/** Never changed once it is written; what is measured later makes another edition. */
export interface ReceiptBody {
  readonly kind: 'receipt'
  readonly person: string
  readonly release: ReceiptRelease
  /** Theirs, and in the release's dataset. */
  readonly included: readonly IncludedWork[]
  /** Theirs, offered before the release, and not in it. */
  readonly notIncluded: readonly NotIncludedWork[]
  /** Others' work that is in this release for the first time, and that they reviewed. */
  readonly reviewed: readonly ReviewedWork[]
}

/** What a list says of a receipt; the receipt of a busy author names thousands of contributions. */
export interface ReceiptLine {
  readonly id: number
  readonly digest: Digest
  readonly createdAt: Date
  readonly person: string
  /** `owner/name`. */
  readonly model: string
  readonly version: string
  readonly figures: ReceiptFigures
}

export interface ReceiptFigures {
  /** Contributions. */
  readonly included: number
  /** Examples of those that stand in the release. */
  readonly standing: number
  /** Contributions of which somebody measured what they did. */
  readonly measured: number
  readonly reviewed: number
  readonly notIncluded: number
}

export function figuresOf({ included, reviewed, notIncluded }: ReceiptBody): ReceiptFigures {
  return {
    included: included.length,
    standing: included.reduce((sum, { examples }) => sum + examples.standing, 0),
    measured: included.filter(({ effects }) => effects.length > 0).length,
    reviewed: reviewed.length,
    notIncluded: notIncluded.length,
  }
}

/** Where anyone can find it. */
export interface ReceiptRelease {
  readonly model: string
  readonly version: string
  readonly publishedAt: string
  readonly dataset: { readonly number: number | null; readonly digest: Digest; readonly count: number }
  readonly artefacts: readonly { readonly path: string; readonly digest: Digest }[]
}

export interface IncludedWork {
  readonly contribution: number
  readonly message: string
  /** Whether the release before this one (the newest that was not retracted) was trained without it. */
  readonly isNew: boolean
  readonly examples: {
    /** Examples it brought (added or put in the place of others). */
    readonly brought: number
    /** Those of them that stand in the release's dataset. */
    readonly standing: number
    /** Over the digests of those that stand, ascending, one a line. */
    readonly digest: Digest | null
    /** Examples it took out that are not in the release's dataset. */
    readonly takenOut: number
  }
  /** What became of those that no longer stand; null where all do. */
  readonly gone: string | null
  /** One for each way it was measured; empty: not measured. */
  readonly effects: readonly Effect[]
  readonly summary: string
}

/** What a contribution did, by training with it and without it and nothing else being different. */
export interface Effect {
  readonly how: 'preview' | 'left-out-warm' | 'left-out-full'
  /** What was done to know it, e.g. "measured in a preview before it was merged". */
  readonly label: string
  readonly suites: readonly SuiteChange[]
  /** Ids of the builds that it rests on. */
  readonly builds: readonly number[]
}

export interface SuiteChange {
  readonly suite: string
  readonly metric: Metric
  readonly samples: number
  readonly with: { readonly evaluation: number; readonly score: number }
  readonly without: { readonly evaluation: number; readonly score: number }
  /** with − without, in the metric's own unit; 95 %. */
  readonly difference: number
  readonly interval: readonly [number, number]
  readonly verdict: 'better' | 'worse' | 'undecided'
  /** Answers (of texts: those whose bits per byte moved noticeably) that changed because of it. */
  readonly changed: ChangeCounts
  /** Some of them, before and after. */
  readonly answers: readonly Pick<ChangedAnswer, 'index' | 'asked' | 'expected' | 'before' | 'after' | 'change'>[]
}

export interface NotIncludedWork {
  readonly contribution: number
  readonly message: string
  readonly reason: NotIncludedReason
  readonly sentence: string
  /** Who decided it, and in what words; null where nobody did. */
  readonly by: string | null
  readonly words: string | null
}

export type NotIncludedReason =
  'waiting' | 'changes-requested' | 'rejected' | 'withdrawn' | 'accepted-later' | 'replaced' | 'taken-back' | 'left-out'

export interface ReviewedWork {
  readonly contribution: number
  readonly author: string
  readonly message: string
  readonly examples: number
  /** What the person said of it, round by round. */
  readonly decisions: readonly ('accept' | 'reject' | 'request-changes')[]
  /** What it did, as its author's receipt says it. */
  readonly summary: string
}

export const receiptLimits = {
  /** Changed answers shown of a suite; all are counted, and the build that made them has them all. */
  answers: 10,
  /** Characters of a reviewer's words. */
  words: 500,
  /** Characters of what a release train wrote to an author, with the evidence. */
  letter: 4_000,
} as const
