/** Asks for a learning rate to train a community model with. */

import { AppError } from '../../errors.ts'
import type { RateSearch } from '../../trainers/trainer.ts'
import { latestRevision } from '../datasets/dataset-queries.ts'
import { findBaseById, findModel } from '../models/model-queries.ts'
import { requireRole, type Actor } from '../people/actor.ts'
import { parseRecipe } from '../training/recipe.ts'
import type { TrainingApp } from '../training/start-run.ts'
import { recipeOf } from '../training/wanted-run.ts'
import { insertStudy } from './insert-study.ts'
import type { Study } from './study.ts'

export interface RateSearchOptions extends Partial<RateSearch> {
  /** YAML; overrides the model's own recipe, as for a run. */
  readonly recipe?: string
}

const standard: RateSearch = { from: 1e-6, to: 1, steps: 100 }
/** Fewer steps are over before the smoothed loss means anything; more would be a training. */
const stepLimits = { fewest: 20, most: 1_000 } as const

/**
 * Reviewers and maintainers. Queues a short run on the newest dataset revision whose rate grows at each step; it writes no weights. One of exactly this is
 * returned as it is.
 */
export async function requestRateSearch(app: TrainingApp, actor: Actor, name: string, options: RateSearchOptions = {}): Promise<Study> {
  const { recipe: said, ...given } = options
  const search = checked({ ...standard, ...given })
  return app.db.transaction().execute(async (db) => {
    const model = await findModel(db, name)
    requireRole(actor, 'reviewer', model.id)
    const recipe = recipeOf(model, await findBaseById(db, model.baseId), parseRecipe(said ?? ''))
    const revision = await latestRevision(db, model.id)
    if (!revision || revision.count === 0)
      throw new AppError('conflict', `The dataset of ${name} is empty; contribute examples and have them accepted, then search.`)
    return insertStudy(app, db, actor, {
      kind: 'rate',
      modelId: model.id,
      revisionId: revision.id,
      runId: null,
      recipe,
      request: search,
    })
  })
}

function checked({ from, to, steps }: RateSearch): RateSearch {
  if (!(from > 0 && to > from && to <= 100))
    throw new AppError('invalid', `Rates cannot grow from ${from} to ${to}; choose two above 0, the second larger, up to 100.`)
  if (!Number.isSafeInteger(steps) || steps < stepLimits.fewest || steps > stepLimits.most)
    throw new AppError('invalid', `${steps} steps are not a search; choose ${stepLimits.fewest} to ${stepLimits.most}.`)
  return { from, to, steps }
}
