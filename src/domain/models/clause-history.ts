/** Everything that was changed about one clause of a charter, newest first. */

import type { Db } from '../../storage/database.ts'
import { charterLog, type CharterRecord } from './charter-queries.ts'
import type { Clause } from './charter.ts'

export interface ClauseRecord extends Pick<CharterRecord, 'revision' | 'contributionId' | 'author' | 'message' | 'createdAt'> {
  /** null: it was added. */
  readonly before: Clause | null
  /** null: it was removed. */
  readonly after: Clause | null
}

/** Revisions looked through: a charter that is changed once a week has these in twenty years. */
const mostLookedAt = 1_000

export async function clauseHistory(db: Db, modelId: number, number: number): Promise<readonly ClauseRecord[]> {
  const found: ClauseRecord[] = []
  let after: number | undefined
  for (let looked = 0; looked < mostLookedAt;) {
    const records = await charterLog(db, modelId, { after, limit: 200 })
    for (const record of records) {
      const change = changeOf(record, number)
      if (change) found.push({ ...pick(record), ...change })
    }
    looked += records.length
    after = records.at(-1)?.revision
    if (records.length < 200 || after === undefined || after <= 1) break
  }
  return found
}

function changeOf({ added, removed, changed }: CharterRecord, number: number): Pick<ClauseRecord, 'before' | 'after'> | null {
  const came = added.find((clause) => clause.number === number)
  if (came) return { before: null, after: came }
  const went = removed.find((clause) => clause.number === number)
  if (went) return { before: went, after: null }
  return changed.find(({ after }) => after.number === number) ?? null
}

const pick = ({ revision, contributionId, author, message, createdAt }: CharterRecord) => ({
  revision,
  contributionId,
  author,
  message,
  createdAt,
})
