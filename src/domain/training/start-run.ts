/** Queues a training run on the newest dataset revision, once everything that can be known before training has been checked. */

import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database } from '../../storage/database.ts'
import type { Jobs } from '../../storage/jobs.ts'
import type { Trainer } from '../../trainers/trainer.ts'
import { latestRevision } from '../datasets/dataset-queries.ts'
import { findBaseById, findModel } from '../models/model-queries.ts'
import { requireRole, type Actor } from '../people/actor.ts'
import { parseRecipe } from './recipe.ts'
import { findRun } from './run-queries.ts'
import type { TrainingRun } from './run.ts'
import { findTwin, insertRun, recipeOf, storeExamples } from './wanted-run.ts'

export interface TrainingApp {
  readonly db: Database
  readonly blobs: Blobs
  readonly jobs: Pick<Jobs, 'enqueue'>
  readonly trainer: Trainer
  /** Folder for runs in progress; what is in it can be made again, and resuming needs it. */
  readonly workFolder: string
  /** Bytes a run may take; absent: what this machine has free. Infinity where another machine trains. */
  readonly trainingMemory?: number
}

export interface StartOptions {
  /** YAML; overrides the model's own recipe, which overrides the defaults. */
  readonly recipe?: string
  /** Train even where an identical run has finished. */
  readonly again?: boolean
}

/**
 * Queues a run (reviewers and maintainers). An identical one (base, dataset, recipe, trainer) that finished or is under way is returned as it is,
 * unless `again`. Refuses with `invalid` an empty dataset, a recipe the base cannot have, an example that must not be trained on, and a run that
 * cannot fit in memory.
 */
export async function startRun(app: TrainingApp, actor: Actor, name: string, options: StartOptions = {}): Promise<TrainingRun> {
  const model = await findModel(app.db, name)
  requireRole(actor, 'reviewer', model.id)
  const base = await findBaseById(app.db, model.baseId)
  const recipe = recipeOf(model, base, parseRecipe(options.recipe ?? ''))
  if (recipe.method.kind === 'full')
    throw new AppError(
      'invalid',
      `Releases of ${name} are adapters over its base; "method: full" makes a base model instead. Choose "method: lora".`,
    )
  const revision = await latestRevision(app.db, model.id)
  if (!revision || revision.count === 0)
    throw new AppError('invalid', `The dataset of ${name} is empty; contribute examples and have them accepted, then train.`)

  const wanted = { base, revision, recipe, warmStart: null, purpose: 'candidate' as const }
  const twin = options.again ? null : await findTwin(app, wanted)
  if (twin !== null) return findRun(app.db, twin)
  const prepared = await storeExamples(app, wanted)
  return app.db.transaction().execute(async (db) => {
    const run = await insertRun(app, db, actor, wanted, prepared)
    await app.jobs.enqueue(db, 'train', { runId: run.id })
    return run
  })
}
