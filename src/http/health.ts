/** /healthz says that the process lives, /readyz that it can do its work. */

import { Hono } from 'hono'
import { sql } from 'kysely'
import type { Engine } from '../engines/engine.ts'
import { AppError } from '../errors.ts'
import type { Database } from '../storage/database.ts'
import type { Jobs } from '../storage/jobs.ts'

export interface HealthApp {
  readonly db: Database
  readonly engine: Engine
  readonly jobs: Jobs
}

/** A database that has not answered for this long will not answer a request either. */
const PATIENCE_MS = 3_000

export function healthRoutes(app: HealthApp): Hono {
  return new Hono()
    .get('/healthz', (c) => c.json({ status: 'ok' }))
    .get('/readyz', async (c) => {
      const answer = sql`select 1`.execute(app.db)
      const patience = new Promise<never>((_, refuse) => {
        setTimeout(() => refuse(new AppError('unavailable', 'The database does not answer.')), PATIENCE_MS).unref()
      })
      await Promise.race([answer, patience])
      return c.json({ status: 'ready', jobs: await app.jobs.counts(), engine: app.engine.loaded() })
    })
}
