/** The clock of the trains: a light job that looks at what is due when the app starts, every full hour, and after each contribution that is accepted. */

import type { Db } from '../../storage/database.ts'
import type { Jobs } from '../../storage/jobs.ts'
import { departWhereDue, type DepartureApp } from './depart.ts'

const hour = 3_600_000

/** Starts the clock, or joins the one that runs: of all looks for one hour there is one. */
export async function startDepartures(app: DepartureApp): Promise<void> {
  await app.jobs.enqueue(app.db, 'departures', { again: true }, { key: 'departures at start' })
}

/** A look soon, besides those of the clock: something was accepted. */
export async function lookForDepartures(app: { readonly jobs: Pick<Jobs, 'enqueue'> }, db: Db): Promise<void> {
  await app.jobs.enqueue(db, 'departures', { again: false })
}

/** The job. */
export async function departures(app: DepartureApp, { again }: { readonly again: boolean }, now: Date = new Date()): Promise<void> {
  if (again) {
    const next = new Date((Math.floor(now.getTime() / hour) + 1) * hour)
    await app.jobs.enqueue(app.db, 'departures', { again: true }, { key: `departures at ${next.toISOString()}`, runAfter: next })
  }
  await departWhereDue(app, now)
}
