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

/** Asks for the next night, once however often the app starts. */
export async function startHousekeeping(app: HousekeepingApp, now: Date = new Date()): Promise<void> {
  const next = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate(), hourOfNight))
  if (next <= now) next.setUTCDate(next.getUTCDate() + 1)
  await app.jobs.enqueue(app.db, 'housekeeping', {}, { key: `housekeeping ${next.toISOString().slice(0, 10)}`, runAfter: next })
}

/** The job. */
export async function keepHouse(app: HousekeepingApp, now: Date = new Date()): Promise<void> {
  await startHousekeeping(app, now)
  await expireUploads(app, now)
  // A server does this by itself; PGlite has no process for it, and plans by guesses until somebody analyses.
  if (app.db.kind === 'embedded') await sql`analyze`.execute(app.db)
}
