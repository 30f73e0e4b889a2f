/** The trainer as a library, `commonweights/trainer`: LoRA fine-tuning of a model folder, with nothing else around it (docs/trainer-library.md). */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectionsOf } from '../formats/llama-tensors.ts'
import { baseTensors } from '../ml/lora/training-graph.ts'
import { openBaseFolder } from './local/base-folder.ts'
import { findLearningRate as findHere, type RateOptions, type RateRange } from './local/find-learning-rate.ts'
import { defaultThreads, localTrainer } from './local/local-trainer.ts'
import { traceExamples as traceHere, type Trace } from './local/trace-examples.ts'
import {
  defaultRecipe,
  type MemoryEstimate,
  type Recipe,
  type TrainingEvent,
  type TrainingExample,
  type TrainingRequest,
} from './trainer.ts'

export type { MemoryEstimate, Recipe, TrainingEvent, TrainingExample } from './trainer.ts'
export type { RateOptions, RateRange } from './local/find-learning-rate.ts'
export type { Trace } from './local/trace-examples.ts'
export { averageAdapters } from './local/average-adapters.ts'

/** A recipe of which everything may be left out; `rank`, `alpha` and `targetModules` are those of the adapter. */
export type RecipeSettings = Partial<Omit<Recipe, 'method'>> & {
  readonly method?: 'lora' | 'full'
  readonly rank?: number
  readonly alpha?: number
  readonly targetModules?: readonly string[]
}

export interface Source {
  /** A model folder as the Hub has it: config.json, tokenizer.json, tokenizer_config.json, *.safetensors. */
  readonly base: string
  /** A JSONL file of examples, or the examples themselves. */
  readonly examples: string | Iterable<TrainingExample> | AsyncIterable<TrainingExample>
  readonly recipe?: RecipeSettings
  /** A PEFT adapter folder to go on from. */
  readonly adapter?: string
  /** At most so many; by default all that this process may use. The bytes are the same for any number. */
  readonly threads?: number
  /** The same bytes on every processor, not only on those of one kind: in WebAssembly, on one thread and several times slower. */
  readonly portable?: boolean
  /** Bytes the run may take; by default what the machine has free. */
  readonly memoryBudget?: number
  readonly signal?: AbortSignal
}

export interface TrainOptions extends Source {
  /** A folder for checkpoints and the result; made where it is not there. */
  readonly output: string
  /** A checkpoint file that an earlier run of the same options reported. */
  readonly resume?: string
}

/**
 * Trains in a process of its own and yields what happens; the last event, `finished`, names the folder with the weights: a PEFT adapter, or a whole model for
 * `method: 'full'`. Cheap results are computed twice where the run would not fit in memory otherwise, unless the recipe says. Throws an error with a code and a
 * sentence (`invalid` for what cannot work). Ending the iteration early ends the process.
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainingEvent> {
  const { output, resume, signal } = options
  await mkdir(output, { recursive: true })
  const trainer = localTrainer(howToRun(options))
  await using prepared = await prepare(options)
  const request: TrainingRequest = { ...prepared.request, output, ...(resume === undefined ? {} : { resume }) }
  const recipe = options.recipe?.recompute === undefined ? await fitted(request, (wanted) => trainer.estimate(wanted)) : request.recipe
  yield* trainer.train({ ...request, recipe }, signal ? { signal } : {})
}

/** Peak bytes that training would take, and what takes them. */
export async function estimate(options: Source): Promise<MemoryEstimate> {
  await using prepared = await prepare(options)
  return await localTrainer(howToRun(options)).estimate({ ...prepared.request, output: tmpdir() })
}

/** A short run whose learning rate grows until the loss explodes, in this process, and the rate it suggests. */
export async function findLearningRate(options: Source & RateOptions): Promise<RateRange> {
  await using prepared = await prepare(options)
  return await findHere(prepared.request, { ...options, ...howToRun(options) })
}

/** Losses of all examples, and how much each pulls the adapter where the queries do, in this process. */
export async function* traceExamples(options: Source & { readonly queries: Source['examples'] }): AsyncGenerator<Trace> {
  await using prepared = await prepare(options)
  await using queries = await prepare({ base: options.base, examples: options.queries })
  const { signal } = options
  yield* traceHere({ ...prepared.request, queries: queries.request.examples }, { ...howToRun(options), ...(signal ? { signal } : {}) })
}

const howToRun = ({ threads = defaultThreads, portable = false }: Source) => ({ threads, portable })

type Prepared = Omit<TrainingRequest, 'output' | 'resume'>

/** Fills in the recipe and writes down examples that are not a file yet; these go with the value. */
async function prepare(options: Source): Promise<{ readonly request: Prepared } & AsyncDisposable> {
  const { base, examples, adapter, memoryBudget } = options
  const recipe = await recipeFor(base, options.recipe ?? {})
  const settings = { base, recipe, ...(adapter === undefined ? {} : { adapter }), ...(memoryBudget === undefined ? {} : { memoryBudget }) }
  if (typeof examples === 'string') return { request: { ...settings, examples }, [Symbol.asyncDispose]: async () => {} }
  const folder = await mkdtemp(join(tmpdir(), 'commonweights-examples-'))
  const file = join(folder, 'examples.jsonl')
  const lines: string[] = []
  for await (const example of examples) lines.push(`${JSON.stringify(example)}\n`)
  await writeFile(file, lines.join(''))
  return { request: { ...settings, examples: file }, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

async function recipeFor(folder: string, { method, rank, alpha, targetModules, ...settings }: RecipeSettings): Promise<Recipe> {
  const base = await openBaseFolder(folder)
  await base.weights?.close()
  const parameters = baseTensors(base.config).reduce((sum, { dims }) => sum + dims.reduce((a, b) => a * b, 1), 0)
  const defaults = defaultRecipe({ parameters, contextLength: base.config.contextLength, targetModules: projectionsOf(base.config) })
  const chosen = rank ?? defaults.method.rank
  return {
    ...defaults,
    ...settings,
    method:
      method === 'full'
        ? { kind: 'full' }
        : { kind: 'lora', rank: chosen, alpha: alpha ?? 2 * chosen, targetModules: targetModules ?? defaults.method.targetModules },
  }
}

/** The recipe, or its leaner form where only that fits. */
async function fitted(request: TrainingRequest, estimated: (request: TrainingRequest) => Promise<MemoryEstimate>): Promise<Recipe> {
  const free = request.memoryBudget ?? process.availableMemory()
  if ((await estimated(request)).bytes <= free) return request.recipe
  const lean: Recipe = { ...request.recipe, recompute: true }
  return (await estimated({ ...request, recipe: lean })).bytes <= free ? lean : request.recipe
}
