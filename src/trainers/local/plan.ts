/** What a run will do and take, worked out before anything large is allocated. */

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../errors.ts'
import { baseTensors, projectionsAsInt8, trainableTensors, type Held, type HeldAs, type TensorSpec } from '../../ml/lora/training-graph.ts'
import type { MemoryEstimate, Recipe, TrainingRequest } from '../trainer.ts'
import { baseDigest, openBaseFolder, type BaseFolder } from './base-folder.ts'
import type { Fingerprint } from './checkpoint.ts'
import { estimateMemory, microBatching, refuseWhatWasmCannotHold } from './estimate-memory.ts'
import { openRuntime } from './open-runtime.ts'
import { orderOf, stepsOfFirstPass, type Order } from './order.ts'
import { refuseOverflow } from './overflow.ts'
import { checkRecipe } from './recipe-limits.ts'
import { mostRows, rowsThatCostLeast } from './rows.ts'
import { tokenizeExamples } from './tokenize-examples.ts'
import { localTrainerVersion, portableTrainerVersion } from './version.ts'

/** How a run is carried out; what it ends with does not depend on it. */
export interface LocalOptions {
  /** At most so many. */
  readonly threads: number
  /** The same bytes on every processor, more slowly (portable-runtime.ts): another trainer, by its version. */
  readonly portable?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

export interface Plan extends Order {
  readonly base: BaseFolder
  readonly specs: readonly TensorSpec[]
  /** Positions of the longest example. */
  readonly longest: number
  /** Examples that go through a graph at once. */
  readonly rows: number
  /** Frozen matrices to be held in 8 bits, as the recipe says, or in 16, because the run would not fit otherwise. */
  readonly held: Held
  /** Two micro-batches at once, each on half of the threads: where there is memory for both. */
  readonly sideBySide: boolean
  readonly portable: boolean
  readonly estimate: MemoryEstimate
  readonly fingerprint: Fingerprint
}

/** Reads base and examples and checks them against the recipe. Throws `invalid` on whatever cannot work. The base stays open. */
export async function planRun(request: TrainingRequest, { threads, portable = false, signal }: LocalOptions): Promise<Plan> {
  const { recipe } = request
  const base = await openBaseFolder(request.base)
  try {
    checkRecipe(recipe, base.config)
    if (recipe.method.kind === 'lora' && !base.weights) {
      throw new AppError(
        'invalid',
        `The base ${request.base} has no *.safetensors, and an adapter needs weights to go on; add them, or train with method full.`,
      )
    }
    if (recipe.method.kind === 'full' && request.adapter !== undefined) {
      throw new AppError('invalid', 'A full run cannot start from an adapter; merge it into the base first, or train with method lora.')
    }
    const examples = await tokenizeExamples(request.examples, base.tokenizer, {
      maxLength: recipe.maxLength,
      endIds: base.config.eosTokenIds,
      vocabSize: base.config.vocabSize,
      mix: recipe.mix,
      signal,
    })
    const preferences = examples.sequences.at(-1)! > examples.count
    if (preferences && recipe.method.kind === 'full')
      throw new AppError('invalid', 'Preferences are learned against the model without its adapter, so they need method lora.')
    const order = orderOf(examples, recipe)
    const longest = examples.lengths.reduce((a, b) => Math.max(a, b), 1)
    const specs = trainableTensors(base.config, recipe.method)
    const fingerprint: Fingerprint = {
      trainer: portable ? portableTrainerVersion : localTrainerVersion,
      base: await baseDigest(request.base),
      examples: examples.digest,
      adapter: request.adapter === undefined ? null : await digestOf(join(request.adapter, 'adapter_model.safetensors')),
      recipe,
    }
    const most = mostRows(recipe, base.config, preferences ? 2 : 1, longest)
    const rows = rowsThatCostLeast(stepsOfFirstPass(order), examples.lengths, most)
    const ways = waysToRun(base, recipe, threads > 1 && !portable && microBatching(recipe, rows).bothLanes).map((way) => ({
      ...way,
      estimate: estimateMemory(recipe, base.config, examples, { rows, longest, portable, ...way }),
    }))
    const budget = request.memoryBudget ?? process.availableMemory()
    const chosen =
      ways.find(({ estimate }) => estimate.bytes <= budget) ?? ways.reduce((a, b) => (b.estimate.bytes < a.estimate.bytes ? b : a))
    if (portable) refuseWhatWasmCannotHold(chosen.estimate)
    if (recipe.precision === 'int8') await refuseOverflow(await openRuntime({ portable, sideBySide: false }))
    return { ...order, base, specs, longest, rows, portable, ...chosen, fingerprint }
  } catch (error) {
    await base.weights?.close()
    throw error
  }
}

/** How a run can be carried out, the fastest first, each in less memory than the one before. It ends with the same bytes in all of them. */
function waysToRun(base: BaseFolder, recipe: Recipe, sideBySide: boolean): Pick<Plan, 'held' | 'sideBySide'>[] {
  const rounded: Held = recipe.precision === 'int8' ? projectionsAsInt8(base.config) : new Map()
  return [
    ...(sideBySide ? [{ held: rounded, sideBySide: true }] : []),
    { held: rounded, sideBySide: false },
    { held: new Map([...publishedInHalves(base, recipe), ...rounded]), sideBySide: false },
  ]
}

/**
 * Matrices that an adapter's base publishes in 16 bits. BF16 reaches further down than float16: divided by this power of two its values are float16's, but for
 * a very few; the matrix of one that is not stays in 32 bits.
 */
function publishedInHalves({ config, weights }: BaseFolder, { method }: Recipe): Held {
  const matrices = method.kind === 'full' ? [] : baseTensors(config).filter(({ dims }) => dims.length > 1)
  const scales = { F32: null, F16: 1, BF16: 2 ** -15 }
  return new Map(
    matrices.flatMap(({ name }): [string, HeldAs][] => {
      const scale = scales[weights!.typeOf(name)]
      return scale === null ? [] : [[name, { kind: 'float16', scale }]]
    }),
  )
}

async function digestOf(path: string): Promise<string> {
  try {
    return createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
  } catch (cause) {
    throw new AppError('invalid', `${path} cannot be read: ${(cause as Error).message}.`, { cause })
  }
}
