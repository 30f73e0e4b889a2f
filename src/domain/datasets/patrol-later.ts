/** Accepts a small proposal of a trusted person at once, to be patrolled later, where the community has said so. */

import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database, Db } from '../../storage/database.ts'
import { askForPatrol, endAsking } from '../contributions/ask-reviewers.ts'
import { lockContribution } from '../contributions/contribute.ts'
import { contributionRounds, findContribution, preparedChangesOf } from '../contributions/contribution-queries.ts'
import { askedAndAnswered, type ExampleContent } from '../contributions/example.ts'
import { comingOf, contentOfCase, type PreparedChange } from '../contributions/prepared-change.ts'
import { trustOf } from '../contributions/trust-events.ts'
import { lockModel } from '../models/model-queries.ts'
import { questionKey } from '../models/question-key.ts'
import { currentRules } from '../models/review-rules-queries.ts'
import type { Actor } from '../people/actor.ts'
import { findPatrol, patrolsToday } from '../reviews/patrol-queries.ts'
import { reasonsToReview, type Patrol } from '../reviews/patrol.ts'
import { reviewsOf } from '../reviews/review-queries.ts'
import { tellAuthorOfPatrol } from '../reviews/tell-author.ts'
import { acceptNow } from './decide-contribution.ts'

export interface PatrolledLater {
  /** null: it waits for reviews. */
  readonly patrol: Patrol | null
  /** Why it waits; empty where the community does not patrol. */
  readonly reasons: readonly string[]
}

/**
 * For whoever has just offered a contribution. Accepts it where the rules allow: patrolling is on, its author's trust is high enough, it is small, takes
 * nothing out, its checks found nothing, and the author's daily number is not used up. The decision is recorded with the trust and the rules it rests on,
 * as a patrol that waits, not as a review.
 */
export async function patrolLater(
  app: { readonly db: Database; readonly blobs: Blobs },
  actor: Actor,
  id: number,
): Promise<PatrolledLater> {
  const offered = await findContribution(app.db, id)
  const waits = (...reasons: string[]): PatrolledLater => ({ patrol: null, reasons })
  if (actor.kind === 'operator' || offered.authorId !== actor.id || offered.state !== 'open' || offered.round !== 1) return waits()
  if (!(await currentRules(app.db, offered.modelId)).rules.patrol.enabled) return waits()
  try {
    return await app.db.transaction().execute(async (db) => {
      const { modelId } = offered
      await lockModel(db, modelId)
      const contribution = await lockContribution(db, id)
      const { id: rulesId, rules } = await currentRules(db, modelId)
      const reviewed = (await reviewsOf(db, id)).length > 0
      if (!rules.patrol.enabled || contribution.state !== 'open' || contribution.round !== 1 || reviewed) return waits()
      const { value: trust } = await trustOf(db, modelId, actor.id)
      const findings = (await contributionRounds(db, id)).at(-1)?.checks ?? []
      const reasons = reasonsToReview(rules, {
        counts: contribution.counts,
        others: await otherChanges(db, id),
        findings,
        reverts: contribution.reverts !== null,
        trust,
        today: await patrolsToday(db, modelId, actor.id),
      })
      if (reasons.length > 0) return waits(...reasons)
      const revision = await acceptNow({ db, blobs: app.blobs }, contribution)
      await db
        .insertInto('patrols')
        .values({ contributionId: id, rulesId, trust, patrollerId: null, message: null, revertId: null, decidedAt: null })
        .execute()
      await endAsking(db, contribution)
      await askForPatrol(db, contribution)
      await tellAuthorOfPatrol(db, contribution, revision)
      return { patrol: await findPatrol(db, id), reasons: [] }
    })
  } catch (error) {
    // It no longer fits what came meanwhile; reviewers and the author will see to it.
    if (error instanceof AppError && error.code === 'conflict') return waits(error.message)
    throw error
  }
}

/**
 * What is not an example cannot be undone as if it had not been there: a changed charter has been read by then. A case that asks for just what an example
 * beside it teaches, as a fix has it, comes and goes with that example.
 */
async function otherChanges(db: Db, id: number): Promise<number> {
  const changes = await preparedChangesOf(db, id, 1)
  const taught = new Set(changes.flatMap((change) => answerKey(comingOf(change)?.example.content)))
  const isOther = (change: PreparedChange) =>
    change.kind === 'clause' ||
    (change.kind === 'case' && (change.action !== 'add' || !taught.has(answerKey(contentOfCase(change.sample))[0]!)))
  return changes.filter(isOther).length
}

/** The question and its answer as one; none where nothing is asked. */
function answerKey(content: ExampleContent | undefined): string[] {
  const said = content && askedAndAnswered(content)
  return said ? [`${questionKey(said.asked)} ${said.answer.normalize('NFC').trim()}`] : []
}
