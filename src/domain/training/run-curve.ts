/** The loss of a run as a curve that can be drawn: however many steps it has, a few hundred points. */

import { sql } from 'kysely'
import type { Db } from '../../storage/database.ts'
import type { RunStep } from './run.ts'

export interface CurvePoint {
  /** The last step of those it stands for. */
  readonly step: number
  /** Means over them. */
  readonly loss: number
  readonly tokensPerSecond: number
}

/** At most `points` of them, in order; each stands for as many neighbouring steps as are needed for that. */
export async function curveOf(db: Db, runId: number, points = 240): Promise<readonly CurvePoint[]> {
  const { rows } = await sql<CurvePoint>`
    with last as (select greatest(1, ceil(coalesce(max(step), 1)::numeric / ${points}))::integer as size from run_steps where run_id = ${runId})
    select max(step) as step, avg(loss)::float8 as loss, avg(tokens_per_second)::float8 as "tokensPerSecond"
    from run_steps, last where run_id = ${runId} group by (step - 1) / last.size order by 1`.execute(db)
  return rows
}

/** The newest steps, the newest first. */
export async function newestSteps(db: Db, runId: number, limit = 20): Promise<readonly RunStep[]> {
  return db
    .selectFrom('runSteps')
    .select(['step', 'loss', 'gradientNorm', 'learningRate', 'tokensPerSecond'])
    .where('runId', '=', runId)
    .orderBy('step', 'desc')
    .limit(limit)
    .execute()
}
