/** The versions of a suite that newer ones replaced. */

import type { Db } from '../../storage/database.ts'

export interface SuiteVersion {
  readonly id: number
  readonly count: number
  readonly createdAt: Date
}

/** The newest first, without the one that stands; at most twenty. */
export async function versionsBefore(
  db: Db,
  suite: { readonly id: number; readonly modelId: number; readonly name: string },
): Promise<readonly SuiteVersion[]> {
  return db
    .selectFrom('suites')
    .select(['id', 'count', 'createdAt'])
    .where('modelId', '=', suite.modelId)
    .where('name', '=', suite.name)
    .where('id', '<', suite.id)
    .orderBy('id', 'desc')
    .limit(20)
    .execute()
}
