/** Asks for the current suites on a subject, and does again nothing that was done. */

import type { ServedModel } from '../../engines/engine.ts'
import type { Db } from '../../storage/database.ts'
import type { Jobs } from '../../storage/jobs.ts'
import type { Suite } from '../models/suite.ts'
import { metricOf, type Evaluation } from './evaluation.ts'
import { findEvaluation } from './evaluation-queries.ts'

/** What is asked: null stands for the base alone. */
export interface EvaluationSubject {
  readonly checkpointId: number | null
  readonly served: ServedModel
}

/**
 * One evaluation per suite, in order: the one that exists for these samples on these artefacts, where it has finished or is under way, and a new one
 * otherwise. The same samples under another suite (of a fork, or renamed) are taken over as a finished record of their own.
 */
export async function requestEvaluations(
  jobs: Pick<Jobs, 'enqueue'>,
  db: Db,
  suites: readonly Suite[],
  subject: EvaluationSubject,
): Promise<Evaluation[]> {
  const evaluations: Evaluation[] = []
  for (const suite of suites) {
    const id = (await sameEvaluation(db, suite, subject.served)) ?? (await insertEvaluation(jobs, db, suite, subject))
    evaluations.push(await findEvaluation(db, id))
  }
  return evaluations
}

async function sameEvaluation(db: Db, suite: Suite, served: ServedModel): Promise<number | null> {
  const row = await db
    .selectFrom('evaluations')
    .select('id')
    .where('suiteId', '=', suite.id)
    .where('servedBase', '=', served.base)
    .where('servedAdapter', served.adapter === null ? 'is' : '=', served.adapter)
    .where('state', 'in', ['finished', 'running', 'queued'])
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.id ?? null
}

async function insertEvaluation(
  jobs: Pick<Jobs, 'enqueue'>,
  db: Db,
  suite: Suite,
  { checkpointId, served }: EvaluationSubject,
): Promise<number> {
  const known = await db
    .selectFrom('evaluations')
    .innerJoin('suites', 'suites.id', 'evaluations.suiteId')
    .select(['evaluations.score', 'evaluations.samples', 'evaluations.seconds'])
    .where('suites.digest', '=', suite.digest)
    .where('suites.kind', '=', suite.kind)
    .where('servedBase', '=', served.base)
    .where('servedAdapter', served.adapter === null ? 'is' : '=', served.adapter)
    .where('state', '=', 'finished')
    .limit(1)
    .executeTakeFirst()
  const { id } = await db
    .insertInto('evaluations')
    .values({
      modelId: suite.modelId,
      suiteId: suite.id,
      checkpointId,
      servedBase: served.base,
      servedAdapter: served.adapter,
      state: known ? 'finished' : 'queued',
      metric: metricOf[suite.kind],
      score: known?.score ?? null,
      count: suite.count,
      done: known ? suite.count : 0,
      samples: known?.samples ?? null,
      seconds: known?.seconds ?? null,
      error: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  if (!known) await jobs.enqueue(db, 'evaluate', { evaluationId: id })
  return id
}
