/** Moderation hides a comment and keeps it. Only law, or a person's right, erases one, and leaves a tombstone. */

import { sql } from 'kysely'
import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import { notify } from '../notifications/notify.ts'
import { actorId, actorName, requireRole, type Actor } from '../people/actor.ts'
import { parseReason } from './comment-text.ts'
import { findComment, findThread } from './thread-queries.ts'
import type { Comment } from './thread.ts'

/** Maintainers. Others see that it was hidden, by whom and why; its author and those who moderate see what it says. The author is told. */
export async function hideComment(app: { readonly db: Database }, actor: Actor, id: number, why: string): Promise<Comment> {
  const reason = parseReason(why)
  return app.db.transaction().execute(async (db) => {
    const comment = await findComment(db, actor, id)
    await requireModerator(db, actor, comment)
    if (comment.erased) throw new AppError('conflict', `Comment ${id} was erased; there is nothing left to hide.`)
    if (comment.hidden) throw new AppError('conflict', `Comment ${id} was hidden by ${comment.hidden.by} already: ${comment.hidden.reason}`)
    await db
      .updateTable('comments')
      .set({ hiddenAt: new Date(), hiddenBy: actorId(actor), hiddenReason: reason })
      .where('id', '=', id)
      .execute()
    await notify(db, {
      personIds: [comment.authorId],
      actorId: actorId(actor),
      kind: 'moderated',
      sentence: `${actorName(actor)} hid a comment of yours: ${reason}`,
      link: `/threads/${comment.threadId}#comment-${id}`,
    })
    return findComment(db, actor, id)
  })
}

/** Maintainers. */
export async function showComment(app: { readonly db: Database }, actor: Actor, id: number): Promise<Comment> {
  return app.db.transaction().execute(async (db) => {
    const comment = await findComment(db, actor, id)
    await requireModerator(db, actor, comment)
    if (!comment.hidden) throw new AppError('conflict', `Comment ${id} is not hidden.`)
    await db.updateTable('comments').set({ hiddenAt: null, hiddenBy: null, hiddenReason: null }).where('id', '=', id).execute()
    await notify(db, {
      personIds: [comment.authorId],
      actorId: actorId(actor),
      kind: 'moderated',
      sentence: `${actorName(actor)} shows a comment of yours again.`,
      link: `/threads/${comment.threadId}#comment-${id}`,
    })
    return findComment(db, actor, id)
  })
}

/**
 * The operator alone, because a law or a person's right demands it: the text goes from every version and from the table's files. What stays says when it
 * was erased and on which ground. It does not reach the database's own log and backups, which end by themselves: docs/design/conversation.md.
 */
export async function eraseComment(app: { readonly db: Database }, actor: Actor, id: number, ground: string): Promise<Comment> {
  if (actor.kind !== 'operator')
    throw new AppError('forbidden', 'Only the operator erases, and only where a law or a person’s right demands it; maintainers hide.')
  const reason = parseReason(ground)
  const erased = await app.db.transaction().execute(async (db) => {
    const comment = await findComment(db, actor, id)
    if (comment.erased) return comment
    await db.updateTable('commentVersions').set({ text: null }).where('commentId', '=', id).execute()
    await db.updateTable('comments').set({ erasedAt: new Date(), erasedReason: reason }).where('id', '=', id).execute()
    return findComment(db, actor, id)
  })
  // An updated row's old text stays in the file until its page is used again; rewriting the table leaves nothing.
  await sql`vacuum full comment_versions`.execute(app.db)
  return erased
}

async function requireModerator(db: Db, actor: Actor, { threadId }: Comment): Promise<void> {
  requireRole(actor, 'maintainer', (await findThread(db, actor, threadId)).modelId)
}
