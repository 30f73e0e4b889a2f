/** Makes revisions of a model's dataset: the next one, and drafts of what it could be. */

import { AppError } from '../../errors.ts'
import type { Digest } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import { inPieces } from '../contributions/standing-examples.ts'
import { reviseTree, rootOf, touchedBuckets, writeTable } from './bucket-tree.ts'
import { bucketsOf, latestRevision, loadBuckets } from './dataset-queries.ts'
import type { DatasetRevision, DraftRevision } from './dataset-revision.ts'
import { indexRevision } from './index-examples.ts'

/** What leaves a dataset, then what comes. */
export interface DatasetChange {
  readonly going: readonly Digest[]
  readonly coming: readonly Digest[]
}

/**
 * Within a transaction that holds the model's lock. Reads and writes only the buckets the change touches. A draft of exactly this dataset becomes the
 * revision, so that what was trained on it was trained on the revision.
 */
export async function reviseDataset(
  db: Db,
  modelId: number,
  contributions: readonly number[],
  change: DatasetChange,
): Promise<DatasetRevision> {
  const parent = await latestRevision(db, modelId)
  const next = await changedDataset(db, parent, change)
  const number = (parent?.number ?? 0) + 1
  const draft = await findDraft(db, modelId, next.digest)
  const { id, createdAt } = draft
    ? await db
        .updateTable('datasetRevisions')
        .set({ number, parentId: parent?.id ?? null })
        .where('id', '=', draft.id)
        .returning(['id', 'createdAt'])
        .executeTakeFirstOrThrow()
    : await db
        .insertInto('datasetRevisions')
        .values({ modelId, number, parentId: parent?.id ?? null, ...next })
        .returning(['id', 'createdAt'])
        .executeTakeFirstOrThrow()
  await db
    .insertInto('revisionContributions')
    .values(contributions.map((contributionId) => ({ revisionId: id, contributionId })))
    .execute()
  await indexRevision(db, modelId, { id, parentId: parent?.id ?? null }, contributions.at(-1) as number, change)
  return { id, modelId, number, parentId: parent?.id ?? null, digest: next.digest, count: next.count, contributions, createdAt }
}

/** What the dataset would be after a change, to train on and not to stand for anything. The same dataset is the same draft. */
export async function draftRevision(
  db: Db,
  modelId: number,
  parent: Pick<DatasetRevision, 'id' | 'count'> | null,
  change: DatasetChange,
): Promise<DraftRevision> {
  const next = await changedDataset(db, parent, change)
  const known = await findDraft(db, modelId, next.digest)
  const { id } =
    known ??
    (await db
      .insertInto('datasetRevisions')
      .values({ modelId, number: null, parentId: parent?.id ?? null, ...next })
      .returning('id')
      .executeTakeFirstOrThrow())
  return { id, modelId, digest: next.digest, count: next.count }
}

async function findDraft(db: Db, modelId: number, digest: Digest): Promise<{ readonly id: number } | undefined> {
  return db
    .selectFrom('datasetRevisions')
    .select('id')
    .where('modelId', '=', modelId)
    .where('digest', '=', digest)
    .where('number', 'is', null)
    .orderBy('id')
    .executeTakeFirst()
}

/** Stores the buckets that are new, and returns the columns of the revision. */
async function changedDataset(
  db: Db,
  parent: Pick<DatasetRevision, 'id' | 'count'> | null,
  change: DatasetChange,
): Promise<{ digest: Digest; buckets: Uint8Array; count: number }> {
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
  return { digest: rootOf(table), buckets: table, count: (parent?.count ?? 0) + added - removed }
}
