/** Who builds on a base model. */

import type { Db } from '../../storage/database.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'

export interface BaseUse {
  readonly id: number
  readonly owner: string
  readonly name: string
  readonly description: string
}

/** Community models on the base, in the order they were made; `after` is the id to go on beyond. */
export async function modelsOnBase(db: Db, baseId: number, page: Page = {}): Promise<readonly BaseUse[]> {
  return db
    .selectFrom('communityModels')
    .select(['id', 'owner', 'name', 'description'])
    .where('baseId', '=', baseId)
    .where('id', '>', page.after ?? 0)
    .orderBy('id')
    .limit(pageLimit(page))
    .execute()
}
