/** A thread: what people say about one proposal, example, charter clause, suite or release, under one first comment. */

import type { SubjectKind } from '../../storage/schema.ts'
import type { Subject } from './subject.ts'

export interface Thread {
  readonly id: number
  /** `owner/name` of the community it belongs to. */
  readonly model: string
  readonly modelId: number
  readonly subject: Subject
  readonly startedBy: number | null
  /** Name of who started it; "operator" for the local operator. */
  readonly starter: string
  readonly createdAt: Date
  /** null: open. */
  readonly resolved: { readonly at: Date; readonly by: string } | null
  /** The first, then the replies in their order. */
  readonly comments: readonly Comment[]
}

export interface Comment {
  readonly id: number
  readonly threadId: number
  readonly authorId: number | null
  readonly author: string
  /** Markdown as it was written; null where it is hidden from whoever asks, or erased. */
  readonly text: string | null
  /** 1 unless it was edited. */
  readonly version: number
  readonly createdAt: Date
  /** When it was last edited; null: never. */
  readonly editedAt: Date | null
  readonly hidden: { readonly at: Date; readonly by: string; readonly reason: string } | null
  /** The text is gone from every version; only the operator erases. */
  readonly erased: { readonly at: Date; readonly by: string; readonly reason: string } | null
}

/** What a comment said, and until when. */
export interface CommentVersion {
  readonly version: number
  readonly text: string | null
  readonly createdAt: Date
}

export const subjectKinds = ['contribution', 'example', 'clause', 'suite', 'release'] as const satisfies readonly SubjectKind[]

export const conversationLimits = {
  /** Characters of a comment: a long letter. What is longer belongs in a file. */
  comment: 10_000,
  /** Characters of the reason for hiding or erasing. */
  reason: 1_000,
  /** Versions of one comment; a text that is edited more often than this is a document. */
  versions: 100,
  /** People told by one comment; more is a broadcast. */
  mentions: 20,
  /** Comments in one thread; what is not said by then needs a new one. */
  replies: 1_000,
  /** Comments one person may write in an hour: a hundred is no conversation any more. */
  perHour: 100,
} as const
