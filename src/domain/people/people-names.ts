/** Names for records that keep only who by id. */

import type { Db } from '../../storage/database.ts'
import { operatorName } from './actor.ts'

/** How each id is called; null is the operator. */
export async function namesOf(db: Db, ids: readonly (number | null)[]): Promise<(id: number | null) => string> {
  const wanted = [...new Set(ids)].filter((id) => id !== null)
  const rows = wanted.length === 0 ? [] : await db.selectFrom('people').select(['id', 'name']).where('id', 'in', wanted).execute()
  const names = new Map(rows.map(({ id, name }) => [id, name]))
  return (id) => (id === null ? operatorName : (names.get(id) ?? operatorName))
}
