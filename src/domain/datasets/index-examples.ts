/**
 * Keeps the table of standing examples, which searches read, at the newest dataset revision: each acceptance adds and takes out what it changes. Where the
 * table is behind (a database from before it, or words taken apart in a newer way) it is made again in the background.
 */

import { sql } from 'kysely'
import type { Digest } from '../../storage/blobs.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { Jobs } from '../../storage/jobs.ts'
import type { ExampleTalliesTable } from '../../storage/schema.ts'
import { digestsOfChanges } from '../contributions/contribution-queries.ts'
import { textsOf, type Example } from '../contributions/example.ts'
import { pieceOf, searchWords, wordsVersion } from '../contributions/search-words.ts'
import { inPieces, standingAmong } from '../contributions/standing-examples.ts'
import { lockModel } from '../models/model-queries.ts'
import { latestRevision } from './dataset-queries.ts'
import type { DatasetChange } from './revise-dataset.ts'

/** Rows in one statement: a few megabytes of words. */
const perStatement = 500

interface Revising {
  readonly id: number
  readonly parentId: number | null
}

/** In the transaction that makes a revision. Where the table is behind already, it is left to `rebuildExampleIndex`. */
export async function indexRevision(
  db: Db,
  modelId: number,
  revision: Revising,
  contribution: number,
  change: DatasetChange,
): Promise<void> {
  const index = await indexOf(db, modelId)
  const current = index ?? (revision.parentId === null ? { revisionId: null, wordsVersion, nextPlace: 0 } : null)
  if (current?.revisionId !== revision.parentId || current.wordsVersion !== wordsVersion) return
  const nextPlace = await indexChange(db, modelId, contribution, change, current.nextPlace)
  await noteIndexed(db, modelId, revision.id, nextPlace)
}

async function indexOf(db: Db, modelId: number) {
  return db.selectFrom('exampleIndexes').selectAll().where('modelId', '=', modelId).executeTakeFirst()
}

async function noteIndexed(db: Db, modelId: number, revisionId: number | null, nextPlace: number, version = wordsVersion): Promise<void> {
  const values = { revisionId, nextPlace, wordsVersion: version }
  await db
    .insertInto('exampleIndexes')
    .values({ modelId, ...values })
    .onConflict((known) => known.column('modelId').doUpdateSet(values))
    .execute()
}

/** Takes out what goes, then adds what comes, each at the next place. Returns the place after the last. */
async function indexChange(db: Db, modelId: number, contribution: number, change: DatasetChange, nextPlace: number): Promise<number> {
  const tallies = new Tallies()
  for (const some of inPieces(change.going, perStatement)) {
    const gone = await db
      .deleteFrom('standingExamples')
      .where('modelId', '=', modelId)
      .where('digest', 'in', some)
      .returning(['digest', 'contributionId'])
      .execute()
    const examples = await examplesByDigest(
      db,
      gone.map(({ digest }) => digest),
    )
    const authors = await authorsOf(db, [...new Set(gone.map(({ contributionId }) => contributionId))])
    for (const { digest, contributionId } of gone) tallies.count(examples.get(digest) as Example, authors.get(contributionId) as number, -1)
  }
  const author = (await authorsOf(db, [contribution])).get(contribution) ?? 0
  for (const some of inPieces(change.coming, perStatement)) {
    const examples = await examplesByDigest(db, some)
    const rows = some.map((digest) => {
      const example = examples.get(digest) as Example
      tallies.count(example, author, 1)
      const place = nextPlace++
      const words = searchWords(textsOf(example.content), { ...example.provenance, contributor: author })
      return { place, digest, words: words.map((word) => pieceOf(modelId, place) + word) }
    })
    await sql`insert into standing_examples (model_id, place, digest, contribution_id, search)
      select ${modelId}::integer, place, digest, ${contribution}::integer, array_to_tsvector(array(select json_array_elements_text(words)))
      from json_to_recordset(${JSON.stringify(rows)}::json) as listed(place integer, digest text, words json)`.execute(db)
  }
  await tallies.store(db, modelId)
  return nextPlace
}

async function examplesByDigest(db: Db, digests: readonly Digest[]): Promise<ReadonlyMap<Digest, Example>> {
  if (digests.length === 0) return new Map()
  const rows = await db.selectFrom('examples').select(['digest', 'body']).where('digest', 'in', digests).execute()
  return new Map(rows.map(({ digest, body }) => [digest, body as Example]))
}

