/** Finds examples of a community's dataset by their words, language, origin, licence and contributor, those accepted last first. */

import { sql } from 'kysely'
import { AppError } from '../../errors.ts'
import type { Digest } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import type { ExampleTalliesTable } from '../../storage/schema.ts'
import type { StoredExample } from '../contributions/example.ts'
import { anyPiece, parseSearch, tsqueryOf } from '../contributions/search-query.ts'
import { filterWord, pieceSize, wordsVersion } from '../contributions/search-words.ts'
import { operatorName } from '../people/actor.ts'
import { findPerson, pageLimit, type Page } from '../people/people-queries.ts'

export interface ExampleFilter {
  /** As people type it; see contributions/search-query.ts. */
  readonly text?: string | undefined
  /** BCP 47; mr finds mr-Latn too. */
  readonly language?: string | undefined
  readonly origin?: string | undefined
  /** SPDX expression, just as it was declared. */
  readonly licence?: string | undefined
  /** Name of a person, or "operator". */
  readonly contributor?: string | undefined
}

export interface FoundExample extends StoredExample {
  /** To go on after: those found next have smaller ones. */
  readonly place: number
  /** The contribution that brought it. */
  readonly contribution: number
  readonly author: string
}

export interface FoundExamples {
  readonly examples: readonly FoundExample[]
  /** What to pass as `after` for the next page; null at the end. */
  readonly next: number | null
  /** False while the index is being made: not everything is found yet. */
  readonly complete: boolean
}

/** Throws `invalid` where the text cannot be looked for, `not-found` where there is no such person. */
export async function searchExamples(db: Db, modelId: number, filter: ExampleFilter = {}, page: Page = {}): Promise<FoundExamples> {
  const query = tsqueryOf(parseSearch(filter.text ?? ''), await filterWords(db, filter))
  const index = await db.selectFrom('exampleIndexes').selectAll().where('modelId', '=', modelId).executeTakeFirst()
  // While it is made again, places are given anew; those in use are read from the table.
  const complete = index === undefined ? !(await hasDataset(db, modelId)) : index.wordsVersion === wordsVersion
  const end = index?.nextPlace || (await lastPlace(db, modelId)) + 1
  const before = Math.min(end, page.after ?? end)
  const limit = pageLimit(page)
  const found = query === null ? await newest(db, modelId, before, limit + 1) : await matching(db, modelId, query, before, limit + 1)
  const examples = await withBodies(db, found.slice(0, limit))
  return { examples, next: found.length > limit ? (found[limit - 1] as Found).place : null, complete }
}

async function filterWords(db: Db, { language, origin, licence, contributor }: ExampleFilter): Promise<string[]> {
  const words: string[] = []
  if (language) words.push(filterWord('language', canonicalLanguage(language)))
  if (origin) words.push(filterWord('origin', origin))
  if (licence) words.push(filterWord('licence', licence))
  if (contributor) words.push(filterWord('contributor', contributor === operatorName ? 0 : (await findPerson(db, contributor)).id))
  return words
}

function canonicalLanguage(tag: string): string {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? tag
  } catch {
    throw new AppError('invalid', `${JSON.stringify(tag.slice(0, 40))} is not a language tag such as mr or ur-Latn.`)
  }
}

async function hasDataset(db: Db, modelId: number): Promise<boolean> {
  const row = await db.selectFrom('datasetRevisions').select('id').where('modelId', '=', modelId).where('number', '=', 1).executeTakeFirst()
  return row !== undefined
}

interface Found {
  readonly place: number
  readonly digest: Digest
  readonly contributionId: number
}

async function lastPlace(db: Db, modelId: number): Promise<number> {
  const last = await db
    .selectFrom('standingExamples')
    .select('place')
    .where('modelId', '=', modelId)
    .orderBy('place', 'desc')
    .limit(1)
    .executeTakeFirst()
  return last?.place ?? -1
}

async function newest(db: Db, modelId: number, before: number, limit: number): Promise<readonly Found[]> {
  return db
    .selectFrom('standingExamples')
    .select(['place', 'digest', 'contributionId'])
    .where('modelId', '=', modelId)
    .where('place', '<', before)
    .orderBy('place', 'desc')
    .limit(limit)
    .execute()
}

/**
 * Piece after piece, newest first, until there are enough: a word that stands in every example costs one piece, a word that stands in none one look into each.
 * `offset 0` keeps the order out of the planner's sight: it would else walk the places and hold every example against the query, which takes seconds.
 */
async function matching(db: Db, modelId: number, query: string, before: number, limit: number): Promise<readonly Found[]> {
  const { rows } = await sql<Found>`
    select found.place, found.digest, found.contribution_id as "contributionId"
    from generate_series(${Math.floor((before - 1) / pieceSize)}::integer, 0, -1) piece
    cross join lateral (
      select * from (
        select place, digest, contribution_id from standing_examples
        where search @@ replace(${query}, ${anyPiece}, ${modelId}::integer || '.' || piece || ' ')::tsquery offset 0) matching
      where place < ${before} order by place desc limit ${limit}) found
    limit ${limit}`.execute(db)
  return rows.toSorted((a, b) => b.place - a.place)
}

async function withBodies(db: Db, found: readonly Found[]): Promise<readonly FoundExample[]> {
  if (found.length === 0) return []
  const digests = found.map(({ digest }) => digest)
  const bodies = await db.selectFrom('examples').select(['digest', 'body']).where('digest', 'in', digests).execute()
  const authors = await db
    .selectFrom('contributions')
    .leftJoin('people', 'people.id', 'contributions.authorId')
    .select(['contributions.id', 'people.name'])
    .where('contributions.id', 'in', [...new Set(found.map(({ contributionId }) => contributionId))])
    .execute()
  const bodyOf = new Map(bodies.map(({ digest, body }) => [digest, body as StoredExample]))
  const authorOf = new Map(authors.map(({ id, name }) => [id, name]))
  return found.map(({ place, digest, contributionId }) => {
    const { content, provenance } = bodyOf.get(digest) as StoredExample
    return { place, digest, content, provenance, contribution: contributionId, author: authorOf.get(contributionId) ?? operatorName }
  })
}

export interface Tally {
  /** A language, an origin, a licence, or the name of a contributor. */
  readonly value: string
  readonly count: number
}

export type ExampleTallies = { readonly [field in ExampleTalliesTable['field']]: readonly Tally[] }

/** How many examples have each value, the most frequent ones first, at most `limit` of each: what one can filter by. */
export async function exampleTallies(db: Db, modelId: number, limit = 20): Promise<ExampleTallies> {
  const of = async (field: ExampleTalliesTable['field']): Promise<readonly Tally[]> =>
    db
      .selectFrom('exampleTallies')
      .select(['value', 'count'])
      .where('modelId', '=', modelId)
      .where('field', '=', field)
      .orderBy('count', 'desc')
      .orderBy('value')
      .limit(limit)
      .execute()
  const contributors = await of('contributor')
  const ids = contributors.map(({ value }) => Number(value)).filter((id) => id !== 0)
  const people = ids.length === 0 ? [] : await db.selectFrom('people').select(['id', 'name']).where('id', 'in', ids).execute()
  const names = new Map(people.map(({ id, name }) => [String(id), name]))
  return {
    language: await of('language'),
    origin: await of('origin'),
    licence: await of('licence'),
    contributor: contributors.map(({ value, count }) => ({ value: names.get(value) ?? operatorName, count })),
  }
}
