/**
 * Recipes as people write them: a flat YAML file in which everything may be left out. The effective recipe, with nothing left to a default,
 * is stored with the run. The keys are those of the Recipe type; the spellings of other trainers are understood well enough to be corrected.
 */

import { isMap, isScalar, LineCounter, parseDocument, stringify, type Pair } from 'yaml'
import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { projections, projectionsOf } from '../../formats/llama-tensors.ts'
import { defaultRecipe, type Recipe, type RecipeBase as DefaultsBase } from '../../trainers/trainer.ts'

const modules = Object.keys(projections) as readonly (keyof typeof projections)[]

interface Field {
  readonly shape: z.ZodType
  /** Completes "it must be …". */
  readonly says: string
  /** Other trainers' names for it, lower case without separators. */
  readonly alsoKnown?: readonly string[]
}

const whole = (low: number, high: number): Omit<Field, 'alsoKnown'> => ({
  shape: z.int().min(low).max(high),
  says: `a whole number from ${low} to ${high}`,
})
const share = (says = 'a number from 0 to 1'): Omit<Field, 'alsoKnown'> => ({ shape: z.number().min(0).max(1), says })

/** One entry per key: what it may be, and how others call it. */
const fields = {
  method: { shape: z.literal(['lora', 'full']), says: 'lora or full', alsoKnown: ['pefttype', 'finetuningtype', 'type', 'kind'] },
  rank: { ...whole(1, 1024), alsoKnown: ['r', 'lorar', 'lorarank'] },
  alpha: { shape: z.number().gt(0).max(65536), says: 'a number above 0, up to 65536', alsoKnown: ['loraalpha'] },
  targetModules: {
    shape: z.array(z.literal(modules)).min(1),
    says: `a list of ${modules.join(', ')}`,
    alsoKnown: ['loratarget', 'loratargetmodules', 'modules'],
  },
  epochs: { shape: z.number().gt(0).max(10_000), says: 'a number above 0, up to 10000', alsoKnown: ['numtrainepochs', 'numepochs'] },
  maxSteps: { shape: z.int().min(1).max(10_000_000).nullable(), says: 'a whole number from 1 to 10000000, or null', alsoKnown: ['steps'] },
  maxLength: { ...whole(8, 131_072), alsoKnown: ['maxseqlength', 'maxseqlen', 'sequencelen', 'cutofflen', 'blocksize', 'contextlength'] },
  batchSize: { ...whole(1, 4096), alsoKnown: ['perdevicetrainbatchsize', 'microbatchsize', 'batch'] },
  accumulation: { ...whole(1, 4096), alsoKnown: ['gradientaccumulationsteps', 'gradientaccumulation', 'accumulationsteps'] },
  learningRate: { shape: z.number().gt(0).max(1), says: 'a number above 0, up to 1', alsoKnown: ['lr'] },
  schedule: {
    shape: z.literal(['constant', 'cosine']),
    says: 'constant or cosine',
    alsoKnown: ['lrschedulertype', 'lrscheduler', 'scheduler'],
  },
  warmup: { ...share('the share of all steps, from 0 to 1'), alsoKnown: ['warmupratio', 'warmupsteps'] },
  weightDecay: { ...share(), alsoKnown: ['decay', 'wd'] },
  beta1: { shape: z.number().min(0).lt(1), says: 'a number from 0 to below 1', alsoKnown: ['adambeta1'] },
  beta2: { shape: z.number().min(0).lt(1), says: 'a number from 0 to below 1', alsoKnown: ['adambeta2'] },
  epsilon: { shape: z.number().gt(0).max(1), says: 'a number above 0, up to 1', alsoKnown: ['adamepsilon', 'eps'] },
  clip: {
    shape: z.number().gt(0).max(1e6).nullable(),
    says: 'a number above 0, or null for no clipping',
    alsoKnown: ['maxgradnorm', 'gradientclipping', 'gradclip'],
  },
  seed: { ...whole(0, 0xffffffff), alsoKnown: ['randomseed'] },
  checkpointEvery: { ...whole(1, 1_000_000), alsoKnown: ['savesteps', 'saveevery', 'checkpointsteps', 'evalsteps'] },
  preferenceBeta: { shape: z.number().gt(0).max(100), says: 'a number above 0, up to 100', alsoKnown: ['beta', 'dpobeta', 'prefbeta'] },
  recompute: {
    shape: z.boolean(),
    says: 'true or false',
    alsoKnown: ['gradientcheckpointing', 'activationcheckpointing', 'recomputation'],
  },
  precision: {
    shape: z.literal(['float32', 'int8']),
    says: 'float32 or int8',
    alsoKnown: ['loadin8bit', 'quantization', 'quantize', 'quantizationbit', 'bits', 'dtype', 'fp16', 'bf16', 'mixedprecision'],
  },
  validation: {
    shape: z.number().min(0).max(0.9),
    says: 'the share of examples held out, from 0 to 0.9',
    alsoKnown: ['valsetsize', 'validationsplit', 'testsize', 'valsize'],
  },
  patience: {
    shape: z.int().min(1).max(1_000_000).nullable(),
    says: 'a whole number from 1 to 1000000, or null',
    alsoKnown: ['earlystoppingpatience', 'earlystopping'],
  },
  average: { ...share('the share of the last steps that are averaged, from 0 to 1'), alsoKnown: ['swa', 'ema', 'averaging'] },
  mix: {
    shape: z.record(z.string().min(1).max(600), z.number().min(0).max(100)),
    says: 'weights from 0 to 100 by source, e.g. {"origin:generated": 0.5}',
    alsoKnown: ['datasetweights', 'mixingweights', 'interleaveprobs', 'weights', 'sourceweights'],
  },
} as const satisfies Record<string, Field>

