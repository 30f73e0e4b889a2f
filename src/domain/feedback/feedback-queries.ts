/** Reads of feedback. */

import { AppError } from '../../errors.ts'
import type { Db } from '../../storage/database.ts'
import { findModel } from '../models/model-queries.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'
import type { Feedback, FeedbackTurn } from './feedback.ts'

export async function findFeedback(db: Db, id: number): Promise<Feedback> {
  const row = await db.selectFrom('feedback').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) throw new AppError('not-found', `There is no feedback ${id}.`)
  const [feedback] = await withContributions(db, [row])
  return feedback!
}

/** Newest first; `after` is the id to go on below. */
export async function listFeedback(db: Db, model: string, page: Page = {}): Promise<Feedback[]> {
  const { id } = await findModel(db, model)
  let query = db.selectFrom('feedback').selectAll().where('modelId', '=', id)
  if (page.after !== undefined) query = query.where('id', '<', page.after)
  return withContributions(db, await query.orderBy('id', 'desc').limit(pageLimit(page)).execute())
}

/** Answers said to be wrong that no proposal has taken up, oldest first: what `communityHealth` counts. `after` is the id to go on beyond. */
export async function waitingFeedback(db: Db, modelId: number, page: Page = {}): Promise<Feedback[]> {
  const rows = await db
    .selectFrom('feedback')
    .selectAll()
    .where('modelId', '=', modelId)
    .where('rating', '=', 'down')
    .where((eb) =>
      eb.not(eb.exists(eb.selectFrom('contributions').select('contributions.id').whereRef('contributions.feedbackId', '=', 'feedback.id'))),
    )
    .where('id', '>', page.after ?? 0)
    .orderBy('id')
    .limit(pageLimit(page))
    .execute()
  return withContributions(db, rows)
}

type FeedbackRow = Omit<Feedback, 'contributions' | 'turns'> & { readonly turns: unknown }

async function withContributions(db: Db, rows: readonly FeedbackRow[]): Promise<Feedback[]> {
  if (rows.length === 0) return []
  const made = await db
    .selectFrom('contributions')
    .select(['id', 'feedbackId'])
    .where(
      'feedbackId',
      'in',
      rows.map(({ id }) => id),
    )
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    ...row,
    turns: row.turns as readonly FeedbackTurn[],
    contributions: made.filter(({ feedbackId }) => feedbackId === row.id).map(({ id }) => id),
  }))
}
