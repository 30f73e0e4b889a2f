/** Reads stored answers: by their owner, by maintainers and by the operator. */

import { sql } from 'kysely'
import { AppError } from '../../errors.ts'
import type { Db } from '../../storage/database.ts'
import { actorId, hasRole, type Actor } from '../people/actor.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'
import { answerRetention, type AnswerChoice, type StoredAnswer } from './answer.ts'
import type { FeedbackTurn } from './feedback.ts'

/** Those that are still kept, whether or not somebody has cleared away the others. */
function kept(db: Db) {
  return db.selectFrom('answers').selectAll('answers').where(isKept)
}

export const isKept = sql<boolean>`(answers.created_at > now() - make_interval(days => ${answerRetention.days})
  or exists (select 1 from feedback where feedback.answer_id = answers.id))`

type Row = Awaited<ReturnType<ReturnType<typeof kept>['executeTakeFirstOrThrow']>>

function toAnswer({ turns, choices, usage, metadata, ...row }: Row): StoredAnswer {
  return {
    ...row,
    turns: turns as readonly FeedbackTurn[],
    choices: choices as readonly AnswerChoice[],
    usage: usage as StoredAnswer['usage'],
    metadata: metadata as StoredAnswer['metadata'],
  }
}

/** Somebody else's answer is not found rather than forbidden: that it exists is theirs to know. */
export async function findAnswer(db: Db, actor: Actor, id: string): Promise<StoredAnswer> {
  const row = await kept(db).where('answers.id', '=', id).executeTakeFirst()
  if (row && (row.personId === actorId(actor) || seesAll(actor))) return toAnswer(row)
  throw new AppError(
    'not-found',
    `You have no stored answer ${JSON.stringify(id.slice(0, 80))}: it was not stored, was deleted, or is older than ${answerRetention.days} days.`,
  )
}

/** What others said to a model is for those who answer for the whole instance, not for whoever maintains one community. */
function seesAll(actor: Actor): boolean {
  return hasRole(actor, 'maintainer')
}

export interface AnswerFilter {
  readonly model?: string | undefined
  /** The id to go on behind. */
  readonly after?: string | undefined
  readonly limit?: Page['limit']
  readonly order?: 'asc' | 'desc' | undefined
}

/** One's own, oldest first where nothing is said. */
export async function listAnswers(db: Db, actor: Actor, filter: AnswerFilter = {}): Promise<readonly StoredAnswer[]> {
  const { order = 'asc' } = filter
  const own = actorId(actor)
  let query = kept(db).where('personId', own === null ? 'is' : '=', own)
  if (filter.model !== undefined) query = query.where('model', '=', filter.model)
  if (filter.after !== undefined) {
    const { id } = await findAnswer(db, actor, filter.after)
    const beyond = sql.raw(order === 'asc' ? '>' : '<')
    // In the database, whose clock is finer than a Date.
    query = query.where(sql<boolean>`(answers.created_at, answers.id) ${beyond} (select created_at, id from answers where id = ${id})`)
  }
  const rows = await query
    .orderBy('answers.createdAt', order)
    .orderBy('answers.id', order)
    .limit(pageLimit({ limit: filter.limit }))
    .execute()
  return rows.map(toAnswer)
}
