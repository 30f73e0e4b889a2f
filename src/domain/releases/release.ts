/** A release: a checkpoint that passed its gate, with everything somebody needs to use, check or doubt it. */

import type { Digest } from '../../storage/blobs.ts'
import type { ClauseBlocks, Comparison } from '../evaluation/evaluation.ts'
import type { LicenceVerdict } from '../lineage/licence-verdict.ts'
import type { ReleaseOpenness } from './release-openness.ts'

export interface Release {
  readonly id: number
  readonly modelId: number
  /** owner/name of the community model. */
  readonly model: string
  readonly version: string
  /** The release it was compared with; null for a first one, compared with its base. */
  readonly previousId: number | null
  readonly checkpointId: number
  readonly state: 'published' | 'retracted'
  readonly gate: GateReport
  readonly changelog: Changelog
  readonly licence: LicenceVerdict
  /** By the Model Openness Framework, when it was published; null: published before releases were graded. */
  readonly openness: ReleaseOpenness | null
  /** Markdown with the front matter model hubs read. */
  readonly card: string
  readonly artefacts: readonly Artefact[]
  /** Why it was retracted. */
  readonly retraction: string | null
  readonly publishedBy: number | null
  readonly createdAt: Date
}

export interface Artefact {
  /** gguf: the served base and the adapter over it. */
  readonly format: 'peft' | 'gguf' | 'card'
  readonly path: string
  readonly digest: Digest
  readonly size: number
}

export interface GateReport {
  readonly passed: boolean
  /** What everything was compared with: 'base' or the previous version. */
  readonly against: string
  readonly suites: readonly GatedSuite[]
  /** Whether the charter is kept, clause by clause in their order; absent where none was looked at. */
  readonly charter?: readonly ClauseVerdict[]
}

export type ClauseState = 'kept' | 'broken' | 'not-tested'

/** What its cases gave; nothing is said beyond them. */
export interface ClauseVerdict {
  readonly number: number
  readonly text: string
  readonly state: ClauseState
  /** The same cases on the release before; null for a first release. */
  readonly before: ClauseState | null
  readonly blocks: ClauseBlocks
  /** Share of cases that may fail. */
  readonly tolerance: number
  readonly cases: number
  readonly failed: number
  /** At most twenty of those that failed. */
  readonly failing: readonly { readonly question: string; readonly answer: string; readonly why: string }[]
}

export interface GatedSuite {
  readonly name: string
  readonly target: boolean
  readonly tolerance: number
  readonly passed: boolean
  /** One sentence a newcomer understands, with the numbers. */
  readonly reason: string
  /** Against the previous release, or the base for a first one: what the gate decided on. */
  readonly comparison: Comparison
  /** Against the base, for the reader. */
  readonly withBase: Comparison
}

export interface Changelog {
  readonly contributions: readonly ChangelogContribution[]
  /** The charter it was measured against, what changed in it since the previous release, and which clauses it keeps; absent where there was none. */
  readonly charter?: {
    readonly revision: number
    readonly previous: number | null
    readonly added: readonly number[]
    readonly changed: readonly number[]
    readonly removed: readonly number[]
    readonly clauses: readonly Pick<ClauseVerdict, 'number' | 'state' | 'before'>[]
  }
  readonly dataset: {
    readonly number: number
    readonly digest: Digest
    readonly count: number
    readonly previous: { readonly number: number; readonly digest: Digest; readonly count: number } | null
  }
  /** Recipe values that differ from the previous release's run. */
  readonly recipe: readonly { readonly key: string; readonly before: string | null; readonly now: string }[]
  readonly base: string
}

export interface ChangelogContribution {
  readonly id: number
  /** The author's name; the local operator has the name 'operator'. */
  readonly author: string
  readonly message: string
  readonly added: number
  readonly replaced: number
  readonly removed: number
  /** Cases it brought to regression suites or took from them. */
  readonly cases: number
  /** Clauses of the charter it changed. */
  readonly clauses: number
  readonly reviewers: readonly string[]
}

/** What `export` writes: a PEFT adapter, the two GGUF files that are served, or one GGUF with the adapter merged in. */
export const exportFormats = ['peft', 'gguf', 'gguf-merged'] as const
export type ExportFormat = (typeof exportFormats)[number]
