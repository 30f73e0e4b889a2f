/** The version a maintainer is offered for the next release. */

import type { Db } from '../../storage/database.ts'
import { nextVersion } from './next-version.ts'

/** The next minor one: whether a release only puts things right, its maintainer knows. */
export async function suggestVersion(db: Db, modelId: number): Promise<string> {
  const rows = await db.selectFrom('releases').select('version').where('modelId', '=', modelId).execute()
  return nextVersion(
    rows.map(({ version }) => version),
    false,
  )
}
