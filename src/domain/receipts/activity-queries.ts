/** Reads what happened in a community, for those who follow it from outside: proposals, decisions, releases, receipts. */

import { sql } from 'kysely'
import type { Db } from '../../storage/database.ts'
import type { LicenceVerdict } from '../lineage/licence-verdict.ts'
import { findModel } from '../models/model-queries.ts'
import { inOneLine } from '../notifications/one-line.ts'
import { notificationSettingsOf } from '../notifications/notification-queries.ts'
import { operatorName } from '../people/actor.ts'
import { findPerson } from '../people/people-queries.ts'
import { titleLength, type Activity } from './activity.ts'
import { receiptsOfCommunity, receiptsOfOne } from './receipt-activity.ts'

/** Entries of a feed; a reader asks again long before as much has happened. */
const mostEntries = 50

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
    ...(withReceipts ? await receiptsOfCommunity(db, id, limit) : []),
  ]).slice(0, limit)
  // A release's record names everybody whose work is new in it, thousands in a large community: one that is older than all that is shown is not read.
  const last = said.length < limit ? undefined : said.at(-1)
  const released = await releasesSince(db, id, model, limit, last?.at)
  return newestFirst([...said, ...released]).slice(0, limit)
}

function newestFirst(all: readonly Activity[]): readonly Activity[] {
  return all.toSorted((a, b) => b.at.getTime() - a.at.getTime() || (a.key < b.key ? -1 : 1))
}

/** A person's receipts, newest first; null where the person wants no feed. */
export async function activityOfPerson(db: Db, name: string): Promise<readonly Activity[] | null> {
  const { id } = await findPerson(db, name)
  if (!(await notificationSettingsOf(db, id)).feed) return null
  return receiptsOfOne(db, id, mostEntries)
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

/** Those of releases since then: what their records name is counted in the database, for a changelog names everybody whose work is new in it. */
async function releasesSince(db: Db, modelId: number, model: string, limit: number, since: Date | undefined): Promise<Activity[]> {
  let query = db
    .selectFrom('releases')
    .innerJoin('checkpoints', 'checkpoints.id', 'releases.checkpointId')
    .innerJoin('trainingRuns', 'trainingRuns.id', 'checkpoints.runId')
    .innerJoin('datasetRevisions as dataset', 'dataset.id', 'trainingRuns.revisionId')
    .select([
      'version',
      'releases.createdAt',
      'releases.state',
      'retraction',
      'licence',
      'dataset.number',
      'dataset.count',
      'dataset.digest',
    ])
    .select(sql<string[]>`jsonb_path_query_array(gate, '$.suites[*].reason')`.as('reasons'))
    .select(sql<string[]>`jsonb_path_query_array(changelog, '$.contributions[*].author')`.as('authors'))
    .where('releases.modelId', '=', modelId)
  if (since !== undefined) query = query.where('releases.createdAt', '>=', since)
  const rows = await query.orderBy('releases.id', 'desc').limit(limit).execute()
  return rows.map(({ version, createdAt, state, retraction, reasons, authors, number, count, digest, ...row }) => {
    const licence = row.licence as LicenceVerdict
    return {
      kind: 'release',
      key: `models/${model}/releases/${version}`,
      at: createdAt,
      title: `${model} ${version}${state === 'retracted' ? ' (retracted)' : ''}`,
      author: model,
      content: [
        ...(retraction === null ? [] : [`Retracted: ${retraction}`]),
        ...reasons,
        `${authors.length} contributions by ${new Set(authors).size} people; dataset revision ${number}, ${count} examples, ${digest}.`,
        `Licence: ${licence.expression}. ${licence.summary}`,
      ].join('\n'),
      link: `/models/${model}/releases/${version}`,
    }
  })
}
