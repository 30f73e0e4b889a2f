/** Finds examples that are there already, exactly or nearly: within a contribution and in the dataset. */

import type { Digest } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import { comparedText, isNear, nearTextLimits, type ComparedText } from '../models/near-text.ts'
import type { Finding } from './contribution.ts'
import type { Example } from './example.ts'
import { comingOf, targetOf, wholeText, type PreparedChange } from './prepared-change.ts'
import { inPieces, standingByBand, standingContents } from './standing-examples.ts'

const percent = Math.round(nearTextLimits.similarity * 100)

/** Rows whose content stands in an earlier row. Pure. */
export function duplicatesWithin(changes: readonly PreparedChange[]): Finding[] {
  const first = new Map<Digest, number>()
  const findings: Finding[] = []
  for (const coming of changes.map(comingOf)) {
    if (!coming) continue
    const before = first.get(coming.contentDigest)
    if (before === undefined) first.set(coming.contentDigest, coming.row)
    else
      findings.push({
        check: 'duplicate',
        severity: 'error',
        row: coming.row,
        sentence: `It teaches exactly what row ${before} does; leave one of them out.`,
      })
  }
  return findings
}

/** Pairs compared at most per row: one text that is near thousands says so once. */
const comparisons = 50

interface Compared extends ComparedText {
  readonly row: number
  readonly contentDigest: Digest
}

/** Rows that are nearly the same as an earlier row. Pure. */
export function nearDuplicatesWithin(changes: readonly PreparedChange[]): Finding[] {
  const seen = new Map<number, Compared[]>()
  const findings: Finding[] = []
  for (const coming of changes.map(comingOf)) {
    if (!coming) continue
    const { row, contentDigest } = coming
    const mine = { ...comparedText(wholeText(coming.example.content)), row, contentDigest }
    const candidates = new Set(coming.bands.flatMap((band) => seen.get(band) ?? []))
    const near = firstNear(
      mine,
      [...candidates].filter((other) => other.contentDigest !== contentDigest),
    )
    if (near) findings.push(nearFinding(row, `row ${near.row}`))
    for (const band of coming.bands) {
      const others = seen.get(band)
      if (!others) seen.set(band, [mine])
      else if (others.length < comparisons) others.push(mine)
    }
  }
  return findings
}

function firstNear<Other extends ComparedText>(mine: ComparedText, others: readonly Other[]): Other | undefined {
  return others.slice(0, comparisons).find((other) => isNear(mine, other))
}

function nearFinding(row: number, what: string): Finding {
  return {
    check: 'near-duplicate',
    severity: 'warning',
    row,
    sentence: `It is nearly the same as ${what} (${percent} % or more in common).`,
  }
}

/** Rows whose content stands in the dataset, unless this very contribution takes that away. */
export async function duplicatesInDataset(db: Db, modelId: number, changes: readonly PreparedChange[]): Promise<Finding[]> {
  const coming = changes.flatMap((change) => comingOf(change) ?? [])
  const leaving = new Set(changes.map(targetOf))
  const standing = await standingContents(
    db,
    modelId,
    coming.map(({ contentDigest }) => contentDigest),
  )
  return coming.flatMap(({ row, contentDigest }): Finding[] => {
    const digest = standing.get(contentDigest)
    if (digest === undefined || leaving.has(digest)) return []
    return [{ check: 'duplicate', severity: 'error', row, sentence: `The dataset already teaches exactly this (${digest}); leave it out.` }]
  })
}

/** Rows that are nearly the same as an example of the dataset. */
export async function nearDuplicatesInDataset(db: Db, modelId: number, changes: readonly PreparedChange[]): Promise<Finding[]> {
  const coming = changes.flatMap((change) => comingOf(change) ?? [])
  const leaving = new Set(changes.map(targetOf))
  const byBand = await standingByBand(
    db,
    modelId,
    coming.flatMap(({ bands }) => bands),
  )
  if (byBand.size === 0) return []
  const candidatesOf = ({ bands, digest }: (typeof coming)[number]) =>
    [...new Set(bands.flatMap((band) => byBand.get(band) ?? []))]
      .filter((candidate) => candidate !== digest && !leaving.has(candidate))
      .sort()
      .slice(0, comparisons)
  const texts = await textsByDigest(db, [...new Set(coming.flatMap(candidatesOf))])
  return coming.flatMap((example): Finding[] => {
    const others = candidatesOf(example).map((digest) => ({ digest, ...comparedText(texts.get(digest) as string) }))
    const near = firstNear(comparedText(wholeText(example.example.content)), others)
    return near ? [nearFinding(example.row, `an example of the dataset, ${near.digest}`)] : []
  })
}

async function textsByDigest(db: Db, digests: readonly Digest[]): Promise<ReadonlyMap<Digest, string>> {
  const texts = new Map<Digest, string>()
  for (const some of inPieces(digests)) {
    const rows = await db.selectFrom('examples').select(['digest', 'body']).where('digest', 'in', some).execute()
    for (const { digest, body } of rows) texts.set(digest, wholeText((body as Example).content))
  }
  return texts
}
