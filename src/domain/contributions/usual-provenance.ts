/** What somebody who offers an example will most likely say of where it is from: what they said last, else what is usual in the community. */

import { sql } from 'kysely'
import type { Db } from '../../storage/database.ts'
import type { Example, Provenance } from './example.ts'

export async function usualProvenance(db: Db, modelId: number, personId: number | null): Promise<Partial<Provenance>> {
  const { rows } = await sql<{ body: Example }>`
    select examples.body from contributions
    join contribution_changes changes on changes.contribution_id = contributions.id and changes.round = contributions.round
    join examples on examples.digest = changes.example_digest
    where contributions.model_id = ${modelId} and contributions.author_id is not distinct from ${personId}
    order by contributions.id desc, changes.position limit 1`.execute(db)
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
