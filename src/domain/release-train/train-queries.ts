/** Reads of rhythms and trains, and following a train. */

import { sql } from 'kysely'
import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { Comparison } from '../evaluation/evaluation.ts'
import { findModel } from '../models/model-queries.ts'
import { operatorName } from '../people/actor.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'
import type { GateReport } from '../releases/release.ts'
import { changes } from '../training/changes.ts'
import { findCheckpoint, findRun } from '../training/run-queries.ts'
import { acceptedNumber } from '../training/run.ts'
import { statusLineOf, type Letter, type Passenger, type ReleaseTrain, type Trial } from './release-train.ts'
import { defaultSchedule, type Rhythm, type Schedule, type ScheduleChange } from './schedule.ts'

/** Every change of a community's settings, newest first. */
export async function scheduleHistory(db: Db, modelId: number, page: Page = {}): Promise<ScheduleChange[]> {
  let query = db
    .selectFrom('trainSchedules')
    .leftJoin('people', 'people.id', 'trainSchedules.setBy')
    .selectAll('trainSchedules')
    .select('people.name as by')
    .where('modelId', '=', modelId)
  if (page.after !== undefined) query = query.where('trainSchedules.id', '<', page.after)
  const rows = await query.orderBy('trainSchedules.id', 'desc').limit(pageLimit(page)).execute()
  return rows.map(({ rhythm, by, ...row }) => ({ ...row, rhythm: rhythm as Rhythm, by: by ?? operatorName }))
}

/** The settings that count now. */
export async function scheduleOf(db: Db, modelId: number): Promise<Schedule> {
  const [newest] = await scheduleHistory(db, modelId, { limit: 1 })
  return newest ?? defaultSchedule
}

export async function findTrain(db: Db, id: number): Promise<ReleaseTrain> {
  const row = await trains(db).where('releaseTrains.id', '=', id).executeTakeFirst()
  if (!row) throw new AppError('not-found', `There is no train ${id}; "release-train list <owner/name>" shows those there are.`)
  return toTrain(db, row)
}

/** Newest first; `after` is the id to go on below. */
export async function listTrains(db: Db, model: string, page: Page = {}): Promise<ReleaseTrain[]> {
  const { id } = await findModel(db, model)
  let query = trains(db).where('releaseTrains.modelId', '=', id)
  if (page.after !== undefined) query = query.where('releaseTrains.id', '<', page.after)
  const found: ReleaseTrain[] = []
  for (const row of await query.orderBy('releaseTrains.id', 'desc').limit(pageLimit(page)).execute()) found.push(await toTrain(db, row))
  return found
}

/** The one under way or proposed, or null. */
export async function trainUnderWay(db: Db, modelId: number): Promise<ReleaseTrain | null> {
  const row = await trains(db)
    .where('releaseTrains.modelId', '=', modelId)
    .where('releaseTrains.state', 'in', ['running', 'proposed'])
    .executeTakeFirst()
  return row ? toTrain(db, row) : null
}

/** At once, then whenever its line changes; ends after the update in which nothing more happens by itself. Aborting ends it with the signal's reason. */
export async function* watchTrain(
  app: { readonly db: Database },
  id: number,
  options: { readonly signal?: AbortSignal } = {},
): AsyncIterable<ReleaseTrain> {
  let seen = ''
  for await (const _ of changes(app.db, options.signal)) {
    const train = await findTrain(app.db, id)
    const now = JSON.stringify([train.statusLine, train.trials.length, train.runId])
    if (now === seen) continue
    seen = now
    yield train
    if (train.state !== 'running') return
  }
}

/** Number of the dataset revision a release was trained on; 0 where there is no release. */
export async function releasedRevision(db: Db, releaseId: number | null): Promise<{ readonly id: number; readonly number: number } | null> {
  if (releaseId === null) return null
  const { checkpointId } = await db.selectFrom('releases').select('checkpointId').where('id', '=', releaseId).executeTakeFirstOrThrow()
  const run = await findRun(db, (await findCheckpoint(db, checkpointId)).runId)
  return { id: run.revision.id, number: acceptedNumber(run) }
}

/** Contributions accepted into the revisions above one number, up to another, in the order of their acceptance. */
export async function acceptedBetween(db: Db, modelId: number, above: number, upTo: number): Promise<Passenger[]> {
  const rows = await db
    .selectFrom('revisionContributions as links')
    .innerJoin('datasetRevisions as revisions', 'revisions.id', 'links.revisionId')
    .innerJoin('contributions', 'contributions.id', 'links.contributionId')
    .leftJoin('people', 'people.id', 'contributions.authorId')
    .select(['contributions.id', 'contributions.authorId', 'contributions.message', 'people.name as author'])
    .select(
      sql<number>`(select count(*)::integer from contribution_changes changes
        where changes.contribution_id = contributions.id and changes.round = contributions.round and changes.kind in ('add', 'replace', 'remove'))`.as(
        'examples',
      ),
    )
    .where('revisions.modelId', '=', modelId)
    .where('revisions.number', '>', above)
    .where('revisions.number', '<=', upTo)
    .orderBy('revisions.number')
    .orderBy('contributions.id')
    .execute()
  return rows.map(({ author, ...row }) => ({ ...row, author: author ?? operatorName }))
}

function trains(db: Db) {
  return db
    .selectFrom('releaseTrains')
    .innerJoin('communityModels', 'communityModels.id', 'releaseTrains.modelId')
    .innerJoin('datasetRevisions', 'datasetRevisions.id', 'releaseTrains.revisionId')
    .leftJoin('releases', 'releases.id', 'releaseTrains.releaseId')
    .selectAll('releaseTrains')
    .select([
      'communityModels.owner as owner',
      'communityModels.name as modelName',
      'datasetRevisions.number as revisionNumber',
      'releases.version as release',
    ])
}

type TrainRow = Awaited<ReturnType<ReturnType<typeof trains>['execute']>>[number]

async function toTrain(db: Db, { owner, modelName, revisionNumber, ...row }: TrainRow): Promise<ReleaseTrain> {
  const before = await releasedRevision(db, row.baselineId)
  const train = {
    ...row,
    model: `${owner}/${modelName}`,
    gate: row.gate as GateReport | null,
    firstGate: row.firstGate as GateReport | null,
    letters: row.letters as readonly Letter[],
    passengers: await acceptedBetween(db, row.modelId, before?.number ?? 0, revisionNumber ?? 0),
    trials: await trialsOf(db, row.id),
  }
  return { ...train, statusLine: statusLineOf(train) }
}

async function trialsOf(db: Db, trainId: number): Promise<Trial[]> {
  const rows = await db.selectFrom('trainTrials').selectAll().where('trainId', '=', trainId).orderBy('id').execute()
  return rows.map(({ draw, contributions, buildId, verdict, comparisons, seconds }) => ({
    draw: draw as 0 | 1,
    contributions,
    buildId,
    verdict,
    comparisons: comparisons as readonly Comparison[],
    seconds,
  }))
}
