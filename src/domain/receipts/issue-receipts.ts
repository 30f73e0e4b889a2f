/** Issues the receipts of a release: the job that runs once it is published, and again for those whose work was measured later. */

import { createHash } from 'node:crypto'
import { canonicalJson } from '../../formats/canonical.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Digest } from '../../storage/blobs.ts'
import type { Database, Db } from '../../storage/database.ts'
import { notify } from '../notifications/notify.ts'
import { shippedSentence } from './receipt-words.ts'
import { figuresOf, type ReceiptBody } from './receipt.ts'
import { isAcceptedBy, releaseFacts, type ReleaseFacts } from './release-facts.ts'
import { writeReceipts } from './write-receipts.ts'

interface ReceiptApp {
  readonly db: Database
  readonly blobs: Blobs
}

export function digestOfReceipt(body: ReceiptBody): Digest {
  return `sha256:${createHash('sha256').update(canonicalJson(body)).digest('hex')}`
}

/** The job. Each receipt is stored with its notification; begun again after a crash, it goes on with those who have none yet. */
export async function issueReceipts(app: ReceiptApp, releaseId: number, signal?: AbortSignal): Promise<void> {
  const done = await app.db.selectFrom('receiptIssues').select('releaseId').where('releaseId', '=', releaseId).executeTakeFirst()
  if (done) return
  const facts = await releaseFacts(app.db, releaseId)
  for await (const { personId, body } of writeReceipts(app, facts, await peopleOf(app.db, facts))) {
    signal?.throwIfAborted()
    await app.db.transaction().execute((db) => storeReceipt(db, releaseId, personId, body))
  }
  await app.db.transaction().execute(async (db) => {
    const { count } = await db
      .selectFrom('receipts')
      .select((of) => of.fn.countAll<number>().as('count'))
      .where('releaseId', '=', releaseId)
      .where('supersedes', 'is', null)
      .executeTakeFirstOrThrow()
    await db
      .insertInto('receiptIssues')
      .values({ releaseId, people: Number(count) })
      .onConflict((again) => again.doNothing())
      .execute()
  })
}

/** Another edition for whoever has one that speaks of the contribution, where it says more than the one before. */
export async function reissueReceipts(app: ReceiptApp, releaseId: number, contributionId: number): Promise<void> {
  const facts = await releaseFacts(app.db, releaseId)
  const work = facts.works.find(({ id }) => id === contributionId)
  if (!work || !isAcceptedBy(work, facts.number)) return
  const concerned = new Set([work.authorId, ...work.reviews.map(({ reviewerId }) => reviewerId)].filter((id) => id !== null))
  for await (const { personId, body } of writeReceipts(app, facts, await peopleOf(app.db, facts), concerned))
    await app.db.transaction().execute((db) => storeReceipt(db, releaseId, personId, body))
}

/** The first edition, or the next where the body differs from the newest; nothing where it is the same. */
async function storeReceipt(db: Db, releaseId: number, personId: number, body: ReceiptBody): Promise<void> {
  const digest = digestOfReceipt(body)
  const newest = await db
    .selectFrom('receipts')
    .select(['id', 'digest'])
    .where('releaseId', '=', releaseId)
    .where('personId', '=', personId)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (newest?.digest === digest) return
  const stored = await db
    .insertInto('receipts')
    .values({
      releaseId,
      personId,
      supersedes: newest?.id ?? null,
      digest,
      body: JSON.stringify(body),
      figures: JSON.stringify(figuresOf(body)),
    })
    .onConflict((again) => again.doNothing())
    .returning('id')
    .executeTakeFirst()
  const sentence = shippedSentence(body)
  if (!stored || sentence === null) return
  const about = newest ? `More was measured of ${body.release.model} ${body.release.version}. ` : ''
  await notify(db, {
    personIds: [personId],
    kind: 'receipt',
    sentence: `${about}${sentence}`,
    link: `/receipts/${digest}`,
    key: `receipt ${digest}`,
  })
}

/** Everybody who offered or reviewed something, by id. */
async function peopleOf(db: Db, { works }: ReleaseFacts): Promise<ReadonlyMap<number, string>> {
  const ids = new Set(works.flatMap(({ authorId, reviews }) => [authorId, ...reviews.map(({ reviewerId }) => reviewerId)]))
  ids.delete(null)
  if (ids.size === 0) return new Map()
  const rows = await db
    .selectFrom('people')
    .select(['id', 'name'])
    .where(
      'id',
      'in',
      [...ids].filter((id) => id !== null),
    )
    .orderBy('id')
    .execute()
  return new Map(rows.map(({ id, name }) => [id, name]))
}
