/** Stops a build for somebody who no longer wants it, unless somebody else still does. */

import { sql } from 'kysely'
import type { Database, Db } from '../../storage/database.ts'
import type { Build } from './build.ts'
import { findBuild } from './build-queries.ts'
import { cancelBuild } from './cancel-build.ts'

/** Call it once the record of whoever lets go says so. */
export async function cancelUnwanted(app: { readonly db: Database }, id: number): Promise<Build> {
  return (await isWanted(app.db, id)) ? findBuild(app.db, id) : cancelBuild(app, id)
}

/**
 * A preview, a train, a forecast or a measurement waits for it. They are the records of later stages, and point here; who wants a build is not kept a second
 * time, but read from them by the names of their tables.
 */
export async function isWanted(db: Db, id: number): Promise<boolean> {
  const { rows } = await sql<{ wanted: boolean }>`select
    exists (select from previews where cancelled_at is null and (build_id = ${id} or control_id = ${id}))
    or exists (select from release_trains where state = 'running' and build_id = ${id})
    or exists (select from forecasts where state in ('queued', 'running') and build_id = ${id})
    or exists (select from contribution_measurements where with_build_id = ${id} or without_build_id = ${id}) as wanted`.execute(db)
  return rows[0]?.wanted ?? false
}
