/** Reads patrols: the queue, the one of a contribution, and what keeps a release from departing. */

import { sql } from 'kysely'
import { AppError } from '../../errors.ts'
import type { Db } from '../../storage/database.ts'
import { currentRules } from '../models/review-rules-queries.ts'
import type { ReviewRules } from '../models/review-rules.ts'
import { operatorName } from '../people/actor.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'
import type { Patrol } from './patrol.ts'

function patrols(db: Db) {
  return db
    .selectFrom('patrols')
    .innerJoin('contributions', 'contributions.id', 'patrols.contributionId')
    .innerJoin('reviewRules', 'reviewRules.id', 'patrols.rulesId')
    .leftJoin('people as authors', 'authors.id', 'contributions.authorId')
    .leftJoin('people as patrollers', 'patrollers.id', 'patrols.patrollerId')
    .selectAll('patrols')
    .select(['contributions.message as proposed', 'contributions.modelId', 'reviewRules.rules'])
    .select(['authors.name as author', 'patrollers.name as patroller'])
}

type Row = Awaited<ReturnType<ReturnType<typeof patrols>['executeTakeFirstOrThrow']>>

async function toPatrols(db: Db, modelId: number, rows: readonly Row[]): Promise<Patrol[]> {
  const { rules } = await currentRules(db, modelId)
  const overdueBefore = Date.now() - rules.patrol.overdueDays * 86_400_000
  return rows.map((row) => ({
    contributionId: row.contributionId,
    message: row.proposed,
    author: row.author ?? operatorName,
    trust: row.trust,
    patrolFrom: (row.rules as ReviewRules).trust.patrolFrom,
    state: row.state,
    overdue: row.state === 'waiting' && row.createdAt.getTime() < overdueBefore,
    // Taken back by a reviewed contribution: nobody patrolled it.
    patroller: row.message === null ? null : (row.patroller ?? operatorName),
    remark: row.message,
    revertId: row.revertId,
    createdAt: row.createdAt,
    decidedAt: row.decidedAt,
  }))
}

/** What waits to be looked at, oldest first, so that what is overdue comes first. */
export async function patrolQueue(db: Db, modelId: number, page: Page = {}): Promise<readonly Patrol[]> {
  const rows = await patrols(db)
    .where('contributions.modelId', '=', modelId)
    .where('patrols.state', '=', 'waiting')
    .where('patrols.contributionId', '>', page.after ?? 0)
    .orderBy('patrols.contributionId')
    .limit(pageLimit(page))
    .execute()
  return toPatrols(db, modelId, rows)
}

/** The patrol of a contribution, or the one in which it took another back; null where it was reviewed like any other. */
export async function patrolOf(db: Db, contributionId: number): Promise<Patrol | null> {
  const row = await patrols(db)
    .where((eb) => eb.or([eb('patrols.contributionId', '=', contributionId), eb('patrols.revertId', '=', contributionId)]))
    .executeTakeFirst()
  return row ? ((await toPatrols(db, row.modelId, [row]))[0] as Patrol) : null
}

export async function findPatrol(db: Db, contributionId: number): Promise<Patrol> {
  const found = await patrolOf(db, contributionId)
  if (found?.contributionId === contributionId) return found
  throw new AppError(
    'not-found',
    `Contribution ${contributionId} was not accepted at once; there is nothing to patrol. "patrol list" shows what waits.`,
  )
}

/**
 * Why no release may depart now: the community asks for it (patrol.holdsRelease) and something accepted at once has not been looked at for too long. Null
 * where nothing holds it.
 * @param upTo the number of the dataset revision to be released; nothing for the newest
 */
export async function patrolHold(db: Db, modelId: number, upTo?: number): Promise<string | null> {
  const { rules } = await currentRules(db, modelId)
  if (!rules.patrol.holdsRelease) return null
  const days = rules.patrol.overdueDays
  let query = db
    .selectFrom('patrols')
    .innerJoin('revisionContributions as links', 'links.contributionId', 'patrols.contributionId')
    .innerJoin('datasetRevisions as revisions', 'revisions.id', 'links.revisionId')
    .select('patrols.contributionId')
    .where('revisions.modelId', '=', modelId)
    .where('patrols.state', '=', 'waiting')
    .where('patrols.createdAt', '<', sql<Date>`now() - ${days} * interval '1 day'`)
  if (upTo !== undefined) query = query.where('revisions.number', '<=', upTo)
  const ids = (await query.orderBy('patrols.contributionId').execute()).map(({ contributionId }) => contributionId)
  if (ids.length === 0) return null
  return (
    `${ids.length === 1 ? 'A contribution' : `${ids.length} contributions`} accepted without review ${ids.length === 1 ? 'has' : 'have'} not been looked at for more than ` +
    `${days} days: ${ids.slice(0, 20).join(', ')}. The community lets no release depart before somebody does: patrol <id> --ok or --revert.`
  )
}

/** Proposals of a person accepted so within the last day. */
export async function patrolsToday(db: Db, modelId: number, authorId: number): Promise<number> {
  const { count } = await db
    .selectFrom('patrols')
    .innerJoin('contributions', 'contributions.id', 'patrols.contributionId')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('contributions.modelId', '=', modelId)
    .where('contributions.authorId', '=', authorId)
    .where('patrols.createdAt', '>', sql<Date>`now() - interval '1 day'`)
    .executeTakeFirstOrThrow()
  return Number(count)
}
