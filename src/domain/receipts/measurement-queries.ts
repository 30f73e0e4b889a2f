/** Reads what was asked to be measured by leaving a contribution out of a release. */

import { AppError } from '../../errors.ts'
import type { Db } from '../../storage/database.ts'
import type { RunState } from '../../storage/schema.ts'
import { findBuild } from '../builds/build-queries.ts'

export interface Measurement {
  readonly id: number
  readonly releaseId: number
  readonly contributionId: number
  /** full: the release's own training without it; warm: a short training from the release before, with it and without it. */
  readonly method: 'full' | 'warm'
  /** null: the release itself is the side with it. */
  readonly withBuildId: number | null
  readonly withoutBuildId: number
  /** null: the local operator. */
  readonly requestedBy: number | null
  readonly createdAt: Date
  /** Of its builds together. */
  readonly state: RunState
  readonly error: string | null
}

/** Those of one contribution in one release, in the order they were asked for. */
export async function measurementsOf(db: Db, releaseId: number, contributionId?: number): Promise<readonly Measurement[]> {
  let query = db.selectFrom('contributionMeasurements').selectAll().where('releaseId', '=', releaseId)
  if (contributionId !== undefined) query = query.where('contributionId', '=', contributionId)
  const found: Measurement[] = []
  for (const row of await query.orderBy('id').execute()) found.push(await toMeasurement(db, row))
  return found
}

export async function findMeasurement(db: Db, id: number): Promise<Measurement> {
  const row = await db.selectFrom('contributionMeasurements').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) throw new AppError('not-found', `There is no measurement ${id}.`)
  return toMeasurement(db, row)
}

async function toMeasurement(db: Db, row: Omit<Measurement, 'state' | 'error'>): Promise<Measurement> {
  const without = await findBuild(db, row.withoutBuildId)
  const builds = row.withBuildId === null ? [without] : [await findBuild(db, row.withBuildId), without]
  const ended = builds.find(({ state }) => state === 'failed' || state === 'cancelled')
  const same = (['finished', 'queued'] as const).find((state) => builds.every((build) => build.state === state))
  return { ...row, state: ended?.state ?? same ?? 'running', error: ended?.error ?? null }
}
