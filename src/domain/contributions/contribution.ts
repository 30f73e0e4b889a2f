/** A contribution: a change set that people review, in one or more rounds. */

import type { Digest } from '../../storage/blobs.ts'
import type { ContributionState } from '../../storage/schema.ts'
import type { ClauseChange } from '../models/charter.ts'
import type { CaseChange } from '../models/revise-regressions.ts'
import type { Example, Provenance } from './example.ts'

export type { ContributionState } from '../../storage/schema.ts'

export type CheckName =
  | 'schema'
  | 'size'
  | 'encoding'
  | 'provenance'
  | 'licence'
  | 'language'
  | 'duplicate'
  | 'near-duplicate'
  | 'overlap'
  | 'target'
  | 'answer'
  | 'case'
  | 'clause'
  | 'suggestion'

/** What a check found. An error turns the contribution away; a warning is shown to reviewers. */
export interface Finding {
  readonly check: CheckName
  readonly severity: 'error' | 'warning'
  /** 1-based row of the change set; null where it is about the whole. */
  readonly row: number | null
  readonly sentence: string
}

/** One change as it is offered. `row` says where it stood in a file, `unread` which of its columns nobody reads; provenance left out is the contribution's. */
export type OfferedChange =
  | {
      readonly kind: 'add'
      readonly content: unknown
      readonly provenance?: OfferedProvenance
      readonly row?: number
      readonly unread?: readonly string[]
    }
  | {
      readonly kind: 'replace'
      readonly target: string
      readonly content: unknown
      readonly provenance?: OfferedProvenance
      readonly row?: number
      readonly unread?: readonly string[]
    }
  | { readonly kind: 'remove'; readonly target: string; readonly row?: number; readonly unread?: readonly string[] }
  /** A question with its right answer for a regression suite, to find out whether an old mistake comes back; it may be trained on. */
  | {
      readonly kind: 'case'
      /** add, where nothing is said. */
      readonly action?: unknown
      /** Name of the suite; `regressions` where nothing is said. */
      readonly suite?: unknown
      /** As a sample of an exact suite. */
      readonly sample: unknown
      readonly provenance?: OfferedProvenance
      readonly row?: number
    }
  /** A change of the charter, as models/charter.ts reads it. */
  | { readonly kind: 'clause'; readonly change: unknown; readonly row?: number }
  /** A row of a file that could not be read; its findings turn the contribution away together with all others. */
  | { readonly kind: 'unreadable'; readonly row: number; readonly sentence: string }

export type OfferedProvenance = { readonly [field in keyof Provenance]?: Provenance[field] | string | null | undefined }

/** What a contributor hands in. */
export interface Offer {
  readonly message: string
  readonly licence: string
  readonly language: string
  readonly origin: string
  readonly generator?: string | null | undefined
  readonly source: string
  /** The Developer Certificate of Origin 1.1: who vouches for the right to give this, e.g. "Asha K". */
  readonly signOff: string
  readonly changes: Iterable<OfferedChange> | AsyncIterable<OfferedChange>
  /** What was said about an answer, where this came from that. */
  readonly feedbackId?: number | null | undefined
  /** The accepted contribution that this one takes back. */
  readonly reverts?: number | null | undefined
}

export interface Contribution {
  readonly id: number
  readonly modelId: number
  /** `owner/name`. */
  readonly model: string
  readonly authorId: number | null
  /** Name of the author; "operator" for the local operator. */
  readonly author: string
  /** Who helps the author with it, where that is a newcomer and somebody volunteered. */
  readonly mentor: string | null
  readonly state: ContributionState
  readonly message: string
  readonly round: number
  readonly feedbackId: number | null
  /** The accepted contribution that this one takes back. */
  readonly reverts: number | null
  /** Changes of the current round. */
  readonly counts: {
    readonly add: number
    readonly replace: number
    readonly remove: number
    readonly case: number
    readonly clause: number
  }
  readonly createdAt: Date
  /** When it was accepted, rejected or withdrawn. */
  readonly decidedAt: Date | null
}

export interface ContributionRound {
  readonly round: number
  readonly message: string
  readonly signOff: string
  readonly checks: readonly Finding[]
  readonly createdAt: Date
}

/** A change as stored, with the examples it speaks of. */
export type Change =
  | { readonly kind: 'add'; readonly position: number; readonly digest: Digest; readonly example: Example }
  | {
      readonly kind: 'replace'
      readonly position: number
      readonly digest: Digest
      readonly example: Example
      readonly target: Digest
      readonly targetExample: Example
    }
  | { readonly kind: 'remove'; readonly position: number; readonly target: Digest; readonly targetExample: Example }
  | ({ readonly kind: 'case'; readonly position: number } & CaseBody)
  | { readonly kind: 'clause'; readonly position: number; readonly change: ClauseChange }

/** A case as stored; one that goes says no provenance. */
export interface CaseBody extends CaseChange {
  readonly provenance: Provenance | null
}

export const contributionLimits = {
  /** A reviewer has to be able to read a contribution; larger imports are split. */
  changes: 20_000,
  message: 2_000,
  signOff: 200,
  /** Findings kept and shown of each severity; the rest are counted. */
  findings: 500,
} as const
