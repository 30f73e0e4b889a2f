/** What the licences of everything a model was made from allow together, why, and what would change it. */

import type { LicenceTerms } from './licence-table.ts'

/** One source of material and the licence it came under. */
export interface LicenceInput {
  /** As it reads in a sentence: "the base model stories260k", "contribution 17". */
  readonly what: string
  readonly role: 'base' | 'examples' | 'generator'
  /** SPDX expression. */
  readonly licence: string
  /** Rows or files under this licence. */
  readonly count: number
  /** Path of the record, e.g. `/contributions/17`. */
  readonly link: string | null
}

export type Permission = 'allowed' | 'not-allowed' | 'unknown'

/** One step of the reasoning: this input, under this licence, forbids or asks for that. */
export interface LicenceReason {
  readonly about: 'commercial-use' | 'derivatives' | 'share-alike' | 'attribution' | 'naming' | 'use-restrictions'
  readonly input: LicenceInput
  /** The branch chosen where the licence offers several (`OR`). */
  readonly chosen: string
  readonly sentence: string
}

export interface LicenceVerdict {
  /** All licences together as one SPDX expression, sorted. */
  readonly expression: string
  /** One sentence a business can act on. */
  readonly summary: string
  readonly commercialUse: Permission
  readonly derivatives: Permission
  /** What whoever passes the model on has to do. */
  readonly conditions: readonly string[]
  /** Why: the inputs the answer rests on. */
  readonly why: readonly LicenceReason[]
  /** What to take out to be allowed commercial use and derivatives; null where nothing has to. */
  readonly fix: string | null
  readonly terms: readonly LicenceTerms[]
  readonly notLegalAdvice: string
}
