/** Counts that take long and need not be exact: taken by housekeeping, read by whoever runs the instance. */

import type { Blobs } from '../storage/blobs.ts'
import type { Database } from '../storage/database.ts'

export interface BlobCount {
  readonly count: number
  readonly bytes: number
}

const name = 'blobs'

/** Looks at every stored file: half a second for ten thousand. */
export async function countBlobs(app: { readonly db: Database; readonly blobs: Pick<Blobs, 'list'> }): Promise<BlobCount> {
  let [count, bytes] = [0, 0]
  for await (const { size } of app.blobs.list()) {
    count++
    bytes += size
  }
  const value = JSON.stringify({ count, bytes })
  await app.db
    .insertInto('keptCounts')
    .values({ name, value })
    .onConflict((known) => known.column('name').doUpdateSet({ value, countedAt: new Date() }))
    .execute()
  return { count, bytes }
}

/** As of the last night; counted now where that was never done. */
export async function keptBlobCount(app: { readonly db: Database; readonly blobs: Pick<Blobs, 'list'> }): Promise<BlobCount> {
  const kept = await app.db.selectFrom('keptCounts').select('value').where('name', '=', name).executeTakeFirst()
  return kept ? (kept.value as BlobCount) : countBlobs(app)
}
