/** Makes the next revision of a model's dataset. */

import { AppError } from '../../errors.ts'
import type { Digest } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import { inPieces } from '../contributions/standing-examples.ts'
import { reviseTree, rootOf, touchedBuckets, writeTable } from './bucket-tree.ts'
import { bucketsOf, latestRevision, loadBuckets } from './dataset-queries.ts'
import type { DatasetRevision } from './dataset-revision.ts'

/** Within a transaction that holds the model's lock. Reads and writes only the buckets the change touches. */
export async function reviseDataset(
  db: Db,
  modelId: number,
  contributions: readonly number[],
  change: { readonly going: readonly Digest[]; readonly coming: readonly Digest[] },
): Promise<DatasetRevision> {
  const parent = await latestRevision(db, modelId)
  const before = await bucketsOf(db, parent?.id ?? null)
  const touched = [...touchedBuckets([...change.going, ...change.coming])].flatMap((index) => {
    const digest = before.get(index)
    return digest === undefined ? [] : [{ index, digest }]
  })
  const loaded = await loadBuckets(
    db,
    touched.map(({ digest }) => digest),
  )
  const members = new Map(touched.map(({ index, digest }) => [index, loaded.get(digest) as Uint8Array]))
  const { buckets, made, added, removed, missing, present } = reviseTree(before, members, change)
  if (missing.length > 0)
    throw new AppError('conflict', `The dataset no longer has ${missing.length} of the examples to be taken out, e.g. ${missing[0]}.`)
  if (present.length > 0)
    throw new AppError('conflict', `The dataset already has ${present.length} of the examples to be added, e.g. ${present[0]}.`)

  for (const some of inPieces(made, 200))
    await db
      .insertInto('datasetBuckets')
      .values(some.map(({ digest, members }) => ({ digest, members })))
      .onConflict((known) => known.column('digest').doNothing())
      .execute()
  const table = writeTable(buckets)
  const revision = await db
    .insertInto('datasetRevisions')
    .values({
      modelId,
      number: (parent?.number ?? 0) + 1,
      parentId: parent?.id ?? null,
      digest: rootOf(table),
      buckets: table,
      count: (parent?.count ?? 0) + added - removed,
    })
    .returning(['id', 'modelId', 'number', 'parentId', 'digest', 'count', 'createdAt'])
    .executeTakeFirstOrThrow()
  await db
    .insertInto('revisionContributions')
    .values(contributions.map((contributionId) => ({ revisionId: revision.id, contributionId })))
    .execute()
  return { ...revision, contributions }
}
