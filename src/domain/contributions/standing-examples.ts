/** Which examples stand in a model's dataset, read from the accepted contributions: the last one that touched an example decides. */

import { sql } from 'kysely'
import type { Digest } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'

/** Values in one query; Postgres takes at most 65,535. */
const perQuery = 5_000

export function* inPieces<Value>(values: readonly Value[], size = perQuery): Iterable<readonly Value[]> {
  for (let i = 0; i < values.length; i += size) yield values.slice(i, i + size)
}

/** Those of the examples that stand, with the contribution that brought them. */
export async function standingAmong(db: Db, modelId: number, digests: readonly Digest[]): Promise<ReadonlyMap<Digest, number>> {
  const standing = new Map<Digest, number>()
  for (const some of inPieces([...new Set(digests)])) {
    const list = sql.join(some)
    const { rows } = await sql<{ digest: Digest; present: boolean; id: number }>`
      select distinct on (digest) digest, present, id from (
        select changes.example_digest as digest, true as present, contributions.id, contributions.decided_at
        from contribution_changes changes join contributions on contributions.id = changes.contribution_id and contributions.round = changes.round
        where contributions.model_id = ${modelId} and contributions.state = 'accepted' and changes.example_digest in (${list})
        union all
        select changes.target_digest, false, contributions.id, contributions.decided_at
        from contribution_changes changes join contributions on contributions.id = changes.contribution_id and contributions.round = changes.round
        where contributions.model_id = ${modelId} and contributions.state = 'accepted' and changes.target_digest in (${list})
      ) touched
      order by digest, decided_at desc, id desc, present desc`.execute(db)
    for (const { digest, present, id } of rows) if (present) standing.set(digest, id)
  }
  return standing
}

/** Of the contents given, those that stand, as content digest to example digest. */
export async function standingContents(db: Db, modelId: number, contents: readonly Digest[]): Promise<ReadonlyMap<Digest, Digest>> {
  const candidates: { digest: Digest; contentDigest: Digest }[] = []
  for (const some of inPieces([...new Set(contents)]))
    candidates.push(...(await db.selectFrom('examples').select(['digest', 'contentDigest']).where('contentDigest', 'in', some).execute()))
  const standing = await standingAmong(
    db,
    modelId,
    candidates.map(({ digest }) => digest),
  )
  return new Map(candidates.filter(({ digest }) => standing.has(digest)).map(({ digest, contentDigest }) => [contentDigest, digest]))
}

/** Standing examples that share a MinHash band with any of those given: band to examples. */
export async function standingByBand(db: Db, modelId: number, bands: readonly number[]): Promise<ReadonlyMap<number, readonly Digest[]>> {
  const rows: { band: number; digest: Digest }[] = []
  for (const some of inPieces([...new Set(bands)]))
    rows.push(...(await db.selectFrom('exampleBands').selectAll().where('band', 'in', some).execute()))
  const standing = await standingAmong(
    db,
    modelId,
    rows.map(({ digest }) => digest),
  )
  const found = new Map<number, Digest[]>()
  for (const { band, digest } of rows) if (standing.has(digest)) found.set(Number(band), [...(found.get(Number(band)) ?? []), digest])
  return found
}
