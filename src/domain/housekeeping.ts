/** What is done by itself: an embedded database learns what its tables hold, every hour where they grew; every night what nobody came back to is deleted and what takes long is counted. */

import { sql } from 'kysely'
import type { Blobs } from '../storage/blobs.ts'
import type { Database } from '../storage/database.ts'
import type { Jobs } from '../storage/jobs.ts'
import { expireUploads } from './contributions/prepare-upload.ts'
import { countBlobs } from './kept-counts.ts'

interface HousekeepingApp {
  readonly db: Database
  readonly blobs: Pick<Blobs, 'list'>
  readonly jobs: Pick<Jobs, 'enqueue'>
}

/** In UTC. */
const hourOfNight = 3
const hour = 3_600_000

/** When the app starts: asks for the next hour, and for now where an embedded database has grown without anybody analysing it. */
export async function startHousekeeping(app: Pick<HousekeepingApp, 'db' | 'jobs'>, now: Date = new Date()): Promise<void> {
  await askForNextHour(app, now)
  if ((await grownTables(app.db)).length > 0) await app.jobs.enqueue(app.db, 'housekeeping', {}, { key: 'housekeeping at start' })
}

/** Once, however often it is asked. */
async function askForNextHour(app: Pick<HousekeepingApp, 'db' | 'jobs'>, now: Date): Promise<void> {
  const next = new Date((Math.floor(now.getTime() / hour) + 1) * hour)
  await app.jobs.enqueue(app.db, 'housekeeping', {}, { key: `housekeeping at ${next.toISOString()}`, runAfter: next })
}

/** The job. */
export async function keepHouse(app: HousekeepingApp, now: Date = new Date()): Promise<void> {
  await askForNextHour(app, now)
  for (const table of await grownTables(app.db)) await sql`analyze ${sql.table(table)}`.execute(app.db)
  if (now.getUTCHours() !== hourOfNight) return
  await expireUploads(app, now)
  await countBlobs(app)
  if (app.db.kind === 'embedded') await sql`analyze`.execute(app.db)
}

/** A table this large is read by guesses long enough to be felt: one example's page took two seconds instead of some milliseconds. */
const guessedBytes = 8 * 1024 * 1024

/**
 * Tables that are half as large again as when they were analysed last. A server looks after that by itself; PGlite has no process for it, and plans by guesses until somebody
 * analyses.
 */
export async function grownTables(db: Database): Promise<readonly string[]> {
  if (db.kind !== 'embedded') return []
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
      and pg_relation_size(oid) > ${guessedBytes} + case when reltuples < 0 then 0 else relpages * 1.5 * current_setting('block_size')::integer end`.execute(
    db,
  )
  return rows.map(({ name }) => name)
}
