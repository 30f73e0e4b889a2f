/** /threads and /comments: what people say to each other, wherever a page shows it. */

import { Hono, type Context } from 'hono'
import { findSubject } from '../../domain/conversation/find-subject.ts'
import { eraseComment, hideComment, showComment } from '../../domain/conversation/moderate-comment.ts'
import { reopenThread, resolveThread } from '../../domain/conversation/settle-thread.ts'
import { parseSubject } from '../../domain/conversation/subject.ts'
import { findComment, historyOf } from '../../domain/conversation/thread-queries.ts'
import { editComment, replyInThread, startThread } from '../../domain/conversation/write-comment.ts'
import { findModelById } from '../../domain/models/model-queries.ts'
import type { Actor } from '../../domain/people/actor.ts'
import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import { draftSent } from '../draft.ts'
import { attempt, typedIn, type Typed } from '../form.ts'
import { goOn, show } from '../page.ts'
import { ownPath, requireVisitor, sayNext } from '../visit.ts'
import { readThread } from './read-discussion.ts'
import { editPage, historyPage, moderationPage, newThreadPage, threadPage, type Moderation } from './thread-pages.ts'

interface DiscussionApp {
  readonly db: Database
}

export function discussionRoutes(app: DiscussionApp): Hono {
  const ofComment = async (c: Context) => {
    const comment = await findComment(app.db, c.get('visit').actor, idIn(c))
    return { comment, said: await readThread(app.db, c.get('visit'), comment.threadId) }
  }
  const settle = async (c: Context, act: typeof resolveThread) => {
    const { id } = await act(app, requireVisitor(c), idIn(c))
    return goOn(c, backOr(await typedIn(c), `/threads/${id}`))
  }
  const routes = new Hono()
    .post('/threads', async (c) => {
      const [actor, { kind = '', subject: id = '', text = '', ...typed }] = [requireVisitor(c), await typedIn(c)]
      const { done, refused } = await attempt(() => startThread(app, actor, { subject: { kind, id }, text }))
      if (done) return sent(c, typed, `${backOr(typed, `/threads/${done.id}`)}#thread-${done.id}`)
      // Where the subject itself is wrong there is no page to show the form on.
      parseSubject({ kind, id })
      const { subject, modelId } = await findSubject(app.db, { kind, id })
      const { owner, name } = await findModelById(app.db, modelId)
      return show(c, newThreadPage(c.get('visit'), subject, `${owner}/${name}`, { refused, typed: text }, ownPath(typed['back'])))
    })
    .get('/threads/:id', async (c) => show(c, threadPage(c.get('visit'), await readThread(app.db, c.get('visit'), idIn(c)))))
    .post('/threads/:id/reply', async (c) => {
      const [actor, { text = '', ...typed }] = [requireVisitor(c), await typedIn(c)]
      const { done, refused } = await attempt(() => replyInThread(app, actor, idIn(c), text))
      if (done) return sent(c, typed, `${backOr(typed, `/threads/${done.id}`)}#comment-${done.comments.at(-1)?.id}`)
      return show(c, threadPage(c.get('visit'), await readThread(app.db, c.get('visit'), idIn(c)), { refused, typed: text }))
    })
    .post('/threads/:id/resolve', (c) => settle(c, resolveThread))
    .post('/threads/:id/reopen', (c) => settle(c, reopenThread))
    .get('/comments/:id/edit', async (c) => {
      requireVisitor(c)
      return show(c, editPage(c.get('visit'), await ofComment(c), {}))
    })
    .post('/comments/:id/edit', async (c) => {
      const [actor, { text = '', ...typed }] = [requireVisitor(c), await typedIn(c)]
      const { done, refused } = await attempt(() => editComment(app, actor, idIn(c), text))
      if (done) return sent(c, typed, `/threads/${done.threadId}#comment-${done.id}`)
      return show(c, editPage(c.get('visit'), await ofComment(c), { refused, typed: text }))
    })
    .get('/comments/:id/history', async (c) => {
      const versions = await historyOf(app.db, c.get('visit').actor, idIn(c))
      return show(c, historyPage(c.get('visit'), await ofComment(c), versions))
    })
  for (const act of ['hide', 'show', 'erase'] as const)
    routes
      .get(`/comments/:id/${act}`, async (c) => {
        requireVisitor(c)
        return show(c, moderationPage(c.get('visit'), act, await ofComment(c), {}))
      })
      .post(`/comments/:id/${act}`, async (c) => {
        const [actor, { reason = '' }] = [requireVisitor(c), await typedIn(c)]
        const { done, refused } = await attempt(() => moderate(app, act, actor, idIn(c), reason))
        if (!done) return show(c, moderationPage(c.get('visit'), act, await ofComment(c), { refused, typed: reason }))
        sayNext(c, 'discussion.moderated')
        return goOn(c, `/threads/${done.threadId}#comment-${done.id}`)
      })
  return routes
}

function moderate(app: DiscussionApp, act: Moderation, actor: Actor, id: number, reason: string) {
  if (act === 'show') return showComment(app, actor, id)
  return act === 'hide' ? hideComment(app, actor, id, reason) : eraseComment(app, actor, id, reason)
}

/** The number in the address; `not-found` for anything else, as for a number nobody has. */
export function idIn(c: Context, name = 'id'): number {
  const text = c.req.param(name) ?? ''
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new AppError('not-found', `There is no page at ${c.req.path}.`)
  return Number(text)
}

function sent(c: Context, typed: Typed, path: string): Response {
  draftSent(c, typed)
  return goOn(c, path)
}

const backOr = (typed: Typed, otherwise: string): string => (typed['back'] ? ownPath(typed['back']) : otherwise)
