/** Stores one round of a contribution: its changes, and the examples they bring. */

import type { Db } from '../../storage/database.ts'
import { stakeClaims } from './claims.ts'
import type { Contribution } from './contribution.ts'
import type { ExaminedOffer } from './examine-offer.ts'
import { comingOf, questionKeyOf, targetOf, type PreparedChange } from './prepared-change.ts'
import { inPieces } from './standing-examples.ts'

export async function storeRound(db: Db, contributionId: number, round: number, offer: ExaminedOffer): Promise<void> {
  await db
    .insertInto('contributionRounds')
    .values({
      contributionId,
      round,
      message: offer.message,
      signOff: offer.signOff,
      checks: JSON.stringify(offer.findings),
      counts: JSON.stringify(countsOf(offer.changes)),
    })
    .execute()
  const coming = offer.changes.flatMap((change) => comingOf(change) ?? [])
  for (const some of inPieces(coming, 500)) {
    const values = some.map(({ digest, contentDigest, example }) => ({ digest, contentDigest, body: JSON.stringify(example) }))
    await db
      .insertInto('examples')
      .values(values)
      .onConflict((known) => known.column('digest').doNothing())
      .execute()
    const bands = some.flatMap(({ digest, bands }) => [...new Set(bands)].map((band) => ({ band, digest })))
    await db
      .insertInto('exampleBands')
      .values(bands)
      .onConflict((known) => known.columns(['band', 'digest']).doNothing())
      .execute()
  }
  const changes = offer.changes.map((change, i) => ({
    contributionId,
    round,
    position: i + 1,
    kind: change.kind,
    exampleDigest: comingOf(change)?.digest ?? null,
    targetDigest: targetOf(change),
    body: bodyOf(change),
    questionKey: questionKeyOf(change),
  }))
  for (const some of inPieces(changes, 2_000)) await db.insertInto('contributionChanges').values(some).execute()
  await stakeClaims(db, contributionId, offer.changes)
}

function countsOf(changes: readonly PreparedChange[]): Contribution['counts'] {
  const counts = { add: 0, replace: 0, remove: 0, case: 0, clause: 0 }
  for (const { kind } of changes) counts[kind]++
  return counts
}

function bodyOf(change: PreparedChange): string | null {
  if (change.kind === 'clause') return JSON.stringify(change.change)
  if (change.kind !== 'case') return null
  const { action, suite, sample, provenance } = change
  return JSON.stringify({ action, suite, sample, provenance })
}
