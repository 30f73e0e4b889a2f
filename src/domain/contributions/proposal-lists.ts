/** Lists of proposals, a page at a time by id, newest first: all, by state, author or kind, and those in conflict with another. */

import { sql } from 'kysely'
import type { Db } from '../../storage/database.ts'
import { findPerson, pageLimit, type Page } from '../people/people-queries.ts'
import { operatorName } from '../people/actor.ts'
import { listContributions } from './contribution-queries.ts'
import type { Change, Contribution, ContributionState } from './contribution.ts'

export const proposalKinds = ['add', 'replace', 'remove', 'case', 'clause', 'revert'] as const
/** What a proposal does, among other things. */
export type ProposalKind = Change['kind'] | 'revert'

export interface ProposalFilter {
  readonly state?: ContributionState | undefined
  /** Name of a person, or "operator". */
  readonly author?: string | undefined
  readonly kind?: ProposalKind | undefined
  /** Only undecided ones that claim what another undecided one claims. */
  readonly conflicting?: boolean | undefined
}

export interface ProposalPage {
  readonly proposals: readonly Contribution[]
  /** To go on after; null at the end. */
  readonly next: number | null
}

/** Rows looked at for one page: a rare kind among a hundred thousand proposals is looked for page by page rather than in one slow query. */
const mostLookedAt = 1_000

/**
 * Where few proposals are of a kind, a page may hold fewer than asked for, even none, and still have a next one.
 * @param modelId null: of all communities
 */
export async function listProposals(db: Db, modelId: number | null, filter: ProposalFilter = {}, page: Page = {}): Promise<ProposalPage> {
  const limit = pageLimit(page)
  const looked = filter.conflicting ? await conflicting(db, modelId, page.after, limit + 1) : await ids(db, modelId, filter, page.after)
  const wanted = filter.kind === undefined && !filter.conflicting ? looked : await matching(db, modelId, filter, looked)
  const shown = wanted.slice(0, limit)
  const found = await listContributions(db, { ids: shown }, { limit })
  const exhausted = looked.length < (filter.conflicting ? limit + 1 : mostLookedAt)
  const next = wanted.length > limit ? (shown.at(-1) ?? null) : exhausted ? null : (looked.at(-1) ?? null)
  return { proposals: found.toSorted((a, b) => b.id - a.id), next }
}

async function ids(
  db: Db,
  modelId: number | null,
  { state, author }: ProposalFilter,
  after: number | undefined,
): Promise<readonly number[]> {
  let query = db.selectFrom('contributions').select('id')
  if (modelId !== null) query = query.where('modelId', '=', modelId)
  if (state !== undefined) query = query.where('state', '=', state)
  if (author !== undefined) {
    const id = author === operatorName ? null : (await findPerson(db, author)).id
    query = id === null ? query.where('authorId', 'is', null) : query.where('authorId', '=', id)
  }
  if (after !== undefined) query = query.where('id', '<', after)
  const rows = await query.orderBy('id', 'desc').limit(mostLookedAt).execute()
  return rows.map(({ id }) => id)
}

/** Of these, in their order, those that are as the filter says. */
async function matching(
  db: Db,
  modelId: number | null,
  { kind, state, author }: ProposalFilter,
  among: readonly number[],
): Promise<readonly number[]> {
  if (among.length === 0) return []
  let query = db
    .selectFrom('contributions')
    .innerJoin('contributionRounds as rounds', (join) =>
      join.onRef('rounds.contributionId', '=', 'contributions.id').onRef('rounds.round', '=', 'contributions.round'),
    )
    .select('contributions.id')
    .where('contributions.id', 'in', among)
  if (modelId !== null) query = query.where('contributions.modelId', '=', modelId)
  if (kind === 'revert') query = query.where('contributions.reverts', 'is not', null)
  else if (kind !== undefined) query = query.where(sql<boolean>`(rounds.counts ->> ${kind})::integer > 0`)
  if (state !== undefined) query = query.where('contributions.state', '=', state)
  if (author !== undefined) {
    const id = author === operatorName ? null : (await findPerson(db, author)).id
    query = id === null ? query.where('contributions.authorId', 'is', null) : query.where('contributions.authorId', '=', id)
  }
  const rows = await query.orderBy('contributions.id', 'desc').execute()
  return rows.map(({ id }) => id)
}

/** One step through the index for each proposal, however many claims it has. */
async function conflicting(db: Db, modelId: number | null, after: number | undefined, limit: number): Promise<readonly number[]> {
  const within = modelId === null ? sql`` : sql`and model_id = ${modelId}`
  const before = (id: ReturnType<typeof sql>) => sql`
    (select max(contribution_id) from claims where contested ${within} and contribution_id < ${id})`
  const { rows } = await sql<{ id: number }>`
    with recursive found(id, n) as (
      select ${before(sql`${after ?? 2 ** 31 - 1}::integer`)}, 1
      union all
      select ${before(sql`found.id`)}, n + 1 from found where found.id is not null and n < ${limit})
    select id from found where id is not null order by id desc`.execute(db)
  return rows.map(({ id }) => id)
}

/** "100+" where there are more than can be told at a glance: counting on would cost a look at each. */
export interface BoundedCount {
  readonly count: number
  /** True where there are more than these. */
  readonly more: boolean
}

export const countBound = 100

export async function countOpen(db: Db, modelId: number): Promise<BoundedCount> {
  const rows = await db
    .selectFrom('contributions')
    .select('id')
    .where('modelId', '=', modelId)
    .where('state', '=', 'open')
    .limit(countBound + 1)
    .execute()
  return bounded(rows.length)
}

export function bounded(found: number): BoundedCount {
  return { count: Math.min(found, countBound), more: found > countBound }
}
