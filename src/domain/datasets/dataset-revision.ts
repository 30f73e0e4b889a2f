/** A dataset revision: the whole dataset of a community model at one moment, named by its content. */

import type { Digest } from '../../storage/blobs.ts'

export interface DatasetRevision {
  readonly id: number
  readonly modelId: number
  /** 1, 2, 3 … within its community model. */
  readonly number: number
  readonly parentId: number | null
  /** The root of the bucket tree: equal for equal sets of examples. */
  readonly digest: Digest
  /** Examples in it. */
  readonly count: number
  /** What was accepted into it since its parent. */
  readonly contributions: readonly number[]
  readonly createdAt: Date
}

/** What a dataset would be after a change that nobody accepted: with a proposal, or without a contribution. It is trained on to find something out. */
export type DraftRevision = Pick<DatasetRevision, 'id' | 'modelId' | 'digest' | 'count'>

export interface RevisionDiff {
  readonly added: readonly Digest[]
  readonly removed: readonly Digest[]
  /** True where the lists were cut at the limit asked for. */
  readonly truncated: boolean
}

/** Who brought an example into the dataset. */
export interface Blame {
  readonly digest: Digest
  readonly contributionId: number
  readonly message: string
  readonly author: string
  /** The revision in which it came; null while it stands in none (an open contribution). */
  readonly revision: number | null
  readonly reviews: readonly { readonly reviewer: string; readonly decision: string; readonly message: string; readonly createdAt: Date }[]
}
