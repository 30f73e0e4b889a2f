/** The cases of a suite a page at a time, with who brought each and what a subject answered. The files are read no further than the page reaches. */

import { jsonLines } from '../../formats/jsonl.ts'
import type { Blobs, Digest } from '../../storage/blobs.ts'
import type { Database, Db } from '../../storage/database.ts'
import { readSuite } from '../models/suite-queries.ts'
import { suiteLimits, type Suite, type SuiteSample } from '../models/suite.ts'
import { operatorName } from '../people/actor.ts'
import type { Evaluation, SampleResult } from './evaluation.ts'

export interface SuiteCase {
  /** Its place in the suite, from 1. */
  readonly number: number
  readonly sample: SuiteSample
  /** The contribution that brought it; null: it came with the suite. */
  readonly contribution: number | null
  /** That contribution's author. */
  readonly author: string | null
  /** What the subject gave; null where no evaluation was asked for. */
  readonly result: SampleResult | null
}

export interface CasePage {
  readonly cases: readonly SuiteCase[]
  /** The number to go on beyond; null at the end. */
  readonly next: number | null
}

export interface CaseQuestion {
  /** Go on beyond this number. */
  readonly after?: number
  readonly limit?: number
  readonly evaluation?: Evaluation | null
  /** Those answered wrong. */
  readonly onlyWrong?: boolean
}

export async function casesOf(
  app: { readonly db: Database; readonly blobs: Blobs },
  suite: Pick<Suite, 'digest' | 'kind' | 'name'>,
  { after = 0, limit = 25, evaluation = null, onlyWrong = false }: CaseQuestion = {},
): Promise<CasePage> {
  const results = evaluation?.samples ? resultsInOrder(app.blobs, evaluation.samples)[Symbol.asyncIterator]() : null
  const found: { number: number; sample: SuiteSample; result: SampleResult | null }[] = []
  let number = 0
  let next: number | null = null
  for await (const sample of readSuite(app, suite)) {
    const result = results ? ((await results.next()).value ?? null) : null
    if (++number <= after || (onlyWrong && !(result && 'right' in result && !result.right))) continue
    if (found.length === limit) {
      next = found.at(-1)?.number ?? null
      break
    }
    found.push({ number, sample, result })
  }
  await results?.return(undefined)
  const authors = await authorsOf(
    app.db,
    found.flatMap(({ sample }) => sample.contribution ?? []),
  )
  const cases = found.map((one) => {
    const contribution = one.sample.contribution ?? null
    return { ...one, contribution, author: contribution === null ? null : (authors.get(contribution) ?? null) }
  })
  return { cases, next }
}

/** Results are stored in the order of the suite. */
async function* resultsInOrder(blobs: Blobs, digest: Digest): AsyncGenerator<SampleResult, undefined> {
  for await (const read of jsonLines(blobs.read(digest), { lineBytes: suiteLimits.line * 4 })) {
    if ('problem' in read) throw new Error(`Results ${digest}, line ${read.line}: ${read.problem}`)
    yield read.value as SampleResult
  }
  return undefined
}

/** Names of the authors of contributions, by the contribution's id. */
export async function authorsOf(db: Db, contributions: readonly number[]): Promise<ReadonlyMap<number, string>> {
  if (contributions.length === 0) return new Map()
  const rows = await db
    .selectFrom('contributions')
    .leftJoin('people', 'people.id', 'contributions.authorId')
    .select(['contributions.id', 'people.name'])
    .where('contributions.id', 'in', [...new Set(contributions)])
    .execute()
  return new Map(rows.map(({ id, name }) => [id, name ?? operatorName]))
}
