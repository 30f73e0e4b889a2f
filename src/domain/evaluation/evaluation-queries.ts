/** Reads of evaluations and their per-sample results. */

import { AppError } from '../../errors.ts'
import type { ServedModel } from '../../engines/engine.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database, Db } from '../../storage/database.ts'
import { findModel } from '../models/model-queries.ts'
import { pageLimit, type Page } from '../people/people-queries.ts'
import type { Evaluation, Metric, SampleResult } from './evaluation.ts'

export async function findEvaluation(db: Db, id: number): Promise<Evaluation> {
  const row = await evaluations(db).where('evaluations.id', '=', id).executeTakeFirst()
  if (!row) throw new AppError('not-found', `There is no evaluation ${id}.`)
  return toEvaluation(row)
}

export async function findEvaluations(db: Db, ids: readonly number[]): Promise<Evaluation[]> {
  if (ids.length === 0) return []
  return (await evaluations(db).where('evaluations.id', 'in', ids).orderBy('evaluations.id').execute()).map(toEvaluation)
}

/** Newest first; `after` is the id to go on below. */
export async function listEvaluations(db: Db, model: string, page: Page = {}): Promise<Evaluation[]> {
  const { id } = await findModel(db, model)
  let query = evaluations(db).where('evaluations.modelId', '=', id)
  if (page.after !== undefined) query = query.where('evaluations.id', '<', page.after)
  return (await query.orderBy('evaluations.id', 'desc').limit(pageLimit(page)).execute()).map(toEvaluation)
}

/** The newest finished evaluation of this suite on exactly these artefacts, or null. */
export async function finishedEvaluation(db: Db, suiteId: number, served: ServedModel): Promise<Evaluation | null> {
  const row = await evaluations(db)
    .where('evaluations.suiteId', '=', suiteId)
    .where('evaluations.servedBase', '=', served.base)
    .where('evaluations.servedAdapter', served.adapter === null ? 'is' : '=', served.adapter)
    .where('evaluations.state', '=', 'finished')
    .orderBy('evaluations.id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ? toEvaluation(row) : null
}

/** What each sample gave, in the order of the suite. `conflict` while it has not finished. */
export async function samplesOf(app: { readonly db: Database; readonly blobs: Blobs }, id: number): Promise<SampleResult[]> {
  return resultsOf(app, await findEvaluation(app.db, id))
}

export async function resultsOf(app: { readonly blobs: Blobs }, evaluation: Evaluation): Promise<SampleResult[]> {
  if (evaluation.samples === null) throw new AppError('conflict', `Evaluation ${evaluation.id} is ${evaluation.state}; it has no results.`)
  const text = Buffer.from(await app.blobs.get(evaluation.samples)).toString('utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as SampleResult)
}

function evaluations(db: Db) {
  return db
    .selectFrom('evaluations')
    .innerJoin('suites', 'suites.id', 'evaluations.suiteId')
    .selectAll('evaluations')
    .select([
      'suites.name as suiteName',
      'suites.kind as suiteKind',
      'suites.role as suiteRole',
      'suites.clause as suiteClause',
      'suites.blocks as suiteBlocks',
      'suites.digest as suiteDigest',
      'suites.target as suiteTarget',
      'suites.tolerance as suiteTolerance',
    ])
}

type EvaluationRow = Awaited<ReturnType<ReturnType<typeof evaluations>['execute']>>[number]

function toEvaluation(row: EvaluationRow): Evaluation {
  return {
    id: row.id,
    modelId: row.modelId,
    suite: {
      id: row.suiteId,
      name: row.suiteName,
      kind: row.suiteKind,
      role: row.suiteRole,
      clause: row.suiteClause,
      blocks: row.suiteBlocks,
      digest: row.suiteDigest,
      target: row.suiteTarget,
      tolerance: row.suiteTolerance,
    },
    checkpointId: row.checkpointId,
    served: { base: row.servedBase, adapter: row.servedAdapter },
    state: row.state,
    metric: row.metric as Metric,
    score: row.score,
    count: row.count,
    done: row.done,
    samples: row.samples,
    seconds: row.seconds,
    error: row.error,
    createdAt: row.createdAt,
  }
}
