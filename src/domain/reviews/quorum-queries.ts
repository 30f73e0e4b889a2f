/** Reads who reviews in a community and what quorum a proposal has now. */

import { sql } from 'kysely'
import type { Db } from '../../storage/database.ts'
import { currentRules } from '../models/review-rules-queries.ts'
import type { QuorumRule } from '../models/review-rules.ts'
import { operatorName } from '../people/actor.ts'
import { hasRoleIn } from '../people/member-queries.ts'
import { quorumOf, type Quorum } from './quorum.ts'
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
  const { active, available } = await reviewersOf(db, modelId, rules.quorum, authorId)
  const rejectors = (await reviewersOf(db, modelId, rules.rejection, authorId)).active.length
  return quorumOf(rules, { active, available, operator: authorId !== null }, await countReviews(db, id, round), rejectors)
}

/** The quorum a proposal by somebody who does not review here would have. */
export async function quorumNow(db: Db, modelId: number): Promise<Quorum> {
  const { rules } = await currentRules(db, modelId)
  const { active, available } = await reviewersOf(db, modelId, rules.quorum)
  const rejectors = (await reviewersOf(db, modelId, rules.rejection)).active.length
  return quorumOf(rules, { active, available, operator: true }, { accepting: 0, rejecting: 0 }, rejectors)
}

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
  const days = rule.kind === 'fixed' ? usualDays : rule.days
  const { rows } = await sql<{ id: number | null; name: string | null; active: boolean }>`
    with deciders as (
      select reviews.reviewer_id as id from reviews join contributions on contributions.id = reviews.contribution_id
      where contributions.model_id = ${modelId} and reviews.created_at > now() - ${days} * interval '1 day'
      union
      select patrols.patroller_id from patrols join contributions on contributions.id = patrols.contribution_id
      where contributions.model_id = ${modelId} and patrols.decided_at > now() - ${days} * interval '1 day')
    select people.id, people.name, people.id in (select id from deciders where id is not null) as active
    from people where ${hasRoleIn('reviewer', modelId)}
    union all
    select null, null, true from deciders where id is null
    order by 2 nulls last`.execute(db)
  const others = rows.filter(({ id }) => id !== except).map(({ name, active }) => ({ name: name ?? operatorName, active }))
  const named = (active: boolean) => others.filter((it) => it.active === active).map(({ name }) => name)
  return { active: named(true), available: named(false) }
}
