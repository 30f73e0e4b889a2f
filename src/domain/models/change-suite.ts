/** Changes what a suite asks of a release: whether it must improve, and how much it may lose. Its questions stay; a new record supersedes the old. */

import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import { requireRole, type Actor } from '../people/actor.ts'
import { findModel, lockModel } from './model-queries.ts'
import { requireAsked } from './retire-suite.ts'
import { insertSuite } from './store-suite.ts'
import { findSuite } from './suite-queries.ts'
import type { Suite } from './suite.ts'

/** Maintainers. Evaluations of the old record stay with it; the next gate asks by the new one. */
export async function changeSuiteGate(
  app: { readonly db: Database },
  actor: Actor,
  model: string,
  name: string,
  changes: { readonly target?: boolean | undefined; readonly tolerance?: number | undefined },
): Promise<Suite> {
  return app.db.transaction().execute(async (db) => {
    const { id: modelId } = await findModel(db, model)
    requireRole(actor, 'maintainer', modelId)
    await lockModel(db, modelId)
    const before = await findSuite(db, modelId, name)
    requireAsked(model, before)
    const { target = before.target, tolerance = before.tolerance } = changes
    if (target && before.role === 'regression')
      throw new AppError('invalid', `${name} may be trained on, so improving it shows nothing; a regression suite cannot be a target.`)
    if (target && before.role === 'charter')
      throw new AppError('invalid', `${name} tests a clause, which is kept or not; it cannot be a target.`)
    if (!Number.isFinite(tolerance) || tolerance < 0)
      throw new AppError('invalid', `The tolerance ${tolerance} is not a number from 0 upwards.`)
    if (target === before.target && tolerance === before.tolerance)
      throw new AppError('conflict', `The suite ${name} is so already; nothing changes.`)
    const keys = await db.selectFrom('suiteKeys').select('key').where('suiteId', '=', before.id).execute()
    const { digest, count, kind, role, clause, blocks, contributionId } = before
    const same = { modelId, name, digest, count, kind, role, clause, blocks, contributionId }
    return insertSuite(db, { ...same, target, tolerance, keys: keys.map(({ key }) => key) }, before)
  })
}
