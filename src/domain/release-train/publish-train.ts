/** Publishes what a train proposes: first what is left out leaves the dataset, by a maintainer's review; then the release is made. */

import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import type { Jobs } from '../../storage/jobs.ts'
import { findContribution } from '../contributions/contribution-queries.ts'
import { decideContribution } from '../datasets/decide-contribution.ts'
import { actorName, operator, requireRole, type Actor } from '../people/actor.ts'
import { publishRelease } from '../releases/publish-release.ts'
import { announce } from '../training/changes.ts'
import { findRun } from '../training/run-queries.ts'
import { departNow } from './depart.ts'
import { nextVersion } from './next-version.ts'
import type { ReleaseTrain } from './release-train.ts'
import { findTrain } from './train-queries.ts'

export interface PublishingApp {
  readonly db: Database
  readonly blobs: Blobs
  readonly jobs: Pick<Jobs, 'enqueue'>
}

/**
 * Maintainers. Where contributions are left out, this is the maintainer's accepting review of the reversal; where the community's rule asks for more reviews,
 * the train goes on waiting and says so. Where the dataset has moved on since the train left, the reversal stands, this train is overtaken and another leaves.
 */
export async function publishTrain(app: PublishingApp, actor: Actor, id: number): Promise<ReleaseTrain> {
  const train = await findTrain(app.db, id)
  requireRole(actor, 'maintainer', train.modelId)
  if (train.state !== 'proposed') throw new AppError('conflict', `${train.statusLine} Only what waits for a decision can be published.`)
  if (train.reversalId !== null && !(await acceptReversal(app, actor, train, train.reversalId))) return findTrain(app.db, id)
  const run = await findRun(app.db, train.runId!)
  if (run.revision.number === null) return overtaken(app, train)
  return releaseTrain(app, actor, train)
}

/** Makes the release of a train whose gate holds, with the next version, and records it. Done again after an interruption it finds the release. */
export async function releaseTrain(app: PublishingApp, actor: Actor, train: ReleaseTrain): Promise<ReleaseTrain> {
  const run = await findRun(app.db, train.runId!)
  const there = await app.db.selectFrom('releases').select(['id', 'version', 'checkpointId', 'state']).where('modelId', '=', train.modelId).execute() // prettier-ignore
  const known = there.find(({ checkpointId, state }) => checkpointId === run.checkpoint?.id && state === 'published')
  const release =
    known ??
    (await publishRelease(
      app,
      actor,
      train.model,
      nextVersion(
        there.map(({ version }) => version),
        await onlyFixes(app.db, train),
      ),
      { run: run.id },
    ))
  return end(app.db, train.id, { state: 'published', releaseId: release.id })
}

/** Whether all aboard correct answers, replace or take out: nothing new is taught. */
async function onlyFixes(db: Database, { passengers, leftOut }: ReleaseTrain): Promise<boolean> {
  for (const { id } of passengers) {
    if (leftOut.includes(id)) continue
    const { feedbackId, reverts, counts } = await findContribution(db, id)
    if (feedbackId === null && reverts === null && counts.add > 0) return false
  }
  return true
}

/** False while the community's rule asks for more reviews. */
async function acceptReversal(app: PublishingApp, actor: Actor, train: ReleaseTrain, id: number): Promise<boolean> {
  const { state } = await findContribution(app.db, id)
  if (state === 'accepted') return true
  if (state !== 'open')
    throw new AppError(
      'conflict',
      `Contribution ${id}, which takes back what train ${train.number} leaves out, is ${state}; "release-train cancel ${train.id}" ends the train.`,
    )
  const { revision } = await decideContribution(app, actor, id, { decision: 'accept', message: `For train ${train.number}.` })
  if (revision !== null) return true
  await app.db
    .updateTable('releaseTrains')
    .set({ outcome: `${actorName(actor)} agreed; contribution ${id} needs another accepting review before the release.` })
    .where('id', '=', train.id)
    .execute()
  await announce(app.db)
  return false
}

/** The next train leaves at once, unless something else holds it; then the rhythm or a maintainer lets it leave. */
async function overtaken(app: PublishingApp, train: ReleaseTrain): Promise<ReleaseTrain> {
  await app.db.transaction().execute(async (db) => {
    await db
      .updateTable('releaseTrains')
      .set({
        state: 'overtaken',
        outcome: `Contributions ${train.leftOut.join(', ')} are taken back. More was accepted since the train left, so its candidate is not of the dataset as it is now; the next train takes everybody along.`,
        endedAt: new Date(),
      })
      .where('id', '=', train.id)
      .where('state', '=', 'proposed')
      .execute()
    await announce(db)
  })
  await app.db
    .transaction()
    .execute((db) => departNow(app, db, operator, train.modelId, `train ${train.number} was overtaken`))
    .catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error
    })
  return findTrain(app.db, train.id)
}

async function end(
  outer: Database,
  id: number,
  columns: { readonly state: 'published'; readonly releaseId: number },
): Promise<ReleaseTrain> {
  return outer.transaction().execute(async (db) => {
    await db
      .updateTable('releaseTrains')
      .set({ ...columns, outcome: null, endedAt: new Date() })
      .where('id', '=', id)
      .where('state', 'in', ['running', 'proposed'])
      .execute()
    await announce(db)
    return findTrain(db, id)
  })
}
