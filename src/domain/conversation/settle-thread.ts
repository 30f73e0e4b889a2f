/** Ends a discussion, or takes it up again. */

import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import { actorId, hasRole, requireRole, type Actor } from '../people/actor.ts'
import { knownSubject } from './find-subject.ts'
import { findThread } from './thread-queries.ts'
import type { Thread } from './thread.ts'
import { lockThread } from './write-comment.ts'

/** By whoever started it, whose subject it is, or a reviewer. Resolving what is resolved changes nothing. */
export async function resolveThread(app: { readonly db: Database }, actor: Actor, id: number): Promise<Thread> {
  return settle(app, actor, id, true)
}

/** By the same people. */
export async function reopenThread(app: { readonly db: Database }, actor: Actor, id: number): Promise<Thread> {
  return settle(app, actor, id, false)
}

async function settle(app: { readonly db: Database }, actor: Actor, id: number, resolved: boolean): Promise<Thread> {
  requireRole(actor, 'contributor')
  return app.db.transaction().execute(async (db) => {
    const thread = await lockThread(db, actor, id)
    const { ownerId } = await knownSubject(db, thread.subject)
    const maySettle =
      actor.kind === 'operator' || hasRole(actor, 'reviewer', thread.modelId) || actor.id === thread.startedBy || actor.id === ownerId
    if (!maySettle)
      throw new AppError(
        'forbidden',
        `Thread ${id} was started by ${thread.starter}; they, whose subject it is, and reviewers resolve and reopen it.`,
      )
    if (resolved === (thread.resolved !== null)) return thread
    await db
      .updateTable('threads')
      .set(resolved ? { resolvedAt: new Date(), resolvedBy: actorId(actor) } : { resolvedAt: null, resolvedBy: null })
      .where('id', '=', id)
      .execute()
    return findThread(db, actor, id)
  })
}