/** Ids of the authors by contribution; 0 for the operator. */
async function authorsOf(db: Db, contributions: readonly number[]): Promise<ReadonlyMap<number, number>> {
  if (contributions.length === 0) return new Map()
  const rows = await db.selectFrom('contributions').select(['id', 'authorId']).where('id', 'in', contributions).execute()
  return new Map(rows.map(({ id, authorId }) => [id, authorId ?? 0]))
}

type Field = ExampleTalliesTable['field']

/** How many examples more or fewer have a value. */
class Tallies {
  readonly #counts = new Map<string, number>()

  count({ provenance }: Example, author: number, by: 1 | -1): void {
    const values: Record<Field, string> = {
      language: provenance.language,
      origin: provenance.origin,
      licence: provenance.licence,
      contributor: String(author),
    }
    for (const [field, value] of Object.entries(values)) {
      const key = JSON.stringify([field, value])
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + by)
    }
  }

  async store(db: Db, modelId: number): Promise<void> {
    const changed = [...this.#counts].filter(([, count]) => count !== 0)
    const rows = changed.map(([key, count]) => {
      const [field, value] = JSON.parse(key) as [Field, string]
      return { modelId, field, value, count }
    })
    for (const some of inPieces(rows, 1_000))
      await db
        .insertInto('exampleTallies')
        .values(some)
        .onConflict((known) =>
          known.columns(['modelId', 'field', 'value']).doUpdateSet({ count: sql<number>`example_tallies.count + excluded.count` }),
        )
        .execute()
    if (rows.length > 0) await db.deleteFrom('exampleTallies').where('modelId', '=', modelId).where('count', '<=', 0).execute()
  }
}

/** Asks the queue to make the table again for every model where it is behind. Called when the app starts. */
export async function indexWhereBehind(app: { readonly db: Database; readonly jobs: Pick<Jobs, 'enqueue'> }): Promise<readonly number[]> {
  const { rows } = await sql<{ modelId: number }>`
    select newest.model_id as "modelId" from (
      select distinct on (model_id) model_id, id from dataset_revisions where number is not null order by model_id, number desc) newest
    left join example_indexes indexes on indexes.model_id = newest.model_id
    where indexes.revision_id is distinct from newest.id or indexes.words_version <> ${wordsVersion}
    order by 1`.execute(app.db)
  for (const { modelId } of rows) await app.jobs.enqueue(app.db, 'index-examples', { modelId }, { key: `index-examples:${modelId}` })
  return rows.map(({ modelId }) => modelId)
}

/**
 * Makes the table of a model again, contribution by contribution in the order they were accepted, so that others wait only while the last ones are done.
 * Searches find part of the dataset meanwhile, and say so.
 */
export async function rebuildExampleIndex(app: { readonly db: Database }, modelId: number, signal?: AbortSignal): Promise<void> {
  await app.db.transaction().execute(async (db) => {
    await lockModel(db, modelId)
    await noteIndexed(db, modelId, null, 0, 0)
    await db.deleteFrom('standingExamples').where('modelId', '=', modelId).execute()
    await db.deleteFrom('exampleTallies').where('modelId', '=', modelId).execute()
  })
  let last = { number: 0, contribution: 0 }
  let nextPlace = 0
  for (;;) {
    signal?.throwIfAborted()
    const found = await app.db.transaction().execute(async (db) => {
      let accepted = await acceptedAfter(db, modelId, last)
      if (accepted.length === 0) {
        await lockModel(db, modelId)
        accepted = await acceptedAfter(db, modelId, last)
      }
      for (const { contribution, round } of accepted) {
        const { coming, going } = await digestsOfChanges(db, contribution, round)
        const standing = await standingAmong(db, modelId, coming)
        const stays = coming.filter((digest) => standing.get(digest) === contribution)
        nextPlace = await indexChange(db, modelId, contribution, { coming: stays, going }, nextPlace)
      }
      if (accepted.length === 0) await noteIndexed(db, modelId, (await latestRevision(db, modelId))?.id ?? null, nextPlace)
      return accepted
    })
    if (found.length === 0) return
    last = found.at(-1) as (typeof found)[number]
  }
}

/** Contributions in one transaction of a rebuild. */
const perTransaction = 20

async function acceptedAfter(db: Db, modelId: number, { number, contribution }: { number: number; contribution: number }) {
  const { rows } = await sql<{ number: number; contribution: number; round: number }>`
    select revisions.number, links.contribution_id as contribution, contributions.round
    from dataset_revisions revisions join revision_contributions links on links.revision_id = revisions.id
    join contributions on contributions.id = links.contribution_id
    where revisions.model_id = ${modelId} and (revisions.number, links.contribution_id) > (${number}, ${contribution})
    order by revisions.number, links.contribution_id limit ${perTransaction}`.execute(db)
  return rows
}
