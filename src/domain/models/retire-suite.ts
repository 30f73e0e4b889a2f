/** Retires a suite, so that no later release is asked it, and takes it up again. Its record, its cases and its scores stay as they are. */

import { AppError } from '../../errors.ts'
import type { Database } from '../../storage/database.ts'
import { actorId, requireRole, type Actor } from '../people/actor.ts'
import { findModel, lockModel } from './model-queries.ts'
import { findSuite, listSuites } from './suite-queries.ts'
import type { Suite } from './suite.ts'

/** Characters of the reason. */
const messageLimit = 2_000

/**
 * Maintainers. Evaluations that were asked for go on; the next gate, preview, forecast and train leave it out. Throws `conflict` for the suite of a clause, for
 * one that is retired, and for the only one a release must improve: no gate could hold without it.
 * @param model `owner/name`
 */
export async function retireSuite(
  app: { readonly db: Database },
  actor: Actor,
  model: string,
  name: string,
  input: { readonly message: string },
): Promise<Suite> {
  return setRetired(app, actor, model, name, true, input.message)
}

/** Maintainers. It asks of a release what it asked before, and so may make the next gate fail. Throws `conflict` where it is not retired. */
export async function takeUpSuite(
  app: { readonly db: Database },
  actor: Actor,
  model: string,
  name: string,
  input: { readonly message: string },
): Promise<Suite> {
  return setRetired(app, actor, model, name, false, input.message)
}

async function setRetired(
  app: { readonly db: Database },
  actor: Actor,
  model: string,
  name: string,
  retired: boolean,
  said: string,
): Promise<Suite> {
  const message = said.trim().normalize('NFC')
  return app.db.transaction().execute(async (db) => {
    const { id: modelId } = await findModel(db, model)
    requireRole(actor, 'maintainer', modelId)
    if (message === '') throw new AppError('invalid', 'Say in the message why: everybody in the community can read it.')
    if (message.length > messageLimit)
      throw new AppError('invalid', `The message has ${message.length} characters; at most ${messageLimit} are kept.`)
    await lockModel(db, modelId)
    const suite = await findSuite(db, modelId, name)
    if (retired) refuseToRetire(model, suite, await listSuites(db, modelId))
    else if (suite.retiredAt === null) throw new AppError('conflict', `The suite ${name} is not retired; every release is asked it.`)
    await db
      .insertInto('suiteRetirements')
      .values({ suiteId: suite.id, retired, message, setBy: actorId(actor) })
      .execute()
    return findSuite(db, modelId, name)
  })
}

function refuseToRetire(model: string, { name, role, clause, target, retiredAt }: Suite, asked: readonly Suite[]): void {
  if (role === 'charter')
    throw new AppError('conflict', `${name} has the cases of clause ${clause}; propose a change of the clause instead ("charter propose").`)
  if (retiredAt !== null) throw new AppError('conflict', `The suite ${name} is retired already; nothing changes.`)
  if (target && !asked.some((other) => other.target && other.name !== name))
    throw new AppError(
      'conflict',
      `${name} is the only suite a release of ${model} must improve; without it nothing could be released. Add another first ("suite add"), or make one of the others a target ("suite gate ${model} <suite> --target").`,
    )
}

/** Throws `conflict` where the suite is retired: what nobody is asked is not changed, but taken up first. */
export function requireAsked(model: string, { name, retiredAt }: Suite): void {
  if (retiredAt !== null)
    throw new AppError(
      'conflict',
      `The suite ${name} is retired; take it up again first ("suite take-up ${model} ${name}"), or choose another name.`,
    )
}
