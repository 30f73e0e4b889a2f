/** Says something: starts a thread about a subject, replies in one, or puts one's own words differently. */

import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import { requireWithinLimits } from '../contributions/newcomers.ts'
import { actorId, requireRole, type Actor } from '../people/actor.ts'
import { parseComment } from './comment-text.ts'
import { findSubject, knownSubject } from './find-subject.ts'
import { findComment, findThread } from './thread-queries.ts'
import { tellOfComment } from './tell-of-comment.ts'
import { conversationLimits, type Comment, type Thread } from './thread.ts'

interface ConversationApp {
  readonly db: Database
}

/** Anybody with an account. Whose subject it is, and whom the text mentions, are told. */
export async function startThread(
  app: ConversationApp,
  actor: Actor,
  input: { readonly subject: { readonly kind: string; readonly id: string }; readonly text: string },
): Promise<Thread> {
  requireRole(actor, 'contributor')
  const text = parseComment(input.text)
  return app.db.transaction().execute(async (db) => {
    await refuseFlood(db, actor)
    const { subject, modelId, ownerId, words } = await findSubject(db, input.subject)
    await requireWithinLimits(db, actor, modelId, 'comment')
    const { id } = await db
      .insertInto('threads')
      .values({
        modelId,
        subjectKind: subject.kind,
        subjectId: subject.id,
        startedBy: actorId(actor),
        resolvedAt: null,
        resolvedBy: null,
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    const commentId = await insertComment(db, actor, id, text)
    await tellOfComment(db, actor, { threadId: id, commentId, text, words, others: [ownerId], what: 'started a discussion of' })
    return findThread(db, actor, id)
  })
}

/** Anybody with an account, while the thread is open. Everybody who took part in it is told. */
export async function replyInThread(app: ConversationApp, actor: Actor, threadId: number, input: string): Promise<Thread> {
  requireRole(actor, 'contributor')
  const text = parseComment(input)
  return app.db.transaction().execute(async (db) => {
    await refuseFlood(db, actor)
    const thread = await lockThread(db, actor, threadId)
    if (thread.resolved)
      throw new AppError('conflict', `Thread ${threadId} was resolved by ${thread.resolved.by}; reopen it to go on, or start another.`)
    if (thread.comments.length >= conversationLimits.replies)
      throw new AppError('conflict', `Thread ${threadId} has ${thread.comments.length} comments, the most it takes; start another.`)
    await requireWithinLimits(db, actor, thread.modelId, 'comment')
    const commentId = await insertComment(db, actor, threadId, text)
    const { words, ownerId } = await knownSubject(db, thread.subject)
    const others = [thread.startedBy, ownerId, ...thread.comments.map(({ authorId }) => authorId)]
    await tellOfComment(db, actor, { threadId, commentId, text, words, others, what: 'replied in the discussion of' })
    return findThread(db, actor, threadId)
  })
}

/** One's own words only; what was said before stays to be read. Whoever is newly mentioned is told. */
export async function editComment(app: ConversationApp, actor: Actor, id: number, input: string): Promise<Comment> {
  requireRole(actor, 'contributor')
  const text = parseComment(input)
  return app.db.transaction().execute(async (db) => {
    const { threadId } = await findComment(db, actor, id)
    const thread = await lockThread(db, actor, threadId)
    const comment = await findComment(db, actor, id)
    if (comment.authorId !== actorId(actor)) throw new AppError('forbidden', `Comment ${id} is ${comment.author}'s; only they can edit it.`)
    if (comment.erased) throw new AppError('conflict', `Comment ${id} was erased; write another.`)
    if (comment.hidden)
      throw new AppError(
        'conflict',
        `Comment ${id} was hidden by ${comment.hidden.by}: ${comment.hidden.reason} Ask them to show it first.`,
      )
    if (comment.version >= conversationLimits.versions)
      throw new AppError('conflict', `Comment ${id} was edited ${comment.version - 1} times, the most there may be; write another.`)
    if (comment.text === text) return comment
    await db
      .insertInto('commentVersions')
      .values({ commentId: id, version: comment.version + 1, text })
      .execute()
    const { words } = await knownSubject(db, thread.subject)
    await tellOfComment(db, actor, { threadId, commentId: id, text, words, others: [], what: '' })
    return findComment(db, actor, id)
  })
}

/** Makes others who write in the thread wait until the transaction ends. */
export async function lockThread(db: Db, actor: Actor, id: number): Promise<Thread> {
  await db.selectFrom('threads').select('id').where('id', '=', id).forUpdate().executeTakeFirst()
  return findThread(db, actor, id)
}

async function insertComment(db: Db, actor: Actor, threadId: number, text: string): Promise<number> {
  const { id } = await db
    .insertInto('comments')
    .values({
      threadId,
      authorId: actorId(actor),
      hiddenAt: null,
      hiddenBy: null,
      hiddenReason: null,
      erasedAt: null,
      erasedReason: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  await db.insertInto('commentVersions').values({ commentId: id, version: 1, text }).execute()
  return id
}

/** How much anybody may write; what newcomers may is the community's rule (requireWithinLimits). */
async function refuseFlood(db: Db, actor: Actor): Promise<void> {
  if (actor.kind === 'operator') return
  const { count } = await db
    .selectFrom('comments')
    .select((of) => of.fn.countAll<number>().as('count'))
    .where('authorId', '=', actor.id)
    .where('createdAt', '>', new Date(Date.now() - 3_600_000))
    .executeTakeFirstOrThrow()
  if (Number(count) >= conversationLimits.perHour)
    throw new AppError(
      'unavailable',
      `${actor.name} wrote ${count} comments in the last hour, the most there may be; go on a little later.`,
    )
}
