/** Reads dataset revisions: the log, one revision, its members, what differs between two, who brought an example. */

import { sql } from 'kysely'
import { AppError } from '../../errors.ts'
import type { Digest } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import { findContribution } from '../contributions/contribution-queries.ts'
import { inPieces } from '../contributions/standing-examples.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'
import { reviewsOf } from '../reviews/review-queries.ts'
import { compareMembers, differingBuckets, membersIn, parseTable, type Buckets } from './bucket-tree.ts'
import type { Blame, DatasetRevision, RevisionDiff } from './dataset-revision.ts'

/** Accepted ones: drafts have no number. */
function revisions(db: Db) {
  return db
    .selectFrom('datasetRevisions')
    .select(['id', 'modelId', 'number', 'parentId', 'digest', 'count', 'createdAt'])
    .where('number', 'is not', null)
    .$narrowType<{ number: number }>()
}

type Row = Awaited<ReturnType<ReturnType<typeof revisions>['executeTakeFirstOrThrow']>>

async function withContributions(db: Db, rows: readonly Row[]): Promise<DatasetRevision[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const links = await db.selectFrom('revisionContributions').selectAll().where('revisionId', 'in', ids).orderBy('contributionId').execute()
  const of = (id: number) => links.filter(({ revisionId }) => revisionId === id).map(({ contributionId }) => contributionId)
  return rows.map((row) => ({ ...row, contributions: of(row.id) }))
}

/** Newest first; a page goes on below number `after`. */
export async function revisionLog(db: Db, modelId: number, page: Page = {}): Promise<readonly DatasetRevision[]> {
  let query = revisions(db).where('modelId', '=', modelId)
  if (page.after !== undefined && page.after > 0) query = query.where('number', '<', page.after)
  return withContributions(db, await query.orderBy('number', 'desc').limit(pageLimit(page)).execute())
}

/** The newest revision, or null where nothing was accepted yet. */
export async function latestRevision(db: Db, modelId: number): Promise<DatasetRevision | null> {
  return (await revisionLog(db, modelId, { limit: 1 }))[0] ?? null
}

/** The revision of that number, 1, 2, 3 … */
export async function findRevision(db: Db, modelId: number, number: number | 'latest'): Promise<DatasetRevision> {
  const found =
    number === 'latest'
      ? await latestRevision(db, modelId)
      : (await withContributions(db, await revisions(db).where('modelId', '=', modelId).where('number', '=', number).execute()))[0]
  if (found) return found
  if (number === 'latest') throw new AppError('not-found', 'The model has no dataset yet; contribute examples and have them accepted.')
  throw new AppError('not-found', `The dataset has no revision ${number}; "dataset log" shows those there are.`)
}

/** The bucket table of a revision; empty for null. */
export async function bucketsOf(db: Db, revisionId: number | null): Promise<Buckets> {
  if (revisionId === null) return new Map()
  const { buckets } = await db.selectFrom('datasetRevisions').select('buckets').where('id', '=', revisionId).executeTakeFirstOrThrow()
  return parseTable(buckets)
}

/** Sorted members of buckets by their digest. */
export async function loadBuckets(db: Db, digests: readonly Digest[]): Promise<ReadonlyMap<Digest, Uint8Array>> {
  const found = new Map<Digest, Uint8Array>()
  for (const some of inPieces([...new Set(digests)], 1_000)) {
    const rows = await db.selectFrom('datasetBuckets').selectAll().where('digest', 'in', some).execute()
    for (const { digest, members } of rows) found.set(digest, members)
  }
  return found
}

/** The digests of all examples of a revision, ascending. */
export async function* membersOf(db: Db, revision: Pick<DatasetRevision, 'id'>): AsyncIterable<Digest> {
  const buckets = [...(await bucketsOf(db, revision.id))].sort(([a], [b]) => a - b)
  for (const some of inPieces(buckets, 64)) {
    const members = await loadBuckets(
      db,
      some.map(([, digest]) => digest),
    )
    for (const [, digest] of some) yield* membersIn(members.get(digest) as Uint8Array)
  }
}

/** What `to` has that `from` has not, and the reverse, in order of digest. Reads only the buckets that differ. Ids, not numbers; null is the empty dataset. */
export async function diffRevisions(
  db: Db,
  from: number | null,
  to: number | null,
  options: { readonly limit?: number } = {},
): Promise<RevisionDiff> {
  const limit = options.limit ?? 10_000
  const differing = differingBuckets(await bucketsOf(db, from), await bucketsOf(db, to))
  const [added, removed]: [Digest[], Digest[]] = [[], []]
  // A reader who stops counting early is not made to wait for what he will not count.
  for (const some of inPieces(differing, limit < 1_000 ? 16 : 64)) {
    const members = await loadBuckets(
      db,
      some.flatMap(({ from, to }) => [from, to].filter((digest) => digest !== null)),
    )
    const of = (digest: Digest | null) => (digest === null ? new Uint8Array() : (members.get(digest) as Uint8Array))
    for (const bucket of some) {
      const difference = compareMembers(of(bucket.from), of(bucket.to))
      added.push(...difference.added)
      removed.push(...difference.removed)
    }
    if (added.length > limit || removed.length > limit)
      return { added: added.slice(0, limit), removed: removed.slice(0, limit), truncated: true }
  }
  return { added, removed, truncated: false }
}

/** The contribution that brought each example of a revision: the last one to add it, up to that revision. */
export async function broughtBy(
  db: Db,
  revision: Pick<DatasetRevision, 'modelId' | 'number'>,
  digests: readonly Digest[],
): Promise<ReadonlyMap<Digest, { readonly contribution: number; readonly revision: number }>> {
  const found = new Map<Digest, { contribution: number; revision: number }>()
  for (const some of inPieces(digests)) {
    const { rows } = await sql<{ digest: Digest; contribution: number; revision: number }>`
      select distinct on (changes.example_digest) changes.example_digest as digest, contributions.id as contribution, revisions.number as revision
      from dataset_revisions revisions
      join revision_contributions links on links.revision_id = revisions.id
      join contributions on contributions.id = links.contribution_id
      join contribution_changes changes on changes.contribution_id = contributions.id and changes.round = contributions.round
      where revisions.model_id = ${revision.modelId} and revisions.number <= ${revision.number} and changes.example_digest in (${sql.join(some)})
      order by changes.example_digest, revisions.number desc`.execute(db)
    for (const { digest, ...by } of rows) found.set(digest, by)
  }
  return found
}

/** Which contribution, author and reviews brought an example into the dataset. Answers for examples that have left it, too. */
export async function blame(db: Db, modelId: number, text: string): Promise<Blame> {
  const digest = (text.startsWith('sha256:') ? text : `sha256:${text}`) as Digest
  const latest = await latestRevision(db, modelId)
  const by = latest && /^sha256:[0-9a-f]{64}$/.test(digest) ? (await broughtBy(db, latest, [digest])).get(digest) : undefined
  if (!by)
    throw new AppError(
      'not-found',
      `No accepted contribution brought an example ${text.slice(0, 80)}; "dataset export" lists the digests there are.`,
    )
  const contribution = await findContribution(db, by.contribution)
  const reviews = await reviewsOf(db, contribution.id)
  return {
    digest,
    contributionId: contribution.id,
    message: contribution.message,
    author: contribution.author,
    revision: by.revision,
    reviews: reviews
      .filter(({ round }) => round === contribution.round)
      .map(({ reviewer, decision, message, createdAt }) => ({ reviewer, decision, message, createdAt })),
  }
}
