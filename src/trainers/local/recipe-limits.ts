/** Refuses, in words, a recipe that the base cannot have. Runs before anything is read or allocated. */

import { AppError } from '../../errors.ts'
import type { HfConfig } from '../../formats/hf-config.ts'
import { isProjection, projections, projectionShape, projectionsOf } from '../../formats/llama-tensors.ts'
import type { LoraMethod, Recipe } from '../trainer.ts'

/** Throws `invalid` with a sentence that names the field, its value and what would do. */
export function checkRecipe(recipe: Recipe, config: HfConfig): void {
  between('epochs', recipe.epochs, 1e-6, 10_000)
  if (recipe.maxSteps !== null) whole('maxSteps', recipe.maxSteps, 1, 100_000_000)
  whole('maxLength', recipe.maxLength, 2, config.contextLength, `the base was made for ${config.contextLength} tokens`)
  whole('batchSize', recipe.batchSize, 1, 4096)
  whole('accumulation', recipe.accumulation, 1, 4096)
  between('learningRate', recipe.learningRate, 1e-12, 1)
  between('warmup', recipe.warmup, 0, 1)
  between('weightDecay', recipe.weightDecay, 0, 1)
  between('beta1', recipe.beta1, 0, 0.999999)
  between('beta2', recipe.beta2, 0, 0.999999)
  between('epsilon', recipe.epsilon, 1e-20, 1)
  if (recipe.clip !== null) between('clip', recipe.clip, 1e-9, 1e9)
  whole('seed', recipe.seed, 0, 0xffff_ffff)
  whole('checkpointEvery', recipe.checkpointEvery, 1, 100_000_000)
  between('preferenceBeta', recipe.preferenceBeta, 1e-6, 100)
  if (typeof recipe.recompute !== 'boolean') refuse(`The recipe's recompute is ${String(recipe.recompute)}; choose true or false.`)
  if (recipe.precision !== 'float32' && recipe.precision !== 'int8')
    refuse(`The recipe's precision is "${String(recipe.precision)}"; choose "float32" or "int8".`)
  if (recipe.precision === 'int8' && recipe.method.kind === 'full')
    refuse(
      'The recipe trains all weights with precision int8, which can hold only weights that stay as they are; choose float32, or method lora.',
    )
  between('validation', recipe.validation, 0, 0.9)
  if (recipe.patience !== null) {
    whole('patience', recipe.patience, 1, 1_000_000)
    if (recipe.validation === 0) refuse('The recipe has patience but holds out nothing to be patient about; set validation, e.g. to 0.05.')
  }
  between('average', recipe.average, 0, 1)
  for (const [source, weight] of Object.entries(recipe.mix)) between(`mix of "${source}"`, weight, 0, 100)
  if (recipe.schedule !== 'constant' && recipe.schedule !== 'cosine') {
    refuse(`The recipe's schedule is "${String(recipe.schedule)}"; choose "constant" or "cosine".`)
  }
  if (recipe.method.kind === 'lora') checkLora(recipe.method, config)
  else if (recipe.method.kind !== 'full') refuse(`The recipe's method is unknown; choose "lora" or "full".`)
}

function checkLora(method: LoraMethod, config: HfConfig): void {
  const own = projectionsOf(config)
  const known = own.join(', ')
  if (method.targetModules.length === 0) refuse(`The recipe names no target modules; choose among ${known}.`)
  const chosen = method.targetModules.map((name) => {
    if (!isProjection(name) || !own.includes(name)) return refuse(`The base has no target module "${name}"; choose among ${known}.`)
    return name
  })
  const twice = chosen.find((name, i) => chosen.indexOf(name) !== i)
  if (twice) refuse(`The recipe names target module ${twice} twice; name it once.`)
  whole('rank', method.rank, 1, 65_536)
  between('alpha', method.alpha, 1e-6, 1e6)
  const narrowest = Math.min(...chosen.flatMap((name) => projectionShape(config, name)))
  for (const name of chosen) {
    const [out, width] = projectionShape(config, name)
    if (method.rank > Math.min(out, width)) {
      refuse(
        `Rank ${method.rank} exceeds ${width <= out ? 'input' : 'output'} size ${Math.min(out, width)} of model.layers.0.${projections[name]}; choose a rank up to ${narrowest}.`,
      )
    }
  }
}

function between(field: string, value: number, low: number, high: number): void {
  if (typeof value !== 'number' || !(value >= low && value <= high)) {
    refuse(`The recipe's ${field} is ${String(value)}; choose a number from ${low} to ${high}.`)
  }
}

function whole(field: string, value: number, low: number, high: number, why?: string): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    refuse(
      `The recipe's ${field} is ${String(value)}; choose a whole number from ${low} to ${high}${why === undefined ? '' : `, as ${why}`}.`,
    )
  }
}

function refuse(sentence: string): never {
  throw new AppError('invalid', sentence)
}
