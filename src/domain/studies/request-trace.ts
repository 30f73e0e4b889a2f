/** Asks which examples pulled a finished run, or a release, towards an answer. */

import { AppError } from '../../errors.ts'
import type { Db } from '../../storage/database.ts'
import { findModel } from '../models/model-queries.ts'
import { requireRole, type Actor } from '../people/actor.ts'
import { findRelease } from '../releases/release-queries.ts'
import { findCheckpoint, findRun, newestFinishedRun } from '../training/run-queries.ts'
import type { TrainingRun } from '../training/run.ts'
import type { TrainingApp } from '../training/start-run.ts'
import { insertStudy } from './insert-study.ts'
import type { Study, TraceQuestion } from './study.ts'

export interface TraceOptions extends Pick<TraceQuestion, 'answer'> {
  /** A finished run, or the version of a release; neither: the newest finished run. */
  readonly run?: number
  readonly release?: string
  readonly question?: string
  /** Examples to keep on each side. */
  readonly keep?: number
}

const limits = { characters: 20_000, keep: 200 } as const
const standardKeep = 20

/**
 * Reviewers and maintainers. Queues one pass over all examples of the run's dataset. What is asked is kept with the study, where everybody can read it. One
 * of exactly this is returned as it is.
 */
export async function requestTrace(app: TrainingApp, actor: Actor, name: string, options: TraceOptions): Promise<Study> {
  const request = checked(options)
  return app.db.transaction().execute(async (db) => {
    const model = await findModel(db, name)
    requireRole(actor, 'reviewer', model.id)
    const run = await runOf(db, model.id, name, options)
    return insertStudy(app, db, actor, {
      kind: 'trace',
      modelId: model.id,
      revisionId: run.revision.id,
      runId: run.id,
      recipe: run.recipe,
      request,
    })
  })
}

async function runOf(db: Db, modelId: number, name: string, { run: id, release }: TraceOptions): Promise<TrainingRun> {
  if (id !== undefined && release !== undefined) throw new AppError('invalid', 'Name a run or a release, not both.')
  const run =
    release !== undefined
      ? await findRun(db, (await findCheckpoint(db, (await findRelease(db, name, release)).checkpointId)).runId)
      : id === undefined
        ? await newestFinishedRun(db, modelId)
        : await findRun(db, id)
  if (run === null) throw new AppError('conflict', `${name} has no finished run whose examples could be asked; "train ${name}" makes one.`)
  if (run.modelId !== modelId) throw new AppError('not-found', `${name} has no run ${run.id}; "run list ${name}" shows those it has.`)
  if (run.checkpoint === null)
    throw new AppError('conflict', `Run ${run.id} is ${run.state}; its examples can be asked once it has finished.`)
  if (run.revision.number === null)
    throw new AppError('conflict', `Run ${run.id} was trained on a draft that nobody accepted; choose a run of the dataset as it stands.`)
  return run
}

function checked({ question, answer, keep = standardKeep }: TraceOptions): TraceQuestion {
  if (answer.trim() === '') throw new AppError('invalid', 'The answer is empty; give the text whose examples you look for.')
  if ((question?.length ?? 0) + answer.length > limits.characters)
    throw new AppError(
      'invalid',
      `Question and answer have more than ${limits.characters.toLocaleString('en')} characters together; shorten them.`,
    )
  if (!Number.isSafeInteger(keep) || keep < 1 || keep > limits.keep)
    throw new AppError('invalid', `${keep} examples cannot be kept; choose 1 to ${limits.keep}.`)
  return { question: question ?? null, answer, keep }
}
