/** What a list says of trains, without reading everybody aboard: a first train of a large community has all of its contributions. */

import { sql } from 'kysely'
import type { Db } from '../../storage/database.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'
import type { ReleaseTrain, TrainStage, TrainState } from './release-train.ts'

export interface TrainSummary {
  readonly id: number
  /** 1, 2, 3 … within its community model. */
  readonly number: number
  readonly state: TrainState
  readonly stage: TrainStage
  readonly createdAt: Date
  /** Version of the release it made. */
  readonly release: string | null
  /** Contributions aboard that are not left out. */
  readonly contributions: number
  /** Who made them; null where there are more contributions than a list counts the people of. */
  readonly people: number | null
  readonly leftOut: number
  /** Builds of the search so far. */
  readonly trials: number
}

/** Contributions whose authors are counted. */
const counted = 200

/** Newest first; `after` is the id to go on below. */
export async function trainSummaries(
  db: Db,
  modelId: number,
  page: Page & { readonly underWay?: boolean } = {},
): Promise<readonly TrainSummary[]> {
  const below = page.after === undefined ? sql`` : sql`and trains.id < ${page.after}`
  const only = page.underWay ? sql`and trains.state in ('running', 'proposed')` : sql``
  const { rows } = await sql<TrainSummary>`
    select trains.id, trains.number, trains.state, trains.stage, trains.created_at as "createdAt", releases.version as release,
      jsonb_array_length(trains.left_out) as "leftOut", aboard.contributions,
      case when aboard.contributions <= ${counted} then (
        select count(distinct coalesce(contributions.author_id, 0))::integer
        from dataset_revisions revisions join revision_contributions links on links.revision_id = revisions.id
        join contributions on contributions.id = links.contribution_id
        where revisions.model_id = trains.model_id and revisions.number > coalesce(before.number, 0) and revisions.number <= head.number
          and not trains.left_out @> to_jsonb(contributions.id)) end as people,
      (select count(*)::integer from train_trials trials where trials.train_id = trains.id) as trials
    from release_trains trains
    join dataset_revisions head on head.id = trains.revision_id
    left join releases on releases.id = trains.release_id
    left join releases baseline on baseline.id = trains.baseline_id
    left join checkpoints on checkpoints.id = baseline.checkpoint_id
    left join training_runs runs on runs.id = checkpoints.run_id
    left join dataset_revisions before on before.id = runs.revision_id
    cross join lateral (
      -- Each acceptance makes one revision.
      select head.number - coalesce(before.number, 0) - jsonb_array_length(trains.left_out) as contributions
    ) aboard
    where trains.model_id = ${modelId} ${below} ${only}
    order by trains.id desc limit ${pageLimit(page)}`.execute(db)
  return rows
}

/** The same of a train that was read whole. */
export function summaryOf(train: ReleaseTrain): TrainSummary {
  const { id, number, state, stage, createdAt, release, passengers, leftOut, trials } = train
  const aboard = passengers.filter((passenger) => !leftOut.includes(passenger.id))
  return {
    id,
    number,
    state,
    stage,
    createdAt,
    release,
    contributions: aboard.length,
    people: new Set(aboard.map(({ authorId }) => authorId)).size,
    leftOut: leftOut.length,
    trials: trials.length,
  }
}
