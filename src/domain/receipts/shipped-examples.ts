/** Which examples of a release's dataset each contribution brought, and which of those to be taken out are gone. */

import { createHash, type Hash } from 'node:crypto'
import type { Digest } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import { membersIn, touchedBuckets } from '../datasets/bucket-tree.ts'
import { broughtBy, bucketsOf, loadBuckets, membersOf } from '../datasets/dataset-queries.ts'

/** Digests looked up in one query. */
const pageSize = 1_000

export interface Shipped {
  readonly count: number
  /** Over the digests, ascending, one a line. */
  readonly digest: Digest
}

export interface ShippedExamples {
  /** By contribution. */
  readonly standing: ReadonlyMap<number, Shipped>
  /** Those of the digests asked about that the dataset has. */
  readonly present: ReadonlySet<Digest>
}

/**
 * Reads the whole dataset once, a thousand examples at a time.
 * @param revision the release's dataset; `number` is that of the newest accepted revision it follows
 * @param among digests to say of whether they are there
 */
export async function shippedExamples(
  db: Db,
  revision: { readonly id: number; readonly modelId: number; readonly number: number },
  among: ReadonlySet<Digest>,
): Promise<ShippedExamples> {
  const counted = new Map<number, { count: number; hash: Hash }>()
  const present = new Set<Digest>()
  const take = async (page: readonly Digest[]) => {
    const by = await broughtBy(db, revision, page)
    for (const digest of page) {
      if (among.has(digest)) present.add(digest)
      const contribution = by.get(digest)?.contribution
      if (contribution === undefined) continue
      const known = counted.get(contribution) ?? { count: 0, hash: createHash('sha256') }
      known.count++
      known.hash.update(`${digest}\n`)
      counted.set(contribution, known)
    }
  }
  let page: Digest[] = []
  for await (const digest of membersOf(db, revision)) {
    page.push(digest)
    if (page.length < pageSize) continue
    await take(page)
    page = []
  }
  if (page.length > 0) await take(page)
  const standing = new Map(
    [...counted].map(([contribution, { count, hash }]) => [contribution, { count, digest: `sha256:${hash.digest('hex')}` as const }]),
  )
  return { standing, present }
}

/** Those of the digests that a dataset has. Reads only the buckets they would be in. */
export async function membersAmong(db: Db, revisionId: number, digests: readonly Digest[]): Promise<ReadonlySet<Digest>> {
  const buckets = await bucketsOf(db, revisionId)
  const touched = [...touchedBuckets(digests)].flatMap((index) => buckets.get(index) ?? [])
  const members = new Set([...(await loadBuckets(db, touched)).values()].flatMap((bucket) => [...membersIn(bucket)]))
  return new Set(digests.filter((digest) => members.has(digest)))
}
