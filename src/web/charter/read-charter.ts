/** Reads a charter together with what the current release makes of each clause. */

import { currentCharter, findCharter } from '../../domain/models/charter-queries.ts'
import { sameClause, type Charter, type Clause } from '../../domain/models/charter.ts'
import type { CommunityModel } from '../../domain/models/community-model.ts'
import { findModel } from '../../domain/models/model-queries.ts'
import { latestRelease } from '../../domain/releases/release-queries.ts'
import type { ClauseVerdict, Release } from '../../domain/releases/release.ts'
import type { Db } from '../../storage/database.ts'

/** newer: the clause was added or changed after the release was measured. */
export type ClauseStanding = 'kept' | 'broken' | 'not-tested' | 'newer' | 'no-release'

export interface StandingClause {
  readonly clause: Clause
  readonly standing: ClauseStanding
  /** What the release's gate found; null where it did not look at this clause as it reads now. */
  readonly verdict: ClauseVerdict | null
}

export interface CharterView {
  readonly model: CommunityModel
  readonly charter: Charter
  readonly release: Release | null
  readonly clauses: readonly StandingClause[]
}

export async function readCharter(db: Db, name: string): Promise<CharterView> {
  const model = await findModel(db, name)
  const [charter, release] = [await currentCharter(db, model.id), await latestRelease(db, model.id)]
  const measured = release?.changelog.charter
  const then = measured ? await findCharter(db, model.id, measured.revision) : null
  const clauses = charter.clauses.map((clause): StandingClause => {
    if (release === null) return { clause, standing: 'no-release', verdict: null }
    const was = then?.clauses.find(({ number }) => number === clause.number)
    const verdict = release.gate.charter?.find(({ number }) => number === clause.number) ?? null
    if (!was || verdict === null || !sameClause(was, clause)) return { clause, standing: 'newer', verdict: null }
    return { clause, standing: verdict.state, verdict }
  })
  return { model, charter, release, clauses }
}
