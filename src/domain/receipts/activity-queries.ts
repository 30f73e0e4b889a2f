/** Reads what happened in a community, for those who follow it from outside: proposals, decisions, releases, receipts. */

import { sql } from 'kysely'
import type { Db } from '../../storage/database.ts'
import { findModel } from '../models/model-queries.ts'
import { inOneLine } from '../notifications/one-line.ts'
import { notificationSettingsOf } from '../notifications/notification-queries.ts'
import { operatorName } from '../people/actor.ts'
import { findPerson } from '../people/people-queries.ts'
import { listReleases } from '../releases/release-queries.ts'
import type { Release } from '../releases/release.ts'
import { newest, receiptsOfPerson, toReceipt } from './receipt-queries.ts'
import { receiptTitle } from './receipt-words.ts'
import type { Receipt } from './receipt.ts'

export interface Activity {
  readonly kind: 'proposal' | 'decision' | 'release' | 'receipt'
  /** Says which, among all activities: it never changes. */
  readonly key: string
  readonly at: Date
  readonly title: string
  readonly author: string
  /** Plain text. */
  readonly content: string
  /** A path of this server. */
  readonly link: string
}

/** Entries of a feed; a reader asks again long before as much has happened. */
const mostEntries = 50
const titleLength = 120

export interface ActivityOptions {
  readonly limit?: number
  /** Left out where they would drown what everybody shares in. */
  readonly receipts?: boolean
}

/** Newest first. */
export async function activityOf(db: Db, model: string, options: ActivityOptions = {}): Promise<readonly Activity[]> {
  const { limit = mostEntries, receipts: withReceipts = true } = options
  const { id } = await findModel(db, model)
  const said = newestFirst([
    ...(await proposals(db, id, limit)),
    ...(await decisions(db, id, limit)),
    ...(withReceipts ? await receipts(db, id, limit) : []),
  ]).slice(0, limit)
  // A release's record names everybody whose work is new in it, thousands in a large community: one that is older than all that is shown is not read.
  const last = said.length < limit ? undefined : said.at(-1)
  const released = await listReleases(db, model, { limit, ...(last && { since: last.at }) })
  return newestFirst([...said, ...released.map(releaseActivity)]).slice(0, limit)
}

function newestFirst(all: readonly Activity[]): readonly Activity[] {
  return all.toSorted((a, b) => b.at.getTime() - a.at.getTime() || (a.key < b.key ? -1 : 1))
}

/** A person's receipts, newest first; null where the person wants no feed. */
export async function activityOfPerson(db: Db, name: string): Promise<readonly Activity[] | null> {
  const { id } = await findPerson(db, name)
  if (!(await notificationSettingsOf(db, id)).feed) return null
  return (await receiptsOfPerson(db, name, { limit: mostEntries })).map(receiptActivity)
}

async function proposals(db: Db, modelId: number, limit: number): Promise<Activity[]> {
  const rows = await db
    .selectFrom('contributions')
    .leftJoin('people', 'people.id', 'contributions.authorId')
    .innerJoin('contributionRounds as first', (join) =>
      join.onRef('first.contributionId', '=', 'contributions.id').on('first.round', '=', 1),
    )
    .select(['contributions.id', 'contributions.createdAt', 'first.message', 'people.name as author'])
    .where('contributions.modelId', '=', modelId)
    .orderBy('contributions.id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(({ id, createdAt, message, author }) => ({
    kind: 'proposal',
    key: `contributions/${id}`,
    at: createdAt,
    title: `Contribution ${id}: ${inOneLine(message, titleLength)}`,
    author: author ?? operatorName,
    content: message,
    link: `/contributions/${id}`,
  }))
}

async function decisions(db: Db, modelId: number, limit: number): Promise<Activity[]> {
  const rows = await db
    .selectFrom('contributions')
    .leftJoin('people', 'people.id', 'contributions.authorId')
    .select(['contributions.id', 'contributions.decidedAt', 'contributions.state', 'contributions.message', 'people.name as author'])
    .where('contributions.modelId', '=', modelId)
    .where('contributions.decidedAt', 'is not', null)
    .orderBy('contributions.decidedAt', 'desc')
    .limit(limit)
    .$narrowType<{ decidedAt: Date }>()
    .execute()
  if (rows.length === 0) return []
  const reviews = await db
    .selectFrom('reviews')
    .innerJoin('contributions', (join) =>
      join.onRef('contributions.id', '=', 'reviews.contributionId').onRef('contributions.round', '=', 'reviews.round'),
    )
    .leftJoin('people', 'people.id', 'reviews.reviewerId')
    .select([
      'reviews.contributionId',
      'reviews.decision',
      'reviews.message',
      sql<string>`coalesce(people.name, ${operatorName})`.as('reviewer'),
    ])
    .where(
      'reviews.contributionId',
      'in',
      rows.map(({ id }) => id),
    )
    .orderBy('reviews.id')
    .execute()
  return rows.map(({ id, decidedAt, state, message, author }) => {
    const decision = state === 'accepted' ? 'accept' : state === 'rejected' ? 'reject' : null
    const said = reviews.filter((review) => review.contributionId === id && review.decision === decision)
    return {
      kind: 'decision',
      key: `contributions/${id}/decision`,
      at: decidedAt,
      title: `Contribution ${id} was ${state}: ${inOneLine(message, titleLength)}`,
      author: said.at(-1)?.reviewer ?? author ?? operatorName,
      content: said.map((review) => `${review.reviewer}: ${review.message}`).join('\n') || `${state} by ${author ?? operatorName}`,
      link: `/contributions/${id}`,
    }
  })
}

function releaseActivity({ model, version, createdAt, state, retraction, gate, licence, changelog }: Release): Activity {
  const [dataset, people] = [changelog.dataset, new Set(changelog.contributions.map(({ author }) => author)).size]
  return {
    kind: 'release',
    key: `models/${model}/releases/${version}`,
    at: createdAt,
    title: `${model} ${version}${state === 'retracted' ? ' (retracted)' : ''}`,
    author: model,
    content: [
      ...(retraction === null ? [] : [`Retracted: ${retraction}`]),
      ...gate.suites.map(({ reason }) => reason),
      `${changelog.contributions.length} contributions by ${people} people; dataset revision ${dataset.number}, ${dataset.count} examples, ${dataset.digest}.`,
      `Licence: ${licence.expression}. ${licence.summary}`,
    ].join('\n'),
    link: `/models/${model}/releases/${version}`,
  }
}

/** Those of people who have a feed. */
async function receipts(db: Db, modelId: number, limit: number): Promise<Activity[]> {
  const rows = await newest(db)
    .innerJoin('releases', 'releases.id', 'receipts.releaseId')
    .leftJoin('notificationSettings as settings', 'settings.personId', 'receipts.personId')
    .where('releases.modelId', '=', modelId)
    .where(sql<boolean>`coalesce(settings.feed, true)`)
    .orderBy('receipts.id', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => receiptActivity(toReceipt(row)))
}

function receiptActivity({ digest, body, createdAt }: Receipt): Activity {
  const lines = [
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
    `Dataset ${body.release.dataset.digest}. Receipt ${digest}.`,
  ]
  return {
    kind: 'receipt',
    key: `receipts/${digest}`,
    at: createdAt,
    title: receiptTitle(body),
    author: body.person,
    content: lines.join('\n'),
    link: `/receipts/${digest}`,
  }
}
