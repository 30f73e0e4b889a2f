/** Queues a training run on the newest dataset revision, once everything that can be known before training has been checked. */

import { availableMemory } from 'node:process'
import { AppError } from '../../errors.ts'
import type { Blobs } from '../../storage/blobs.ts'
import type { Database, Db } from '../../storage/database.ts'
import type { Jobs } from '../../storage/jobs.ts'
import type { Trainer } from '../../trainers/trainer.ts'
import { latestRevision } from '../datasets/dataset-queries.ts'
import { examplesOf } from '../datasets/examples-of.ts'
import { findBaseById, findModel } from '../models/model-queries.ts'
import { actorId, requireRole, type Actor } from '../people/actor.ts'
import { effectiveRecipe, parseRecipe } from './recipe.ts'
import { findRun } from './run-queries.ts'
import { noProgress, type TrainingRun } from './run.ts'
import { trainingLines } from './training-examples.ts'
import { baseFolder } from './work-folder.ts'

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
  requireRole(actor, 'reviewer')
  const model = await findModel(app.db, name)
  const base = await findBaseById(app.db, model.baseId)
  const recipe = effectiveRecipe(
    { parameters: base.parameters, contextLength: base.config.contextLength },
    parseRecipe(model.recipe, `The recipe of ${name}`),
    parseRecipe(options.recipe ?? ''),
  )
  if (recipe.method.kind === 'full')
    throw new AppError(
      'invalid',
      `Releases of ${name} are adapters over its base; "method: full" makes a base model instead. Choose "method: lora".`,
    )
  const revision = await latestRevision(app.db, model.id)
  if (!revision || revision.count === 0)
    throw new AppError('invalid', `The dataset of ${name} is empty; contribute examples and have them accepted, then train.`)

  const identity = { baseId: base.id, revision: revision.digest, recipe: JSON.stringify(recipe), trainer: app.trainer.version }
  const twin = options.again ? null : await findTwin(app.db, model.id, identity)
  if (twin !== null) return findRun(app.db, twin)

  const examples = await app.blobs.put(trainingLines(examplesOf(app.db, revision)))
  const { bytes, parts } = await app.trainer.estimate({
    base: await baseFolder(app, base),
    examples: await app.blobs.file(examples.digest),
    recipe,
    output: app.workFolder,
  })
  const free = app.trainingMemory ?? availableMemory()
  if (bytes > free)
    throw new AppError(
      'invalid',
      `This run needs about ${megabytes(bytes)} and ${megabytes(free)} are free here; most of it goes to ${parts[0]?.[0] ?? 'the base model'}. ` +
        `Lower batchSize (${recipe.batchSize}) or maxLength (${recipe.maxLength}) in the recipe, or free memory.`,
    )

  return app.db.transaction().execute(async (db) => {
    const { id } = await db
      .insertInto('trainingRuns')
      .values({
        modelId: model.id,
        baseId: base.id,
        revisionId: revision.id,
        recipe: identity.recipe,
        trainer: identity.trainer,
        examples: examples.digest,
        state: 'queued',
        progress: JSON.stringify(noProgress),
        error: null,
        startedBy: actorId(actor),
        startedAt: null,
        endedAt: null,
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    await app.jobs.enqueue(db, 'train', { runId: id })
    return findRun(db, id)
  })
}

interface RunIdentity {
  readonly baseId: number
  readonly revision: string
  /** JSON; compared as jsonb, whatever the order of its keys. */
  readonly recipe: string
  readonly trainer: string
}

async function findTwin(db: Db, modelId: number, identity: RunIdentity): Promise<number | null> {
  const row = await db
    .selectFrom('trainingRuns')
    .innerJoin('datasetRevisions', 'datasetRevisions.id', 'trainingRuns.revisionId')
    .select('trainingRuns.id')
    .where('trainingRuns.modelId', '=', modelId)
    .where('trainingRuns.baseId', '=', identity.baseId)
    .where('datasetRevisions.digest', '=', identity.revision as `sha256:${string}`)
    .where((where) => where('trainingRuns.recipe', '=', where.cast(where.val(identity.recipe), 'jsonb')))
    .where('trainingRuns.trainer', '=', identity.trainer)
    .where('trainingRuns.state', 'in', ['finished', 'queued', 'running'])
    .orderBy('trainingRuns.id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.id ?? null
}

function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`
}
