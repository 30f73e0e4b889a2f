/** Reads the examples of a revision, in the one order every reader gets. */

import type { Digest } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import type { Example, StoredExample } from '../contributions/example.ts'
import type { LicenceInput } from '../lineage/licence-verdict.ts'
import { broughtBy, membersOf } from './dataset-queries.ts'
import type { DatasetRevision } from './dataset-revision.ts'

/** Examples in one query. */
const pageSize = 1_000

/** Every example with its digest and provenance, in order of digest. Holds a thousand in memory at a time. */
export async function* examplesOf(db: Db, revision: Pick<DatasetRevision, 'id'>): AsyncIterable<StoredExample> {
  for await (const page of pagesOf(db, revision)) yield* page
}

/** How many examples under which licence each contribution brought: what a licence verdict is concluded from. */
export async function licenceInputsOf(
  db: Db,
  revision: Pick<DatasetRevision, 'id' | 'modelId' | 'number'>,
): Promise<readonly LicenceInput[]> {
  const counts = new Map<string, { contribution: number; licence: string; count: number }>()
  for await (const page of pagesOf(db, revision)) {
    const by = await broughtBy(
      db,
      revision,
      page.map(({ digest }) => digest),
    )
    for (const { digest, provenance } of page) {
      const contribution = by.get(digest)?.contribution as number
      const key = `${contribution} ${provenance.licence}`
      const known = counts.get(key)
      if (known) known.count++
      else counts.set(key, { contribution, licence: provenance.licence, count: 1 })
    }
  }
  return [...counts.values()]
    .sort((a, b) => a.contribution - b.contribution || (a.licence < b.licence ? -1 : 1))
    .map(({ contribution, licence, count }) => ({
      what: `contribution ${contribution}`,
      role: 'examples',
      licence,
      count,
      link: `/contributions/${contribution}`,
    }))
}

async function* pagesOf(db: Db, revision: Pick<DatasetRevision, 'id'>): AsyncIterable<readonly StoredExample[]> {
  let held: Digest[] = []
  for await (const digest of membersOf(db, revision)) {
    held.push(digest)
    if (held.length < pageSize) continue
    yield await readExamples(db, held)
    held = []
  }
  if (held.length > 0) yield await readExamples(db, held)
}

async function readExamples(db: Db, digests: readonly Digest[]): Promise<readonly StoredExample[]> {
  const rows = await db.selectFrom('examples').select(['digest', 'body']).where('digest', 'in', digests).execute()
  const bodies = new Map(rows.map(({ digest, body }) => [digest, body as Example]))
  return digests.map((digest) => ({ digest, ...(bodies.get(digest) as Example) }))
}
