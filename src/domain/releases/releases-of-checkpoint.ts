/** Which releases a checkpoint became. */

import type { Db } from '../../storage/database.ts'

export interface ReleaseOfCheckpoint {
  readonly checkpointId: number
  readonly version: string
  readonly state: 'published' | 'retracted'
}

export async function releasesOfCheckpoints(db: Db, checkpoints: readonly number[]): Promise<readonly ReleaseOfCheckpoint[]> {
  if (checkpoints.length === 0) return []
  return db
    .selectFrom('releases')
    .select(['checkpointId', 'version', 'state'])
    .where('checkpointId', 'in', checkpoints)
    .orderBy('id')
    .execute()
}
