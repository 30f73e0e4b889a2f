/** Reads who reviews in a community and what quorum a proposal has now. */

import { sql, type RawBuilder } from 'kysely'
import type { Db } from '../../storage/database.ts'
import { currentRules } from '../models/review-rules-queries.ts'
import type { QuorumRule, ReviewRules } from '../models/review-rules.ts'
import { operatorName } from '../people/actor.ts'
import { hasRoleIn } from '../people/member-queries.ts'
import { neededReviews, quorumOf, type Quorum } from './quorum.ts'
import { countReviews } from './review-queries.ts'

/** A fixed quorum has no days of its own; whoever reviewed within these is still named as active. */
const usualDays = 30

/** The quorum of one round of a proposal, as it is at this moment. */
export async function quorumFor(
  db: Db,
  contribution: { readonly id: number; readonly modelId: number; readonly round: number; readonly authorId: number | null },
): Promise<Quorum> {
  const { id, modelId, round, authorId } = contribution
  const { rules } = await currentRules(db, modelId)
  const { active, available, rejectors } = await reviewersBy(db, modelId, rules, authorId)
  return quorumOf(rules, { active, available, operator: authorId !== null }, await countReviews(db, id, round), rejectors)
}

/** The quorum a proposal by somebody who does not review here would have. */
export async function quorumNow(db: Db, modelId: number): Promise<Quorum> {
  const { rules } = await currentRules(db, modelId)
  const { active, available, rejectors } = await reviewersBy(db, modelId, rules)
  return quorumOf(rules, { active, available, operator: true }, { accepting: 0, rejecting: 0 }, rejectors)
}

/**
 * The number of `quorumNow` alone. It grows no more once so many are active as its cap asks for, so nobody beyond them is looked for
 * (joined, not `exists`: for that the planner gathers all reviews of the month first).
 */
export async function neededNow(db: Db, modelId: number): Promise<number> {
  const { quorum } = (await currentRules(db, modelId)).rules
  if (quorum.kind === 'fixed') return quorum.n
  const enough = Math.ceil(quorum.cap / quorum.share)
  const { reviewed, patrolled } = activity(modelId, quorum.days)
  const { rows } = await sql`
    (select from people
      left join lateral (select true as there from (${reviewed(sql`reviews.reviewer_id = people.id`)}) any_review) reviewed on true
      left join lateral (select true as there from (${patrolled(sql`patrols.patroller_id = people.id`)}) any_patrol) patrolled on true
      where ${hasRoleIn('reviewer', modelId)} and (reviewed.there or patrolled.there) limit ${enough})
    union all
    (select where exists (${reviewed(sql`reviews.reviewer_id is null`)}) or exists (${patrolled(sql`patrols.patroller_id is null`)}))`.execute(
    db,
  )
  return neededReviews(quorum, rows.length)
}

/** By both rules, which look back on the same days most of the time. */
async function reviewersBy(
  db: Db,
  modelId: number,
  { quorum, rejection }: Pick<ReviewRules, 'quorum' | 'rejection'>,
  except?: number | null,
): Promise<{ active: string[]; available: string[]; rejectors: number }> {
  const reviewers = await reviewersOf(db, modelId, quorum, except)
  const others = daysOf(rejection) === daysOf(quorum) ? reviewers : await reviewersOf(db, modelId, rejection, except)
  return { ...reviewers, rejectors: others.active.length }
}

const daysOf = (rule: QuorumRule) => (rule.kind === 'fixed' ? usualDays : rule.days)

/**
 * Names of those who may review (reviewers and maintainers; the operator once they decided anything), in order. Active are those who reviewed or
 * patrolled something in this model within the rule's days.
 * @param except leaves this author out: a person's id, null for the operator, nothing for nobody
 */
export async function reviewersOf(
  db: Db,
  modelId: number,
  rule: QuorumRule,
  except?: number | null,
): Promise<{ active: string[]; available: string[] }> {
  const days = daysOf(rule)
  const { reviewed, patrolled } = activity(modelId, days)
  const { rows } = await sql<{ id: number | null; name: string | null; active: boolean }>`
    select people.id, people.name, reviewed.there is not null or patrolled.there is not null as active
    from people
    left join lateral (select true as there from (${reviewed(sql`reviews.reviewer_id = people.id`)}) any_review) reviewed on true
    left join lateral (select true as there from (${patrolled(sql`patrols.patroller_id = people.id`)}) any_patrol) patrolled on true
    where ${hasRoleIn('reviewer', modelId)}
    union all
    select null, null, true where exists (${reviewed(sql`reviews.reviewer_id is null`)}) or exists (${patrolled(sql`patrols.patroller_id is null`)})
    order by 2 nulls last`.execute(db)
  const others = rows.filter(({ id }) => id !== except).map(({ name, active }) => ({ name: name ?? operatorName, active }))
  const named = (active: boolean) => others.filter((it) => it.active === active).map(({ name }) => name)
  return { active: named(true), available: named(false) }
}

/** Person by person: each is looked up by their newest reviews, where all reviews of a large community within so many days are thousands. */
function activity(modelId: number, days: number) {
  const here = sql`contributions.model_id = ${modelId} limit 1`
  return {
    reviewed: (who: RawBuilder<unknown>) => sql`
      select from reviews join contributions on contributions.id = reviews.contribution_id
      where ${who} and reviews.created_at > now() - ${days} * interval '1 day' and ${here}`,
    patrolled: (who: RawBuilder<unknown>) => sql`
      select from patrols join contributions on contributions.id = patrols.contribution_id
      where ${who} and patrols.decided_at > now() - ${days} * interval '1 day' and ${here}`,
  }
}
