/** Reads a community's rules of review and their history. */

import type { Db } from '../../storage/database.ts'
import { operatorName } from '../people/actor.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'
import { differingRules, inOrder, type ReviewRules } from './review-rules.ts'

/** The rules as they were set at one time. */
export interface RulesRecord {
  readonly id: number
  readonly rules: ReviewRules
  readonly message: string
  /** Who set them; "operator" for the local operator. */
  readonly by: string
  readonly createdAt: Date
}

export interface RulesChange extends RulesRecord {
  /** What differs from the record before, e.g. "quorum.cap: 5 → 3"; empty for the first. */
  readonly changes: readonly string[]
}

function records(db: Db, modelId: number) {
  return db
    .selectFrom('reviewRules')
    .leftJoin('people', 'people.id', 'reviewRules.setBy')
    .select(['reviewRules.id', 'rules', 'message', 'people.name as by', 'reviewRules.createdAt'])
    .where('modelId', '=', modelId)
    .orderBy('reviewRules.id', 'desc')
}

type Row = Awaited<ReturnType<ReturnType<typeof records>['executeTakeFirstOrThrow']>>

const toRecord = (row: Row): RulesRecord => ({ ...row, rules: inOrder(row.rules as ReviewRules), by: row.by ?? operatorName })

/** The rules that count now. */
export async function currentRules(db: Db, modelId: number): Promise<RulesRecord> {
  return toRecord(await records(db, modelId).limit(1).executeTakeFirstOrThrow())
}

/** Newest first; a page goes on below id `after`. */
export async function rulesLog(db: Db, modelId: number, page: Page = {}): Promise<readonly RulesChange[]> {
  let query = records(db, modelId)
  if (page.after !== undefined && page.after > 0) query = query.where('reviewRules.id', '<', page.after)
  const limit = pageLimit(page)
  const rows = (await query.limit(limit + 1).execute()).map(toRecord)
  return rows.slice(0, limit).map((record, i) => {
    const before = rows[i + 1]
    return { ...record, changes: before ? differingRules(before.rules, record.rules) : [] }
  })
}
