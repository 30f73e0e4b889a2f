/** Follows evaluations from anywhere that sees the database. */

import type { Database } from '../../storage/database.ts'
import { changes } from '../training/changes.ts'
import { hasEnded } from '../training/run.ts'
import { findEvaluations } from './evaluation-queries.ts'
import type { Evaluation } from './evaluation.ts'

/** All of them at once and at each change; ends after the update in which every one has ended. */
export async function* watchEvaluations(
  app: { readonly db: Database },
  ids: readonly number[],
  options: { readonly signal?: AbortSignal } = {},
): AsyncIterable<readonly Evaluation[]> {
  let seen = ''
  for await (const _ of changes(app.db, options.signal)) {
    const evaluations = await findEvaluations(app.db, ids)
    const now = JSON.stringify(evaluations.map(({ state, done }) => [state, done]))
    if (now !== seen) {
      seen = now
      yield evaluations
      if (evaluations.every(({ state }) => hasEnded(state))) return
    }
  }
}
