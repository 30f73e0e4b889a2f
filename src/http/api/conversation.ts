/** What people say to each other about proposals, examples, clauses, suites and releases. */

import { createRoute } from '@hono/zod-openapi'
import { findSubject } from '../../domain/conversation/find-subject.ts'
import { eraseComment, hideComment, showComment } from '../../domain/conversation/moderate-comment.ts'
import { reopenThread, resolveThread } from '../../domain/conversation/settle-thread.ts'
import { findThread, historyOf, listThreads } from '../../domain/conversation/thread-queries.ts'
import { subjectKinds } from '../../domain/conversation/thread.ts'
import { editComment, replyInThread, startThread } from '../../domain/conversation/write-comment.ts'
import { findModel } from '../../domain/models/model-queries.ts'
import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import { requireActor } from '../auth.ts'
import { body, failures, idText, json, modelOf, modelPath, page, pageOf, router, z } from './openapi.ts'
import { plain } from './schemas.ts'

const date = z.iso.datetime()
const subject = z.strictObject({
  kind: z.enum(subjectKinds),
  id: z.string().openapi({
    description:
      'contribution "12", release "marathi/saathi@0.1.0", suite "marathi/saathi/everyday", clause "marathi/saathi/3", example "marathi/saathi/sha256:…"',
  }),
})
const act = z.object({ at: date, by: z.string(), reason: z.string() })

export const comment = z
  .object({
    id: z.int(),
    threadId: z.int(),
    authorId: z.int().nullable(),
    author: z.string(),
    text: z.string().nullable().openapi({ description: 'Markdown; null where it is hidden from you, or erased.' }),
    version: z.int(),
    createdAt: date,
    editedAt: date.nullable(),
    hidden: act.nullable(),
    erased: act.nullable(),
  })
  .openapi('Comment')

export const thread = z
  .object({
    id: z.int(),
    model: z.string(),
    modelId: z.int(),
    subject,
    startedBy: z.int().nullable(),
    starter: z.string(),
    createdAt: date,
    resolved: z.object({ at: date, by: z.string() }).nullable(),
    comments: z.array(comment).openapi({ description: 'The first, then the replies in their order.' }),
  })
  .openapi('Thread')

export const commentVersion = z.object({ version: z.int(), text: z.string().nullable(), createdAt: date }).openapi('CommentVersion')

const said = z.strictObject({ text: z.string().openapi({ description: 'Markdown, kept as text. @name tells that person.' }) })
const why = z.strictObject({ reason: z.string() })
const state = z.enum(['open', 'resolved'])
const threadPath = z.object({ thread: idText })
const commentPath = z.object({ comment: idText })

export function conversationRoutes(app: { readonly db: Database }) {
  return router()
    .openapi(
      createRoute({
        method: 'post',
        path: '/threads',
        summary: 'Start a discussion of something',
        request: { body: body(said.extend({ subject: z.strictObject({ kind: z.string(), id: subject.shape.id }) })) },
        responses: { 200: json(thread, 'The thread with its first comment.'), ...failures },
      }),
      async (c) => c.json(plain(await startThread(app, requireActor(c), c.req.valid('json'))), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/threads',
        summary: 'Discussions of one thing, in the order they were started',
        request: { query: page.extend({ kind: z.string(), id: z.string(), state: state.optional() }) },
        responses: { 200: json(z.array(thread), 'Threads.'), ...failures },
      }),
      async (c) => {
        const { kind, id, state, ...rest } = c.req.valid('query')
        const { subject } = await findSubject(app.db, { kind, id })
        return c.json(plain([...(await listThreads(app.db, c.get('actor'), { subject, state }, pageOf(rest)))]), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/models/{owner}/{name}/threads',
        summary: 'Discussions in a community, in the order they were started',
        request: { params: modelPath, query: page.extend({ state: state.optional() }) },
        responses: { 200: json(z.array(thread), 'Threads.'), ...failures },
      }),
      async (c) => {
        const { state, ...rest } = c.req.valid('query')
        const { id: modelId } = await findModel(app.db, modelOf(c.req.valid('param')))
        return c.json(plain([...(await listThreads(app.db, c.get('actor'), { modelId, state }, pageOf(rest)))]), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/threads/{thread}',
        summary: 'One discussion',
        request: { params: threadPath },
        responses: { 200: json(thread, 'The thread.'), ...failures },
      }),
      async (c) => c.json(plain(await findThread(app.db, c.get('actor'), c.req.valid('param').thread)), 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/threads/{thread}/comments',
        summary: 'Reply',
        request: { params: threadPath, body: body(said) },
        responses: { 200: json(thread, 'The thread.'), ...failures },
      }),
      async (c) => c.json(plain(await replyInThread(app, requireActor(c), c.req.valid('param').thread, c.req.valid('json').text)), 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/threads/{thread}/{act}',
        summary: 'Resolve a discussion, or reopen it',
        request: { params: threadPath.extend({ act: z.enum(['resolve', 'reopen']) }) },
        responses: { 200: json(thread, 'The thread.'), ...failures },
      }),
      async (c) => {
        const { thread, act } = c.req.valid('param')
        return c.json(plain(await (act === 'resolve' ? resolveThread : reopenThread)(app, requireActor(c), thread)), 200)
      },
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/comments/{comment}/edit',
        summary: 'Put a comment of your own differently; what it said stays in its history',
        request: { params: commentPath, body: body(said) },
        responses: { 200: json(comment, 'The comment.'), ...failures },
      }),
      async (c) => c.json(plain(await editComment(app, requireActor(c), c.req.valid('param').comment, c.req.valid('json').text)), 200),
    )
    .openapi(
      createRoute({
        method: 'get',
        path: '/comments/{comment}/history',
        summary: 'Every version of a comment, the first one first',
        request: { params: commentPath },
        responses: { 200: json(z.array(commentVersion), 'Versions.'), ...failures },
      }),
      async (c) => c.json(plain([...(await historyOf(app.db, c.get('actor'), c.req.valid('param').comment))]), 200),
    )
    .openapi(
      createRoute({
        method: 'post',
        path: '/comments/{comment}/{act}',
        summary: 'Hide a comment, show it again (maintainers), or erase it (the operator, where the law demands it)',
        request: {
          params: commentPath.extend({ act: z.enum(['hide', 'show', 'erase']) }),
          body: body(why.partial()),
        },
        responses: { 200: json(comment, 'The comment.'), ...failures },
      }),
      async (c) => {
        const { comment, act } = c.req.valid('param')
        const { reason = '' } = c.req.valid('json')
        const actor = requireActor(c)
        switch (act) {
          case 'hide':
            return c.json(plain(await hideComment(app, actor, comment, reason)), 200)
          case 'show':
            return c.json(plain(await showComment(app, actor, comment)), 200)
          case 'erase':
            return c.json(plain(await eraseComment(app, actor, comment, reason)), 200)
          default:
            throw new AppError('invalid', act satisfies never)
        }
      },
    )
}

/** The same, as types for those who call the API. */
export type ThreadAnswer = z.infer<typeof thread>
export type CommentAnswer = z.infer<typeof comment>
export type CommentVersionAnswer = z.infer<typeof commentVersion>