export type RecipeKey = keyof typeof fields
export const recipeKeys = Object.keys(fields) as readonly RecipeKey[]

/** What a recipe file says; everything else is a default. */
export interface RecipeOverrides {
  readonly method?: 'lora' | 'full'
  readonly rank?: number
  readonly alpha?: number
  readonly targetModules?: readonly string[]
  readonly epochs?: number
  readonly maxSteps?: number | null
  readonly maxLength?: number
  readonly batchSize?: number
  readonly accumulation?: number
  readonly learningRate?: number
  readonly schedule?: 'constant' | 'cosine'
  readonly warmup?: number
  readonly weightDecay?: number
  readonly beta1?: number
  readonly beta2?: number
  readonly epsilon?: number
  readonly clip?: number | null
  readonly seed?: number
  readonly checkpointEvery?: number
  readonly preferenceBeta?: number
  readonly recompute?: boolean
  readonly precision?: 'float32' | 'int8'
  readonly validation?: number
  readonly patience?: number | null
  readonly average?: number
  readonly mix?: Readonly<Record<string, number>>
}

/** A recipe of a hundred lines is long; this keeps YAML's own machinery small. */
const sizeLimit = 20_000

/** Reads a recipe file. `where` names it in sentences, e.g. "The recipe careful.yaml". Empty text is a recipe that changes nothing. */
export function parseRecipe(text: string, where = 'The recipe'): RecipeOverrides {
  if (text.length > sizeLimit)
    throw new AppError('invalid', `${where} is longer than ${sizeLimit} characters; a recipe is a short list of settings.`)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const broken = document.errors[0]
  if (broken) throw new AppError('invalid', `${where} is not YAML at line ${lines.linePos(broken.pos[0]).line}: ${broken.message}.`)
  if (document.contents === null) return {}
  if (!isMap(document.contents))
    throw new AppError('invalid', `${where} must be a list of settings, one "key: value" a line, e.g. "rank: 16".`)
  const said: Record<string, unknown> = {}
  for (const pair of document.contents.items) {
    const line = lineOf(pair, lines)
    const key = isScalar(pair.key) ? String(pair.key.value) : ''
    if (!isRecipeKey(key)) throw new AppError('invalid', unknownKey(where, key, line))
    const node = pair.value as { toJS?: (document: unknown) => unknown } | null
    const parsed = fields[key].shape.safeParse(node?.toJS?.(document) ?? null)
    if (!parsed.success)
      throw new AppError(
        'invalid',
        `${where} has ${key} on line ${line} as ${shown(node?.toJS?.(document))}; it must be ${fields[key].says}.`,
      )
    said[key] = parsed.data
  }
  return said
}

/** What is known of the base when defaults are chosen; its linear layers, where absent, are those of Llama. */
export type RecipeBase = Omit<DefaultsBase, 'targetModules'> & Partial<Pick<DefaultsBase, 'targetModules'>>

/** The recipe a run is made with: defaults for this base, then each set of overrides in turn. */
export function effectiveRecipe(base: RecipeBase, ...overrides: readonly RecipeOverrides[]): Recipe {
  const said: RecipeOverrides = overrides.reduce((all, one) => ({ ...all, ...one }), {})
  const defaults = defaultRecipe({ targetModules: projectionsOf({}), ...base })
  const { method, rank = defaults.method.rank, alpha = 2 * rank, targetModules = defaults.method.targetModules, ...settings } = said
  return { ...defaults, ...settings, method: method === 'full' ? { kind: 'full' } : { kind: 'lora', rank, alpha, targetModules } }
}

/** The recipe as flat settings, in the order of the table. What reads as a file writes as the same file. */
export function flatRecipe(
  recipe: Recipe,
): Required<RecipeOverrides> | Omit<Required<RecipeOverrides>, 'rank' | 'alpha' | 'targetModules'> {
  const { method, ...rest } = recipe
  return method.kind === 'lora'
    ? { method: 'lora', rank: method.rank, alpha: method.alpha, targetModules: method.targetModules, ...rest }
    : { method: 'full', ...rest }
}

export function formatRecipe(recipe: Recipe): string {
  return stringify(flatRecipe(recipe), { flowCollectionPadding: false })
}

function isRecipeKey(key: string): key is RecipeKey {
  return Object.hasOwn(fields, key)
}

function lineOf(pair: Pair, lines: LineCounter): number {
  const start = (pair.key as { range?: readonly number[] | null } | null)?.range?.[0]
  return lines.linePos(start ?? 0).line
}

function unknownKey(where: string, key: string, line: number): string {
  const near = nearestKey(key)
  const way = near ? `did you mean "${near}"?` : `known keys are ${recipeKeys.join(', ')}.`
  return `${where} has an unknown key "${key.slice(0, 60)}" on line ${line}; ${way}`
}

/** The key somebody meant: another trainer's name for it, or the one within a third of its letters. */
function nearestKey(key: string): RecipeKey | null {
  const squeezed = key.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  let best: { key: RecipeKey; distance: number } | null = null
  for (const known of recipeKeys) {
    const field: Field = fields[known]
    if (field.alsoKnown?.includes(squeezed)) return known
    const distance = editDistance(squeezed, known.toLowerCase())
    if (distance <= Math.max(1, Math.floor(known.length / 3)) && (!best || distance < best.distance)) best = { key: known, distance }
  }
  return best?.key ?? null
}

function editDistance(from: string, to: string): number {
  if (from.length > 60) return from.length
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)))
    row = next
  }
  return row[to.length]!
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
