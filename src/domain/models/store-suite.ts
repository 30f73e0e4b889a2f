/** Stores the samples of a suite and its record. */

import type { Blobs, Digest } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import { findSuiteById } from './suite-queries.ts'
import { sampleLine, suiteKeysOf } from './suite-samples.ts'
import type { Suite, SuiteSample } from './suite.ts'

export interface StoredSamples {
  readonly digest: Digest
  readonly count: number
  readonly keys: readonly string[]
}

/** Named by what they say: storing them for something that is then rolled back leaves a file that nobody refers to, and nothing else. */
export async function storeSamples(blobs: Blobs, samples: readonly SuiteSample[]): Promise<StoredSamples> {
  const { digest } = await blobs.put(new TextEncoder().encode(samples.map(sampleLine).join('')))
  return { digest, count: samples.length, keys: [...new Set(samples.flatMap(suiteKeysOf))] }
}

export type SuiteToStore = StoredSamples &
  Pick<Suite, 'modelId' | 'name' | 'kind' | 'role' | 'target' | 'tolerance'> &
  Partial<Pick<Suite, 'clause' | 'blocks' | 'contributionId' | 'licence' | 'source'>>

/**
 * Within a transaction that holds the model's lock. `before` is the suite of that name that this one replaces: its licence and source go on to stand where
 * nothing else is said of them.
 */
export async function insertSuite(
  db: Db,
  { keys, ...suite }: SuiteToStore,
  before: Pick<Suite, 'id' | 'licence' | 'source'> | null,
): Promise<Suite> {
  const { licence = before?.licence ?? null, source = before?.source ?? '' } = suite
  const { id } = await db
    .insertInto('suites')
    .values({ ...suite, licence, source, supersedes: before?.id ?? null })
    .returning('id')
    .executeTakeFirstOrThrow()
  // What may be trained on needs no keys to find it by.
  const guarded = suite.role === 'regression' ? [] : keys
  for (let i = 0; i < guarded.length; i += 1_000)
    await db
      .insertInto('suiteKeys')
      .values(guarded.slice(i, i + 1_000).map((key) => ({ suiteId: id, key })))
      .execute()
  return findSuiteById(db, id)
}

/** Nothing stands in its place. */
export async function withdrawSuite(db: Db, { id }: Pick<Suite, 'id'>): Promise<void> {
  await db.updateTable('suites').set({ withdrawnAt: new Date() }).where('id', '=', id).execute()
}
