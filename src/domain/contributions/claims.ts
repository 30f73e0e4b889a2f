/**
 * What undecided proposals claim: the examples they would take out or replace and the questions they answer. Two that claim the same are in each other's
 * way, or suggest two answers; whoever reviews one wants to see the other. Kept as rows while a proposal is undecided, so that the queue of conflicts needs
 * not compare every proposal with every other.
 */

import { sql } from 'kysely'
import type { Db } from '../../storage/database.ts'
import { questionKeyOf, targetOf, type PreparedChange } from './prepared-change.ts'
import { inPieces } from './standing-examples.ts'

/** Before the key of a question that a proposal answers. */
export const questionClaim = 'question:'

/** In the transaction that stores a round: its claims take the place of those of the round before. */
export async function stakeClaims(db: Db, contributionId: number, changes: readonly PreparedChange[]): Promise<void> {
  const keys = new Set(changes.flatMap(claimedBy))
  const { modelId } = await db.selectFrom('contributions').select('modelId').where('id', '=', contributionId).executeTakeFirstOrThrow()
  await oneAfterTheOther(db, modelId)
  await dropRows(db, contributionId)
  for (const some of inPieces([...keys])) {
    await sql`
      insert into claims (model_id, key, contribution_id, contested)
      select ${modelId}::integer, key, ${contributionId}::integer,
        exists (select from claims other where other.model_id = ${modelId}::integer and other.key = claimed.key)
      from json_array_elements_text(${JSON.stringify(some)}::json) claimed(key)`.execute(db)
    await db
      .updateTable('claims')
      .set({ contested: true })
      .where('modelId', '=', modelId)
      .where('key', 'in', some)
      .where('contributionId', '<>', contributionId)
      .where('contested', '=', false)
      .execute()
  }
}

/** In the transaction that decides about a proposal, or in which its author takes it back. */
export async function dropClaims(db: Db, contributionId: number): Promise<void> {
  const { modelId } = await db.selectFrom('contributions').select('modelId').where('id', '=', contributionId).executeTakeFirstOrThrow()
  await oneAfterTheOther(db, modelId)
  await dropRows(db, contributionId)
}

function claimedBy(change: PreparedChange): string[] {
  const question = questionKeyOf(change)
  return [...(targetOf(change) === null ? [] : [targetOf(change) as string]), ...(question === null ? [] : [`${questionClaim}${question}`])]
}

/** Two proposals that are stored at once would not see each other's claims. */
async function oneAfterTheOther(db: Db, modelId: number): Promise<void> {
  await sql`select pg_advisory_xact_lock(${lockSpace}, ${modelId})`.execute(db)
}

/** Any number that no other advisory lock here uses. */
const lockSpace = 0x636c_6169

async function dropRows(db: Db, contributionId: number): Promise<void> {
  await sql`
    with gone as (delete from claims where contribution_id = ${contributionId} returning model_id, key, contested)
    update claims set contested = false from gone
    where gone.contested and claims.model_id = gone.model_id and claims.key = gone.key and claims.contribution_id <> ${contributionId}
      and not exists (select from claims other where other.model_id = claims.model_id and other.key = claims.key
        and other.contribution_id not in (claims.contribution_id, ${contributionId}))`.execute(db)
}

export interface Conflict {
  readonly contribution: number
  readonly author: string | null
  readonly message: string
  /** Examples that both would take out or replace. */
  readonly examples: number
  /** Questions that both answer. */
  readonly questions: number
}

/** Undecided proposals that claim what this one claims, those with most in common first, at most `limit`. */
export async function conflictsOf(db: Db, contributionId: number, limit = 20): Promise<readonly Conflict[]> {
  const { rows } = await sql<Conflict>`
    select contributions.id as contribution, people.name as author, contributions.message,
      count(*) filter (where not starts_with(mine.key, 'question:'))::integer as examples,
      count(*) filter (where starts_with(mine.key, 'question:'))::integer as questions
    from claims mine join claims other on other.model_id = mine.model_id and other.key = mine.key and other.contribution_id <> mine.contribution_id
    join contributions on contributions.id = other.contribution_id left join people on people.id = contributions.author_id
    where mine.contribution_id = ${contributionId} and mine.contested
    group by contributions.id, people.name, contributions.message
    order by count(*) desc, contributions.id limit ${limit}`.execute(db)
  return rows
}
