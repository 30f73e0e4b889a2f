/** Sets a community's rules of review: a new record each time, so that who changed what and why stays readable. */

import { AppError } from '../../errors.ts'
import type { Database, Db } from '../../storage/database.ts'
import { actorId, requireRole, type Actor } from '../people/actor.ts'
import { findModel, lockModel } from './model-queries.ts'
import { changeRules, differingRules, type ReviewRules, type RuleChanges } from './review-rules.ts'
import { currentRules, rulesLog, type RulesChange } from './review-rules-queries.ts'

/** Characters of the reason. */
const messageLimit = 2_000

/**
 * Maintainers. What is left out of the changes stays as it is.
 * @param model `owner/name`
 */
export async function setReviewRules(
  app: { readonly db: Database },
  actor: Actor,
  model: string,
  input: { readonly changes: RuleChanges; readonly message: string },
): Promise<RulesChange> {
  const message = input.message.trim().normalize('NFC')
  if (message === '') throw new AppError('invalid', 'Say in the message why the rules change: everybody they hold for can read it.')
  if (message.length > messageLimit)
    throw new AppError('invalid', `The message has ${message.length} characters; at most ${messageLimit} are kept.`)
  return app.db.transaction().execute(async (db) => {
    const { id: modelId } = await findModel(db, model)
    requireRole(actor, 'maintainer', modelId)
    await lockModel(db, modelId)
    const { rules: before } = await currentRules(db, modelId)
    const rules = changeRules(before, input.changes)
    if (differingRules(before, rules).length === 0) throw new AppError('conflict', `The rules of ${model} are so already; nothing changes.`)
    await insertRules(db, modelId, actor, rules, message)
    const [made] = await rulesLog(db, modelId, { limit: 1 })
    return made as RulesChange
  })
}

export async function insertRules(db: Db, modelId: number, actor: Actor, rules: ReviewRules, message: string): Promise<void> {
  await db
    .insertInto('reviewRules')
    .values({ modelId, rules: JSON.stringify(rules), message, setBy: actorId(actor) })
    .execute()
}
