/** How those who watch runs and evaluations learn that there is something to read, in this process or another, without asking all the time. */

import { sql } from 'kysely'
import type { Database, Db } from '../../storage/database.ts'

const channel = 'commonweights_progress'
/** A look without being told: notifications can be lost with a connection. Milliseconds. */
const patience = 3000
/** Looks are at least this far apart, however often something changes: what a person sees as live. Milliseconds. */
const pace = 150

/** Tells watchers, when `db`'s transaction commits. */
export async function announce(db: Db): Promise<void> {
  await sql`select pg_notify(${channel}, '')`.execute(db)
}

/** Yields at once, and again each time something may have changed. Aborting ends it with the signal's reason. */
export async function* changes(db: Database, signal?: AbortSignal): AsyncGenerator<void> {
  let wake = Promise.withResolvers<void>()
  const abort = (): void => wake.resolve()
  signal?.addEventListener('abort', abort)
  const unlisten = await db.listen(channel, () => wake.resolve())
  try {
    for (;;) {
      signal?.throwIfAborted()
      // Renewed before the look: a change during it is not missed.
      wake = Promise.withResolvers()
      yield
      await Promise.all([within(patience, wake.promise), within(pace)])
    }
  } finally {
    signal?.removeEventListener('abort', abort)
    await unlisten()
  }
}

/** Until the promise is settled or the time is over; leaves no timer behind. */
async function within(milliseconds: number, promise: Promise<void> = new Promise(() => {})): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)))
  await Promise.race([promise, over])
  clearTimeout(timer)
}
