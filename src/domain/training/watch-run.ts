/** Follows a run from anywhere that sees the database: the process that trains need not be the one that watches. */

import type { Database } from '../../storage/database.ts'
import { changes } from './changes.ts'
import { findRun, stepsOf } from './run-queries.ts'
import { hasEnded, type RunStep, type TrainingRun } from './run.ts'

export interface RunUpdate {
  readonly run: TrainingRun
  /** Steps since the last update. */
  readonly steps: readonly RunStep[]
}

/** An update at once, then at each change; ends after the update in which the run has ended. Aborting ends it with the signal's reason. */
export async function* watchRun(
  app: { readonly db: Database },
  id: number,
  options: { readonly signal?: AbortSignal; readonly after?: number } = {},
): AsyncIterable<RunUpdate> {
  let last = options.after ?? 0
  let seen = ''
  for await (const _ of changes(app.db, options.signal)) {
    const run = await findRun(app.db, id)
    const now = JSON.stringify([run.state, run.progress])
    if (now !== seen) {
      const steps = await stepsOf(app.db, id, { after: last })
      last = steps.at(-1)?.step ?? last
      seen = now
      yield { run, steps }
      if (hasEnded(run.state)) return
    }
  }
}
