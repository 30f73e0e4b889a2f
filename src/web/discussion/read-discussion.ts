/** Reads what was said about one thing, for the part that shows it. */

import { namesKnown } from '../../domain/conversation/comment-parts.ts'
import { findSubject } from '../../domain/conversation/find-subject.ts'
import type { Subject } from '../../domain/conversation/subject.ts'
import { findThread, listThreads } from '../../domain/conversation/thread-queries.ts'
import type { Thread } from '../../domain/conversation/thread.ts'
import type { Db } from '../../storage/database.ts'
import type { Visit } from '../visit.ts'

export interface Discussion {
  readonly subject: Subject
  readonly modelId: number
  /** Whose the subject is; they may resolve its threads. */
  readonly ownerId: number | null
  readonly threads: readonly Thread[]
  /** Names in the comments that are somebody's. */
  readonly people: ReadonlySet<string>
  /** Where the next page of threads begins; null: these are all. */
  readonly next: number | null
}

/** Threads shown at once under their subject. */
const shown = 10

/** @param subject as API and CLI name it, e.g. { kind: 'clause', id: 'marathi/saathi/3' } */
export async function readDiscussion(
  db: Db,
  { actor, url }: Visit,
  named: { readonly kind: Subject['kind']; readonly id: string },
): Promise<Discussion> {
  const { subject, modelId, ownerId } = await findSubject(db, named)
  const after = Number(url.searchParams.get('threads')) || 0
  const found = await listThreads(db, actor, { subject }, { after, limit: shown + 1 })
  const threads = found.slice(0, shown)
  const next = found.length > shown ? (threads.at(-1)?.id ?? null) : null
  return { subject, modelId, ownerId, threads, people: await peopleIn(db, threads), next }
}

export async function readThread(db: Db, { actor }: Visit, id: number): Promise<Discussion> {
  const thread = await findThread(db, actor, id)
  const { ownerId } = await findSubject(db, thread.subject).catch(() => ({ ownerId: null }))
  return { subject: thread.subject, modelId: thread.modelId, ownerId, threads: [thread], people: await peopleIn(db, [thread]), next: null }
}

async function peopleIn(db: Db, threads: readonly Thread[]): Promise<ReadonlySet<string>> {
  return namesKnown(
    db,
    threads.flatMap(({ comments }) => comments.map(({ text }) => text)),
  )
}
