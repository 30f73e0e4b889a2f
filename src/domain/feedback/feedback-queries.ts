/** Reads of feedback. */

import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import type { Feedback } from './feedback.ts'

export async function findFeedback(db: Database, id: number): Promise<Feedback> {
  throw new AppError('unavailable', 'This verb is being written.', { cause: [db, id] })
}

/** Newest first; `after` is the id to go on below. */
export async function listFeedback(
  db: Database,
  model: string,
  page: { readonly after?: number; readonly limit?: number } = {},
): Promise<Feedback[]> {
  throw new AppError('unavailable', 'This verb is being written.', { cause: [db, model, page] })
}
