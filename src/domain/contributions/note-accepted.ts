/** Tells open contributions that another answer to one of their questions was accepted. */

import { sql } from 'kysely'
import type { Db } from '../../storage/database.ts'
import type { Contribution, Finding } from './contribution.ts'

/** In the transaction that accepts. They stay open: both answers may be right, and that is for people to say. Returns their ids. */
export async function noteAccepted(
  db: Db,
  { id, modelId, round }: Pick<Contribution, 'id' | 'modelId' | 'round'>,
): Promise<readonly number[]> {
  const { rows } = await sql<{ id: number; round: number; position: number }>`
    select contributions.id, contributions.round, min(other.position) as position
    from contribution_changes mine
    join contribution_changes other on other.question_key = mine.question_key and other.contribution_id <> mine.contribution_id
    join contributions on contributions.id = other.contribution_id and contributions.round = other.round
    where mine.contribution_id = ${id} and mine.round = ${round}
      and contributions.model_id = ${modelId} and contributions.state in ('open', 'changes-requested')
    group by contributions.id, contributions.round order by contributions.id`.execute(db)
  for (const other of rows) {
    const sentence = `Another suggestion for this question was accepted in contribution ${id}.`
    const finding: Finding = { check: 'suggestion', severity: 'warning', row: other.position, sentence }
    await db
      .updateTable('contributionRounds')
      .set({ checks: sql`checks || ${JSON.stringify([finding])}::jsonb` })
      .where('contributionId', '=', other.id)
      .where('round', '=', other.round)
      .execute()
  }
  return rows.map((other) => other.id)
}
