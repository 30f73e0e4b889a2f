/** Reads threads and comments, as the one who asks may see them. */

import { AppError } from '../../errors.ts'
import type { Db } from '../../storage/database.ts'
import { hasRole, operatorName, type Actor } from '../people/actor.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'
import type { Comment, CommentVersion, Thread } from './thread.ts'
import type { Subject } from './subject.ts'

/** Who asks; null: nobody in particular, who sees what everybody sees. */
export type Viewer = Actor | null

export interface ThreadFilter {
  readonly modelId?: number | undefined
  readonly subject?: Subject | undefined
  readonly state?: 'open' | 'resolved' | undefined
}

/** In the order they were started, with all their comments. */
export async function listThreads(db: Db, viewer: Viewer, filter: ThreadFilter, page: Page = {}): Promise<readonly Thread[]> {
  let query = threads(db).where('threads.id', '>', page.after ?? 0)
  if (filter.modelId !== undefined) query = query.where('threads.modelId', '=', filter.modelId)
  if (filter.subject !== undefined)
    query = query.where('threads.subjectKind', '=', filter.subject.kind).where('threads.subjectId', '=', filter.subject.id)
  if (filter.state !== undefined) query = query.where('threads.resolvedAt', filter.state === 'open' ? 'is' : 'is not', null)
  return withComments(db, viewer, await query.orderBy('threads.id').limit(pageLimit(page)).execute())
}

export async function findThread(db: Db, viewer: Viewer, id: number): Promise<Thread> {
  const row = await threads(db).where('threads.id', '=', id).executeTakeFirst()
  if (!row) throw new AppError('not-found', `There is no thread ${id}; "discussion list" shows those there are.`)
  return (await withComments(db, viewer, [row]))[0] as Thread
}

export async function findComment(db: Db, viewer: Viewer, id: number): Promise<Comment> {
  const row = await comments(db).where('comments.id', '=', id).executeTakeFirst()
  if (!row) throw new AppError('not-found', `There is no comment ${id}.`)
  return toComment(viewer, row)
}

/** Every version, the first one first; the texts are null for whoever may not see the comment, and for everybody once it is erased. */
export async function historyOf(db: Db, viewer: Viewer, id: number): Promise<readonly CommentVersion[]> {
  const comment = await findComment(db, viewer, id)
  const rows = await db.selectFrom('commentVersions').selectAll().where('commentId', '=', id).orderBy('version').execute()
  return rows.map(({ version, text, createdAt }) => ({ version, text: comment.text === null ? null : text, createdAt }))
}

/** Hidden text stays visible to its author and to those who moderate. */
function maySee(
  viewer: Viewer,
  comment: { readonly authorId: number | null; readonly hiddenAt: Date | null; readonly modelId: number },
): boolean {
  if (comment.hiddenAt === null) return true
  if (viewer === null) return false
  return viewer.kind === 'operator' || viewer.id === comment.authorId || hasRole(viewer, 'maintainer', comment.modelId)
}

function threads(db: Db) {
  return db
    .selectFrom('threads')
    .innerJoin('communityModels', 'communityModels.id', 'threads.modelId')
    .leftJoin('people as starters', 'starters.id', 'threads.startedBy')
    .leftJoin('people as resolvers', 'resolvers.id', 'threads.resolvedBy')
    .selectAll('threads')
    .select(['communityModels.owner', 'communityModels.name', 'starters.name as starter', 'resolvers.name as resolver'])
}

type ThreadRow = Awaited<ReturnType<ReturnType<typeof threads>['executeTakeFirstOrThrow']>>

async function withComments(db: Db, viewer: Viewer, rows: readonly ThreadRow[]): Promise<readonly Thread[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const all = await comments(db).where('comments.threadId', 'in', ids).orderBy('comments.id').execute()
  return rows.map((row) => ({
    id: row.id,
    model: `${row.owner}/${row.name}`,
    modelId: row.modelId,
    subject: { kind: row.subjectKind, id: row.subjectId },
    startedBy: row.startedBy,
    starter: row.starter ?? operatorName,
    createdAt: row.createdAt,
    resolved: row.resolvedAt && { at: row.resolvedAt, by: row.resolver ?? operatorName },
    comments: all.filter(({ threadId }) => threadId === row.id).map((comment) => toComment(viewer, comment)),
  }))
}

function comments(db: Db) {
  return (
    db
      .selectFrom('comments')
      // Along the key of each comment, whose versions are few: otherwise all versions of all comments are read.
      .innerJoinLateral(
        (each) =>
          each
            .selectFrom('commentVersions')
            .select(['version', 'text', 'createdAt as saidAt'])
            .whereRef('commentVersions.commentId', '=', 'comments.id')
            .orderBy('version', 'desc')
            .limit(1)
            .as('said'),
        (join) => join.onTrue(),
      )
      .innerJoin('threads', 'threads.id', 'comments.threadId')
      .leftJoin('people as authors', 'authors.id', 'comments.authorId')
      .leftJoin('people as moderators', 'moderators.id', 'comments.hiddenBy')
      .selectAll('comments')
      .select(['threads.modelId', 'said.version', 'said.text', 'said.saidAt', 'authors.name as author', 'moderators.name as moderator'])
  )
}

type CommentRow = Awaited<ReturnType<ReturnType<typeof comments>['executeTakeFirstOrThrow']>>

function toComment(viewer: Viewer, row: CommentRow): Comment {
  return {
    id: row.id,
    threadId: row.threadId,
    authorId: row.authorId,
    author: row.author ?? operatorName,
    text: maySee(viewer, row) ? row.text : null,
    version: row.version,
    createdAt: row.createdAt,
    editedAt: row.version > 1 ? row.saidAt : null,
    hidden: row.hiddenAt && { at: row.hiddenAt, by: row.moderator ?? operatorName, reason: row.hiddenReason ?? '' },
    erased: row.erasedAt && { at: row.erasedAt, by: operatorName, reason: row.erasedReason ?? '' },
  }
}
