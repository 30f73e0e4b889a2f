/** Receipts as entries of feeds: their figures, and work by work where that is short. */

import { sql } from 'kysely'
import type { Db } from '../../storage/database.ts'
import { inOneLine } from '../notifications/one-line.ts'
import { titleLength, type Activity } from './activity.ts'
import { receiptTitle } from './receipt-words.ts'
import type { ReceiptBody, ReceiptFigures } from './receipt.ts'

/** Editions looked at for each that is told: those that newer ones replaced are left out afterwards. */
const lookedAt = 4

/** The newest of a community, of people who have a feed. */
export async function receiptsOfCommunity(db: Db, modelId: number, limit: number): Promise<Activity[]> {
  // Chosen first and by themselves: the planner takes "not replaced" for rare, and would sort all receipts of the community instead of reading the newest.
  const newest = await db
    .selectFrom('receipts')
    .innerJoin('releases', 'releases.id', 'receipts.releaseId')
    .select('receipts.id')
    .where('releases.modelId', '=', modelId)
    .orderBy('receipts.id', 'desc')
    .limit(limit * lookedAt)
    .execute()
  if (newest.length === 0) return []
  const rows = await receiptEntries(db)
    .leftJoin('notificationSettings as settings', 'settings.personId', 'receipts.personId')
    .where(
      'receipts.id',
      'in',
      newest.map(({ id }) => id),
    )
    .where(sql<boolean>`coalesce(settings.feed, true)`)
    .orderBy('receipts.id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(receiptActivity)
}

/** The newest of one person. */
export async function receiptsOfOne(db: Db, personId: number, limit: number): Promise<Activity[]> {
  const rows = await receiptEntries(db).where('receipts.personId', '=', personId).orderBy('receipts.id', 'desc').limit(limit).execute()
  return rows.map(receiptActivity)
}

/** Works that an entry tells one by one. The receipt of a busy author names thousands, and reading them for an entry takes longer than all the rest of a feed. */
const toldWorks = 10

/** The newest editions with their figures; the body only where it is told whole. */
function receiptEntries(db: Db) {
  const works = sql<number>`(receipts.figures->>'included')::integer + (receipts.figures->>'reviewed')::integer + (receipts.figures->>'notIncluded')::integer`
  return db
    .selectFrom('receipts')
    .innerJoin('people', 'people.id', 'receipts.personId')
    .innerJoin('releases', 'releases.id', 'receipts.releaseId')
    .innerJoin('communityModels', 'communityModels.id', 'releases.modelId')
    .select(['receipts.digest', 'receipts.figures', 'receipts.createdAt', 'people.name as person', 'releases.version'])
    .select(['communityModels.owner', 'communityModels.name as model'])
    .select(sql<unknown>`case when ${works} <= ${toldWorks} then receipts.body end`.as('body'))
    .where((where) =>
      where.not(where.exists(where.selectFrom('receipts as later').select('later.id').whereRef('later.supersedes', '=', 'receipts.id'))),
    )
}

type ReceiptEntry = Awaited<ReturnType<ReturnType<typeof receiptEntries>['executeTakeFirstOrThrow']>>

function receiptActivity({ digest, createdAt, person, owner, model, version, ...row }: ReceiptEntry): Activity {
  const figures = row.figures as ReceiptFigures
  return {
    kind: 'receipt',
    key: `receipts/${digest}`,
    at: createdAt,
    title: receiptTitle({ person, model: `${owner}/${model}`, version, figures }),
    author: person,
    content: [...(row.body === null ? told(figures) : toldOneByOne(row.body as ReceiptBody)), `Receipt ${digest}.`].join('\n'),
    link: `/receipts/${digest}`,
  }
}

function toldOneByOne(body: ReceiptBody): string[] {
  return [
    ...body.included.map(
      ({ contribution, message, examples, summary }) =>
        `Contribution ${contribution}, “${inOneLine(message, titleLength)}”: ${examples.standing} of ${examples.brought} examples are in it. ${summary}`,
    ),
    ...body.reviewed.map(
      ({ contribution, author, message }) => `Reviewed: contribution ${contribution} by ${author}, “${inOneLine(message, titleLength)}”.`,
    ),
    ...body.notIncluded.map(
      ({ contribution, message, sentence }) => `Not in it: contribution ${contribution}, “${inOneLine(message, titleLength)}”. ${sentence}`,
    ),
    `Dataset ${body.release.dataset.digest}.`,
  ]
}

/** What the figures say; the receipt itself has every work. */
function told({ included, standing, measured, reviewed, notIncluded }: ReceiptFigures): string[] {
  const works = (n: number) => `${n} ${n === 1 ? 'contribution' : 'contributions'}`
  return [
    ...(included > 0
      ? [
          `In it: ${works(included)}, of which ${standing} examples stand. ${measured === 0 ? 'What they changed was not measured.' : `What ${measured} of them changed was measured.`}`,
        ]
      : []),
    ...(reviewed > 0 ? [`Reviewed: ${works(reviewed)} of others that are new in it.`] : []),
    ...(notIncluded > 0 ? [`Not in it: ${works(notIncluded)}. The receipt says why.`] : []),
  ]
}
