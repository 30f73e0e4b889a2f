/** What somebody who offers an example will most likely say of where it is from: what they said last, else what is usual in the community. */

import { sql } from 'kysely'
import type { Db } from '../../storage/database.ts'
import type { Example, Provenance } from './example.ts'

/** Their newest contributions looked at: of somebody who only removes examples nothing is learnt. */
const lookedAt = 5

export async function usualProvenance(db: Db, modelId: number, personId: number | null): Promise<Partial<Provenance>> {
  const author = personId === null ? sql`author_id is null` : sql`author_id = ${personId}`
  const { rows } = await sql<{ body: Example }>`
    select examples.body
    from (select id, round from contributions where ${author} and model_id = ${modelId} order by id desc limit ${lookedAt}) recent
    cross join lateral (
      select example_digest from contribution_changes changes
      where changes.contribution_id = recent.id and changes.round = recent.round and example_digest is not null order by position limit 1) first
    join examples on examples.digest = first.example_digest
    order by recent.id desc limit 1`.execute(db)
  const last = rows[0]?.body.provenance
  // A source of its own, such as a book, is not guessed again for what comes next.
  if (last) return { ...last, source: last.origin === 'human' ? last.source : '', generator: null }
  const usual = async (field: 'language' | 'licence') =>
    (
      await db
        .selectFrom('exampleTallies')
        .select('value')
        .where('modelId', '=', modelId)
        .where('field', '=', field)
        .orderBy('count', 'desc')
        .limit(1)
        .executeTakeFirst()
    )?.value
  const [language, licence] = [await usual('language'), await usual('licence')]
  return { ...(language !== undefined && { language }), ...(licence !== undefined && { licence }) }
}
