/** Which releases were trained on an example. */

import { sql } from 'kysely'
import type { Digest } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import { exampleHistory } from '../datasets/example-page.ts'

export interface ReleaseWithExample {
  readonly version: string
  readonly state: 'published' | 'retracted'
  /** The dataset revision it was trained on. */
  readonly revision: number
  readonly createdAt: Date
}

/** The newest first. Read from when it came and went, not from the datasets: those of a large community take long to read. */
export async function releasesWithExample(db: Db, modelId: number, digest: Digest): Promise<readonly ReleaseWithExample[]> {
  const events = (await exampleHistory(db, modelId, digest))
    .flatMap(({ revision, kind }) => (revision === null ? [] : [{ revision, comes: kind === 'brought' || kind === 'replaced' }]))
    .toSorted((a, b) => a.revision - b.revision)
  if (!events.some(({ comes }) => comes)) return []
  const { rows } = await sql<ReleaseWithExample>`
    select releases.version, releases.state, revisions.number as revision, releases.created_at as "createdAt"
    from releases join checkpoints on checkpoints.id = releases.checkpoint_id
    join training_runs runs on runs.id = checkpoints.run_id
    join dataset_revisions revisions on revisions.id = runs.revision_id
    where releases.model_id = ${modelId} and revisions.number is not null
    order by releases.id desc`.execute(db)
  return rows.filter(({ revision }) => events.findLast((event) => event.revision <= revision)?.comes ?? false)
}
