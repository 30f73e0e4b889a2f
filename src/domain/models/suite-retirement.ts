/** Reads who retired the suites of a community, and who took them up again. */

import { sql } from 'kysely'
import type { Db } from '../../storage/database.ts'
import { operatorName } from '../people/actor.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'

export interface SuiteRetirement {
  readonly id: number
  /** false: taken up again. */
  readonly retired: boolean
  readonly message: string
  /** Name of who did it. */
  readonly by: string
  readonly createdAt: Date
}

/**
 * For a query from suites: when the suite, in whatever version, was retired; null while it is asked. One of the same name that was withdrawn meanwhile was
 * another.
 */
export const retiredAt = sql<Date | null>`(
  select case when last.retired then last.created_at end
  from suite_retirements last join suites versions on versions.id = last.suite_id
  where versions.model_id = suites.model_id and versions.name = suites.name
    and not exists (select from suites gone where gone.model_id = suites.model_id and gone.name = suites.name
      and gone.withdrawn_at is not null and gone.id >= last.suite_id)
  order by last.id desc limit 1)`

/** Of one suite, the newest first; empty where it was never retired. */
export async function retirementsOf(db: Db, modelId: number, suite: string, page: Page = {}): Promise<readonly SuiteRetirement[]> {
  let query = db
    .selectFrom('suiteRetirements')
    .innerJoin('suites', 'suites.id', 'suiteRetirements.suiteId')
    .leftJoin('people', 'people.id', 'suiteRetirements.setBy')
    .select(['suiteRetirements.id', 'retired', 'message', 'suiteRetirements.createdAt', 'people.name'])
    .where('suites.modelId', '=', modelId)
    .where('suites.name', '=', suite)
  if (page.after !== undefined && page.after > 0) query = query.where('suiteRetirements.id', '<', page.after)
  const rows = await query.orderBy('suiteRetirements.id', 'desc').limit(pageLimit(page)).execute()
  return rows.map(({ name, ...row }) => ({ ...row, by: name ?? operatorName }))
}
