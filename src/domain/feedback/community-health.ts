/** How a community is doing, at a glance and cheaply. */

import { sql } from 'kysely'
import type { Db } from '../../storage/database.ts'
import { bounded, countBound, countOpen, type BoundedCount } from '../contributions/proposal-lists.ts'

export interface CommunityHealth {
  readonly openProposals: BoundedCount
  /** Undecided proposals that claim what another one claims; bounded like the others. */
  readonly conflicts: BoundedCount
  /** Answers that people said are wrong and no proposal has taken up. */
  readonly answersWaiting: BoundedCount
  /** Whole days since the newest published release; null before the first. */
  readonly daysSinceRelease: number | null
  /** Its version. */
  readonly release: string | null
  readonly examples: number
}

export async function communityHealth(db: Db, modelId: number): Promise<CommunityHealth> {
  const release = await db
    .selectFrom('releases')
    .select(['version', 'createdAt'])
    .where('modelId', '=', modelId)
    .where('state', '=', 'published')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  const dataset = await db
    .selectFrom('datasetRevisions')
    .select('count')
    .where('modelId', '=', modelId)
    .where('number', 'is not', null)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst()
  return {
    openProposals: await countOpen(db, modelId),
    conflicts: await countConflicting(db, modelId),
    answersWaiting: await countWaiting(db, modelId),
    daysSinceRelease: release === undefined ? null : Math.floor((Date.now() - release.createdAt.getTime()) / 86_400_000),
    release: release?.version ?? null,
    examples: dataset?.count ?? 0,
  }
}

async function countConflicting(db: Db, modelId: number): Promise<BoundedCount> {
  const { rows } = await sql<{ count: number }>`
    with recursive found(id, n) as (
      select (select min(contribution_id) from claims where contested and model_id = ${modelId}), 1
      union all
      select (select min(contribution_id) from claims where contested and model_id = ${modelId} and contribution_id > found.id), n + 1
      from found where found.id is not null and n <= ${countBound})
    select count(id)::integer as count from found`.execute(db)
  return bounded(rows[0]?.count ?? 0)
}

async function countWaiting(db: Db, modelId: number): Promise<BoundedCount> {
  const { rows } = await sql`
    select from feedback where model_id = ${modelId} and rating = 'down'
      and not exists (select from contributions where contributions.feedback_id = feedback.id)
    limit ${countBound + 1}`.execute(db)
  return bounded(rows.length)
}
