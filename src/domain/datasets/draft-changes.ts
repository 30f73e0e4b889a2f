/** What would change a dataset into one with a proposal, without some contributions, or with a part of itself: for drafts. */

import { sql } from 'kysely'
import type { Digest } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import { digestsOfChanges } from '../contributions/contribution-queries.ts'
import { standingAmong } from '../contributions/standing-examples.ts'
import { broughtBy, membersOf } from './dataset-queries.ts'
import type { DatasetRevision } from './dataset-revision.ts'
import type { DatasetChange } from './revise-dataset.ts'

/** What one round of a contribution asks for, less what the dataset has moved past: targets that are gone, examples that came another way. */
export async function changeWith(
  db: Db,
  contribution: { readonly id: number; readonly modelId: number; readonly round: number },
): Promise<DatasetChange> {
  const { coming, going } = await digestsOfChanges(db, contribution.id, contribution.round)
  const standing = await standingAmong(db, contribution.modelId, [...coming, ...going])
  return { coming: coming.filter((digest) => !standing.has(digest)), going: going.filter((digest) => standing.has(digest)) }
}

/**
 * What leaving accepted contributions out of the newest revision changes: what they brought and still stands goes, what they took out comes back unless
 * another contribution took it out too.
 */
export async function changeWithout(
  db: Db,
  revision: Pick<DatasetRevision, 'id' | 'modelId' | 'number'>,
  contributions: readonly number[],
): Promise<DatasetChange> {
  if (contributions.length === 0) return { coming: [], going: [] }
  const out = new Set(contributions)
  const rows = await db
    .selectFrom('contributionChanges as changes')
    .innerJoin('contributions', (join) =>
      join.onRef('contributions.id', '=', 'changes.contributionId').onRef('contributions.round', '=', 'changes.round'),
    )
    .select(['changes.exampleDigest', 'changes.targetDigest'])
    .where('contributions.id', 'in', contributions)
    .execute()
  const brought = rows.flatMap(({ exampleDigest }) => exampleDigest ?? [])
  const taken = rows.flatMap(({ targetDigest }) => targetDigest ?? [])
  const standing = await standingAmong(db, revision.modelId, [...brought, ...taken])
  const by = await broughtBy(db, revision, [...standing.keys()])
  const going = [...new Set(brought)].filter((digest) => standing.has(digest) && out.has(by.get(digest)?.contribution as number))
  const coming = await stillWanted(
    db,
    revision.modelId,
    [...new Set(taken)].filter((digest) => !standing.has(digest)),
    contributions,
  )
  return { coming, going }
}

/** Of examples that were taken out, those that would stand if these contributions had never been accepted. */
async function stillWanted(db: Db, modelId: number, digests: readonly Digest[], without: readonly number[]): Promise<Digest[]> {
  if (digests.length === 0) return []
  const list = sql.join(digests)
  const out = sql.join(without)
  const { rows } = await sql<{ digest: Digest; present: boolean }>`
    select distinct on (digest) digest, present from (
      select changes.example_digest as digest, true as present, contributions.decided_at
      from contribution_changes changes join contributions on contributions.id = changes.contribution_id and contributions.round = changes.round
      where contributions.model_id = ${modelId} and contributions.state = 'accepted' and changes.example_digest in (${list}) and contributions.id not in (${out})
      union all
      select changes.target_digest, false, contributions.decided_at
      from contribution_changes changes join contributions on contributions.id = changes.contribution_id and contributions.round = changes.round
      where contributions.model_id = ${modelId} and contributions.state = 'accepted' and changes.target_digest in (${list}) and contributions.id not in (${out})
    ) touched
    order by digest, decided_at desc, present desc`.execute(db)
  return rows.flatMap(({ digest, present }) => (present ? [digest] : []))
}

/** What cuts a revision down to the examples that `keep` names. */
export async function changeKeeping(
  db: Db,
  revision: Pick<DatasetRevision, 'id'>,
  keep: (digest: Digest) => boolean,
): Promise<DatasetChange> {
  const going: Digest[] = []
  for await (const digest of membersOf(db, revision)) if (!keep(digest)) going.push(digest)
  return { coming: [], going }
}
