/** Stops a train, or turns down what it proposes. */

import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import { cancelUnwanted } from '../builds/cancel-unwanted.ts'
import { withdrawContribution } from '../contributions/contribute.ts'
import { findContribution } from '../contributions/contribution-queries.ts'
import { actorName, operator, requireRole, type Actor } from '../people/actor.ts'
import { announce } from '../training/changes.ts'
import { cancelRun } from '../training/cancel-run.ts'
import { findRun } from '../training/run-queries.ts'
import { hasEnded } from '../training/run.ts'
import { isOver, type ReleaseTrain } from './release-train.ts'
import { findTrain } from './train-queries.ts'

/** Maintainers. What it is training or building stops too; the contribution it offered is withdrawn. What was accepted stays accepted. */
export async function cancelTrain(app: { readonly db: Database }, actor: Actor, id: number): Promise<ReleaseTrain> {
  const train = await findTrain(app.db, id)
  requireRole(actor, 'maintainer', train.modelId)
  if (train.state === 'cancelled') return train
  if (isOver(train.state)) throw new AppError('conflict', `${train.statusLine} There is nothing to cancel.`)
  await app.db
    .updateTable('releaseTrains')
    .set({ state: 'cancelled', outcome: `${actorName(actor)} cancelled it.`, endedAt: new Date() })
    .where('id', '=', id)
    .where('state', 'in', ['running', 'proposed'])
    .execute()
  await announce(app.db)
  if (train.buildId !== null) await cancelUnwanted(app, train.buildId)
  if (train.stage === 'train' && train.runId !== null) {
    const run = await findRun(app.db, train.runId)
    // A person's run of the same data goes on.
    if (run.startedBy === null && !hasEnded(run.state)) await cancelRun(app, operator, run.id)
  }
  if (train.reversalId !== null && (await findContribution(app.db, train.reversalId)).state === 'open')
    await withdrawContribution(app, operator, train.reversalId)
  return findTrain(app.db, id)
}
