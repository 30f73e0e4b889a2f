/** What a person did, for their page: contributions, reviews, and the communities they are in. Reads along indexes, and counts no more than the newest. */

import { sql } from 'kysely'
import type { ContributionState } from '../../storage/schema.ts'
import type { Db } from '../../storage/database.ts'
import type { RoleName } from '../people/actor.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'
import type { Decision } from './review.ts'

export interface OwnContribution {
  readonly id: number
  /** `owner/name`. */
  readonly model: string
  readonly state: ContributionState
  readonly message: string
  readonly createdAt: Date
}

export interface OwnReview {
  readonly id: number
  readonly contribution: number
  readonly model: string
  /** What the contribution says of itself. */
  readonly about: string
  readonly decision: Decision
  readonly createdAt: Date
}

export interface OwnCommunity {
  readonly modelId: number
  readonly model: string
  /** As a member there; null: they contributed or reviewed without being one. */
  readonly role: RoleName | null
  readonly contributions: number
  readonly accepted: number
  readonly reviews: number
}

/** Of each person so many newest contributions and reviews are counted; whoever has more is well known. */
export const countedWork = 1_000

/** The newest first; a page goes on below the id `after`. */
export async function contributionsOfPerson(db: Db, personId: number, page: Page = {}): Promise<readonly OwnContribution[]> {
  let query = db
    .selectFrom('contributions')
    .innerJoin('communityModels as models', 'models.id', 'contributions.modelId')
    .select(['contributions.id', 'contributions.state', 'contributions.message', 'contributions.createdAt', modelName.as('model')])
    .where('contributions.authorId', '=', personId)
  if (page.after !== undefined) query = query.where('contributions.id', '<', page.after)
  return query.orderBy('contributions.id', 'desc').limit(pageLimit(page)).execute()
}

/** The newest first. */
export async function reviewsOfPerson(db: Db, personId: number, limit: number): Promise<readonly OwnReview[]> {
  return db
    .selectFrom('reviews')
    .innerJoin('contributions', 'contributions.id', 'reviews.contributionId')
    .innerJoin('communityModels as models', 'models.id', 'contributions.modelId')
    .select(['reviews.id', 'reviews.contributionId as contribution', 'reviews.decision', 'reviews.createdAt'])
    .select(['contributions.message as about', modelName.as('model')])
    .where('reviews.reviewerId', '=', personId)
    .orderBy('reviews.createdAt', 'desc')
    .orderBy('reviews.id', 'desc')
    .limit(pageLimit({ limit }))
    .execute()
}

/** Where they are a member, and where their newest contributions and reviews are; those with most of these first. */
export async function communitiesOfPerson(db: Db, personId: number): Promise<readonly OwnCommunity[]> {
  const { rows } = await sql<OwnCommunity>`
    with offered as materialized (
      select model_id, state from contributions where author_id = ${personId} order by id desc limit ${countedWork}),
    reviewed as materialized (
      select contribution_id from reviews where reviewer_id = ${personId} order by created_at desc, id desc limit ${countedWork}),
    work as (
      select model_id, 1 as offered, (state = 'accepted')::integer as accepted, 0 as reviewed from offered
      union all
      select contributions.model_id, 0, 0, 1 from reviewed join contributions on contributions.id = reviewed.contribution_id),
    counted as (
      select model_id, sum(offered)::integer as contributions, sum(accepted)::integer as accepted, sum(reviewed)::integer as reviews
      from work group by model_id),
    own as (select model_id, role from members where person_id = ${personId})
    select models.id as "modelId", models.owner || '/' || models.name as model, own.role, coalesce(counted.contributions, 0) as contributions,
      coalesce(counted.accepted, 0) as accepted, coalesce(counted.reviews, 0) as reviews
    from counted full join own on own.model_id = counted.model_id
    join community_models models on models.id = coalesce(counted.model_id, own.model_id)
    order by coalesce(counted.contributions, 0) + coalesce(counted.reviews, 0) desc, models.id limit 50`.execute(db)
  return rows
}

const modelName = sql<string>`models.owner || '/' || models.name`
