/** The recipe of builds that begin at a release: a few hundred short steps that show what other data would change, in seconds. */

import type { Recipe } from '../../trainers/trainer.ts'

/** Passes over the dataset: three take a third more processor time (docs/design/previews.md). */
const passes = 2
/** Steps at most, on a dataset of whatever size. */
const mostSteps = 300

/** The candidate's own recipe, shortened: smaller batches make more steps of the same data, and half its rate does not undo what was learned. */
export function warmRecipe(recipe: Recipe): Recipe {
  return {
    ...recipe,
    epochs: Math.min(passes, recipe.epochs),
    maxSteps: Math.min(mostSteps, recipe.maxSteps ?? mostSteps),
    batchSize: Math.min(16, recipe.batchSize),
    accumulation: 1,
    learningRate: recipe.learningRate / 2,
    schedule: 'cosine',
    checkpointEvery: mostSteps,
    // Every example counts, and so few steps have nothing to choose from.
    validation: 0,
    patience: null,
    average: 0,
  }
}
