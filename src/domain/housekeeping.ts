/** What is done every night: uploads that nobody came back to are deleted, and an embedded database learns what its tables hold. */

import { sql } from 'kysely'
import type { Database } from '../storage/database.ts'
import type { Jobs } from '../storage/jobs.ts'
import { expireUploads } from './contributions/prepare-upload.ts'

interface HousekeepingApp {
  readonly db: Database
  readonly jobs: Pick<Jobs, 'enqueue'>
}

/** In UTC. */
const hourOfNight = 3

/** When the app starts: asks for the next night, and for now where an embedded database has grown without anybody analysing it. */
export async function startHousekeeping(app: HousekeepingApp, now: Date = new Date()): Promise<void> {
  await askForNight(app, now)
  if (app.db.kind !== 'embedded') return
  const { rows } = await sql`select from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
    and reltuples < 0 and pg_relation_size(oid) > ${guessedBytes} limit 1`.execute(app.db)
  if (rows.length > 0) await app.jobs.enqueue(app.db, 'housekeeping', {}, { key: 'housekeeping at start' })
}

/** A table this large is read by guesses long enough to be felt: one example's page took two seconds instead of some milliseconds. */
const guessedBytes = 8 * 1024 * 1024

/** Once, however often it is asked. */
async function askForNight(app: HousekeepingApp, now: Date): Promise<void> {
  const next = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate(), hourOfNight))
  if (next <= now) next.setUTCDate(next.getUTCDate() + 1)
  await app.jobs.enqueue(app.db, 'housekeeping', {}, { key: `housekeeping ${next.toISOString().slice(0, 10)}`, runAfter: next })
}

/** The job. */
export async function keepHouse(app: HousekeepingApp, now: Date = new Date()): Promise<void> {
  await askForNight(app, now)
  await expireUploads(app, now)
  // A server does this by itself; PGlite has no process for it, and plans by guesses until somebody analyses.
  if (app.db.kind === 'embedded') await sql`analyze`.execute(app.db)
}
