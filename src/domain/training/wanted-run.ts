/** What decides a run, the run that did it before, and the record of a new one: shared by candidates and builds. */

import { availableMemory } from 'node:process'
import { AppError } from '../../errors.ts'
import { projectionsOf } from '../../formats/llama-tensors.ts'
import type { Digest } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import type { Recipe } from '../../trainers/trainer.ts'
import type { DraftRevision } from '../datasets/dataset-revision.ts'
import { examplesOf } from '../datasets/examples-of.ts'
import type { BaseModel } from '../models/base-model.ts'
import type { CommunityModel } from '../models/community-model.ts'
import { actorId, type Actor } from '../people/actor.ts'
import { effectiveRecipe, parseRecipe, type RecipeOverrides } from './recipe.ts'
import { findRun } from './run-queries.ts'
import { noProgress, type Checkpoint, type TrainingRun } from './run.ts'
import type { TrainingApp } from './start-run.ts'
import { trainingLines } from './training-examples.ts'
import { baseFolder } from './work-folder.ts'

/** The effective recipe of a community model: what is said here, over what it says itself, over the defaults. */
export function recipeOf(model: CommunityModel, base: BaseModel, ...said: readonly RecipeOverrides[]): Recipe {
  return effectiveRecipe(
    { parameters: base.parameters, contextLength: base.config.contextLength, targetModules: projectionsOf(base.config) },
    parseRecipe(model.recipe, `The recipe of ${model.owner}/${model.name}`),
    ...said,
  )
}

/** Everything that decides a run. */
export interface WantedRun {
  readonly base: BaseModel
  readonly revision: DraftRevision
  readonly recipe: Recipe
  readonly warmStart: Checkpoint | null
  readonly purpose: TrainingRun['purpose']
}

/** What a run will be trained on, and the recipe with everything decided. */
export interface PreparedRun {
  readonly examples: Digest
  readonly recipe: Recipe
}

/**
 * Writes down what the run will be trained on. Where it fits in memory only if attention's weights are computed twice, its recipe says so from now on; where it
 * does not fit even then, it is refused.
 */
export async function storeExamples(app: TrainingApp, { base, revision, recipe }: WantedRun): Promise<PreparedRun> {
  const { digest: examples } = await app.blobs.put(trainingLines(examplesOf(app.db, revision), recipe))
  const folder = await baseFolder(app, base)
  const file = await app.blobs.file(examples)
  const free = app.trainingMemory ?? availableMemory()
  const estimate = (wanted: Recipe) =>
    app.trainer.estimate({ base: folder, examples: file, recipe: wanted, output: app.workFolder, memoryBudget: free })
  const { bytes, parts } = await estimate(recipe)
  if (bytes <= free) return { examples, recipe }
  const leaner = leanerForm(recipe)
  if (leaner !== recipe && (await estimate(leaner)).bytes <= free) return { examples, recipe: leaner }
  throw new AppError(
    'invalid',
    `This run needs about ${megabytes(bytes)} and ${megabytes(free)} are free here; most of it goes to ${parts[0]?.[0] ?? 'the base model'}. ` +
      `Lower batchSize (${recipe.batchSize}) or maxLength (${recipe.maxLength}) in the recipe, or free memory.`,
  )
}

/** The recipe with less memory for a few per cent of time. */
const leanerForm = (recipe: Recipe): Recipe => (recipe.recompute ? recipe : { ...recipe, recompute: true })

/** The row alone: whoever calls sees to it that it is trained. */
export async function insertRun(
  app: Pick<TrainingApp, 'trainer'>,
  db: Db,
  actor: Actor,
  wanted: WantedRun,
  prepared: PreparedRun,
): Promise<TrainingRun> {
  const { id } = await db
    .insertInto('trainingRuns')
    .values({
      modelId: wanted.revision.modelId,
      baseId: wanted.base.id,
      revisionId: wanted.revision.id,
      warmStartId: wanted.warmStart?.id ?? null,
      purpose: wanted.purpose,
      recipe: JSON.stringify(prepared.recipe),
      trainer: app.trainer.version,
      examples: prepared.examples,
      state: 'queued',
      progress: JSON.stringify(noProgress),
      error: null,
      startedBy: actorId(actor),
      startedAt: null,
      endedAt: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return findRun(db, id)
}

/** The newest run of the same base, dataset, recipe, start and trainer that finished or is under way. */
export async function findTwin(app: Pick<TrainingApp, 'db' | 'trainer'>, wanted: WantedRun): Promise<number | null> {
  const row = await app.db
    .selectFrom('trainingRuns')
    .innerJoin('datasetRevisions', 'datasetRevisions.id', 'trainingRuns.revisionId')
    .leftJoin('checkpoints as start', 'start.id', 'trainingRuns.warmStartId')
    .select('trainingRuns.id')
    .where('trainingRuns.modelId', '=', wanted.revision.modelId)
    .where('trainingRuns.baseId', '=', wanted.base.id)
    .where('trainingRuns.purpose', '=', wanted.purpose)
    .where('trainingRuns.averagedFrom', 'is', null)
    .where('datasetRevisions.digest', '=', wanted.revision.digest)
    .where('start.digest', wanted.warmStart ? '=' : 'is', wanted.warmStart?.digest ?? null)
    // Compared as jsonb, whatever the order of its keys; the leaner form is what it became where memory was short.
    .where((where) =>
      where.or(
        [wanted.recipe, leanerForm(wanted.recipe)].map((recipe) =>
          where('trainingRuns.recipe', '=', where.cast(where.val(JSON.stringify(recipe)), 'jsonb')),
        ),
      ),
    )
    .where('trainingRuns.trainer', '=', app.trainer.version)
    .where('trainingRuns.state', 'in', ['finished', 'queued', 'running'])
    .orderBy('trainingRuns.id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row?.id ?? null
}

function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`
}
