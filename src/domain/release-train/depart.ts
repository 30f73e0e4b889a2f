/** Lets a train leave: by hand, or because the community's rhythm says so. */

import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { Jobs } from '../../storage/jobs.ts'
import { latestRevision } from '../datasets/dataset-queries.ts'
import { findModel, findModelById, lockModel } from '../models/model-queries.ts'
import { formatModelName } from '../models/model-name.ts'
import { actorId, operator, requireRole, type Actor } from '../people/actor.ts'
import { latestRelease } from '../releases/release-queries.ts'
import { patrolHold } from '../reviews/patrol-queries.ts'
import { announce } from '../training/changes.ts'
import type { ReleaseTrain } from './release-train.ts'
import { departureReason, type Schedule } from './schedule.ts'
import { acceptedBetween, findTrain, releasedRevision, scheduleHistory, trainUnderWay } from './train-queries.ts'

export interface DepartureApp {
  readonly db: Database
  readonly jobs: Pick<Jobs, 'enqueue'>
}

/** Maintainers. `conflict` while another train is under way or waits for a decision, while the community waits for a patrol, and where nothing was accepted since the last release. */
export async function startTrain(app: DepartureApp, actor: Actor, model: string): Promise<ReleaseTrain> {
  return app.db.transaction().execute(async (db) => {
    const { id } = await findModel(db, model)
    requireRole(actor, 'maintainer', id)
    return departNow(app, db, actor, id, 'it was started by hand')
  })
}

/** In a transaction. */
export async function departNow(
  app: Pick<DepartureApp, 'jobs'>,
  db: Db,
  actor: Actor,
  modelId: number,
  reason: string,
): Promise<ReleaseTrain> {
  await lockModel(db, modelId)
  const name = formatModelName(await findModelById(db, modelId))
  const other = await trainUnderWay(db, modelId)
  if (other)
    throw new AppError(
      'conflict',
      other.state === 'running'
        ? `Train ${other.number} of ${name} is under way; wait for it, or "release-train cancel ${other.id}" stops it.`
        : `Train ${other.number} of ${name} waits for a decision: "release-train publish ${other.id}" or "release-train cancel ${other.id}".`,
    )
  const hold = await patrolHold(db, modelId)
  if (hold !== null) throw new AppError('conflict', hold)
  const head = await latestRevision(db, modelId)
  const baseline = await latestRelease(db, modelId)
  const before = await releasedRevision(db, baseline?.id ?? null)
  if (!head || head.number <= (before?.number ?? 0))
    throw new AppError('conflict', `Nothing was accepted into ${name} since its last release, so there is nobody to take along.`)
  const { last } = await db
    .selectFrom('releaseTrains')
    .select((of) => of.fn.max('number').as('last'))
    .where('modelId', '=', modelId)
    .executeTakeFirstOrThrow()
  const { id } = await db
    .insertInto('releaseTrains')
    .values({
      modelId,
      number: (last ?? 0) + 1,
      state: 'running',
      stage: 'train',
      reason,
      startedBy: actorId(actor),
      baselineId: baseline?.id ?? null,
      revisionId: head.id,
      runId: null,
      buildId: null,
      gate: null,
      firstGate: null,
      leftOut: JSON.stringify([]),
      outcome: null,
      letters: JSON.stringify([]),
      reversalId: null,
      releaseId: null,
      endedAt: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  await app.jobs.enqueue(db, 'advance-train', { trainId: id })
  await announce(db)
  return findTrain(db, id)
}

/** Lets every train leave that is due, and returns them. Where one is under way or proposed, the next waits. */
export async function departWhereDue(app: DepartureApp, now: Date = new Date()): Promise<ReleaseTrain[]> {
  const models = await app.db.selectFrom('trainSchedules').select('modelId').distinct().orderBy('modelId').execute()
  const left: ReleaseTrain[] = []
  for (const { modelId } of models) {
    const train = await app.db.transaction().execute(async (db) => {
      const reason = await dueReason(db, modelId, now)
      return reason === null ? null : departNow(app, db, operator, modelId, reason)
    })
    if (train) left.push(train)
  }
  return left
}

async function dueReason(db: Db, modelId: number, now: Date): Promise<string | null> {
  await lockModel(db, modelId)
  const [settings] = await scheduleHistory(db, modelId, { limit: 1 })
  if (!settings || settings.rhythm.kind === 'by-hand' || (await trainUnderWay(db, modelId))) return null
  if ((await patrolHold(db, modelId)) !== null) return null
  const head = await latestRevision(db, modelId)
  if (!head) return null
  const last = await db
    .selectFrom('releaseTrains')
    .innerJoin('datasetRevisions', 'datasetRevisions.id', 'releaseTrains.revisionId')
    .select(['releaseTrains.createdAt', 'datasetRevisions.number as upTo'])
    .where('releaseTrains.modelId', '=', modelId)
    .orderBy('releaseTrains.id', 'desc')
    .limit(1)
    .executeTakeFirst()
  const baseline = await latestRelease(db, modelId)
  const released = await releasedRevision(db, baseline?.id ?? null)
  // Counted from the last departure too: a train that was stopped does not leave again for every further example.
  const above = Math.max(released?.number ?? 0, last?.upTo ?? 0)
  const examples = (await acceptedBetween(db, modelId, above, head.number)).reduce((sum, one) => sum + one.examples, 0)
  const since = await rhythmSince(db, modelId, settings)
  return departureReason(settings.rhythm, { now, since, lastDeparture: last?.createdAt ?? null, examples })
}

/** When this rhythm was set: changing something else does not make a weekly train wait another week. */
async function rhythmSince(db: Db, modelId: number, now: Schedule): Promise<Date> {
  const history = await scheduleHistory(db, modelId, { limit: 200 })
  const other = history.findIndex(({ rhythm }) => JSON.stringify(rhythm) !== JSON.stringify(now.rhythm))
  return (history[(other === -1 ? history.length : other) - 1] ?? history[0]!).createdAt
}
