/** Follows the preview of a contribution from anywhere that sees the database. */

import type { Database } from '../../storage/database.ts'
import { changes } from '../training/changes.ts'
import { hasEnded } from '../training/run.ts'
import { findPreview } from './preview-queries.ts'
import type { Preview } from './preview.ts'

/** At once, then at each change; ends after the update in which it has ended. Throws `not-found` where there is none. Aborting ends it with the signal's reason. */
export async function* watchPreview(
  app: { readonly db: Database },
  contributionId: number,
  options: { readonly signal?: AbortSignal } = {},
): AsyncIterable<Preview> {
  let seen = ''
  for await (const _ of changes(app.db, options.signal)) {
    const preview = await findPreview(app.db, contributionId)
    const { id, state, build, control } = preview
    const now = JSON.stringify([id, state, build.state, build.run.progress.step, control?.state, control?.run.progress.step])
    if (now === seen) continue
    seen = now
    yield preview
    if (hasEnded(state)) return
  }
}
