/** Follows evaluations from anywhere that sees the database. */

import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import type { Evaluation } from './evaluation.ts'

/** All of them at each change; ends after the update in which every one has ended. */
export async function* watchEvaluations(
  app: { readonly db: Database },
  ids: readonly number[],
  options: { readonly signal?: AbortSignal } = {},
): AsyncIterable<readonly Evaluation[]> {
  throw new AppError('unavailable', 'This verb is being written.', { cause: [app, ids, options] })
}
