/** Reads receipts: of a release, of a person, by their digest. */

import { AppError } from '../../errors.ts'
import type { Db } from '../../storage/database.ts'
import { findPerson, pageLimit, type Page } from '../people/people-queries.ts'
import { findRelease } from '../releases/release-queries.ts'
import type { Receipt, ReceiptBody, ReceiptFigures, ReceiptLine } from './receipt.ts'

export interface ReceiptsOfRelease {
  /** False while they are being written: right after the release. */
  readonly issued: boolean
  readonly receipts: readonly Receipt[]
}

/** The newest edition of each, in the order they were first written; `after` is the id to go on beyond. */
export async function receiptsOfRelease(db: Db, model: string, version: string, page: Page = {}): Promise<ReceiptsOfRelease> {
  const { id } = await findRelease(db, model, version)
  const issued = await db.selectFrom('receiptIssues').select('releaseId').where('releaseId', '=', id).executeTakeFirst()
  const rows = await newest(db)
    .where('receipts.releaseId', '=', id)
    .where('receipts.id', '>', page.after ?? 0)
    .orderBy('receipts.id')
    .limit(pageLimit(page))
    .execute()
  return { issued: issued !== undefined, receipts: rows.map(toReceipt) }
}

/** The newest edition of each, the newest first; `after` is the id to go on below. */
export async function receiptsOfPerson(db: Db, name: string, page: Page = {}): Promise<readonly Receipt[]> {
  const { id } = await findPerson(db, name)
  let query = newest(db).where('receipts.personId', '=', id)
  if (page.after !== undefined) query = query.where('receipts.id', '<', page.after)
  return (await query.orderBy('receipts.id', 'desc').limit(pageLimit(page)).execute()).map(toReceipt)
}

/** The same as lines of a list. */
export async function receiptLinesOfRelease(
  db: Db,
  release: { readonly id: number },
  page: Page = {},
): Promise<{ readonly issued: boolean; readonly receipts: readonly ReceiptLine[] }> {
  const issued = await db.selectFrom('receiptIssues').select('releaseId').where('releaseId', '=', release.id).executeTakeFirst()
  const rows = await lines(db)
    .where('receipts.releaseId', '=', release.id)
    .where('receipts.id', '>', page.after ?? 0)
    .orderBy('receipts.id')
    .limit(pageLimit(page))
    .execute()
  return { issued: issued !== undefined, receipts: rows.map(toLine) }
}

/** The same as lines of a list. */
export async function receiptLinesOfPerson(db: Db, personId: number, page: Page = {}): Promise<readonly ReceiptLine[]> {
  let query = lines(db).where('receipts.personId', '=', personId)
  if (page.after !== undefined) query = query.where('receipts.id', '<', page.after)
  return (await query.orderBy('receipts.id', 'desc').limit(pageLimit(page)).execute()).map(toLine)
}

function lines(db: Db) {
  return db
    .selectFrom('receipts')
    .innerJoin('people', 'people.id', 'receipts.personId')
    .innerJoin('releases', 'releases.id', 'receipts.releaseId')
    .innerJoin('communityModels', 'communityModels.id', 'releases.modelId')
    .select(['receipts.id', 'receipts.digest', 'receipts.figures', 'receipts.createdAt', 'people.name as person', 'releases.version'])
    .select(['communityModels.owner', 'communityModels.name as modelName'])
    .where((where) =>
      where.not(where.exists(where.selectFrom('receipts as later').select('later.id').whereRef('later.supersedes', '=', 'receipts.id'))),
    )
}

function toLine({
  owner,
  modelName,
  figures,
  ...row
}: Awaited<ReturnType<ReturnType<typeof lines>['executeTakeFirstOrThrow']>>): ReceiptLine {
  return { ...row, model: `${owner}/${modelName}`, figures: figures as ReceiptFigures }
}

/** Any edition. */
export async function findReceipt(db: Db, digest: string): Promise<Receipt> {
  const wanted = digest.startsWith('sha256:') ? digest : `sha256:${digest}`
  const row = await receipts(db)
    .where('receipts.digest', '=', wanted as `sha256:${string}`)
    .executeTakeFirst()
  if (!row) throw new AppError('not-found', `There is no receipt ${digest.slice(0, 80)}; "receipt list" shows those there are.`)
  return toReceipt(row)
}

function newest(db: Db) {
  return receipts(db).where('after.id', 'is', null)
}

function receipts(db: Db) {
  return db
    .selectFrom('receipts')
    .leftJoin('receipts as before', 'before.id', 'receipts.supersedes')
    .leftJoin('receipts as after', 'after.supersedes', 'receipts.id')
    .select(['receipts.id', 'receipts.digest', 'receipts.body', 'receipts.createdAt'])
    .select(['before.digest as supersedes', 'after.digest as supersededBy'])
}

type ReceiptRow = Awaited<ReturnType<ReturnType<typeof receipts>['executeTakeFirstOrThrow']>>

function toReceipt({ body, ...row }: ReceiptRow): Receipt {
  return { ...row, body: body as ReceiptBody }
}
