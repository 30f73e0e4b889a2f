/** PEFT's LoRA adapters: `adapter_config.json` and `adapter_model.safetensors`, read and written. Source: peft 0.21, tuners/lora/config.py. */

import { FormatError } from './format-error.ts'
import { assertFinite } from './half.ts'
import type { HfConfig } from './hf-config.ts'
import { isProjection, projections, projectionShape, projectionsOf, type Projection } from './llama-tensors.ts'
import type { Safetensors } from './safetensors.ts'
import { writeSafetensors } from './safetensors-write.ts'
import { describe, fieldsOf } from './strict-json.ts'

/** What adapter_config.json says, of which the rest is at PEFT's defaults. */
export interface AdapterConfig {
  readonly rank: number
  readonly alpha: number
  /** Rank-stabilised LoRA: the scale is alpha / √rank instead of alpha / rank. */
  readonly rankStabilised: boolean
  readonly targetModules: readonly Projection[]
  readonly baseModel: string | null
}

/** Two low-rank matrices beside one linear layer: W + scale · B·A. Row-major. */
export interface AdapterModule {
  readonly layer: number
  readonly projection: Projection
  /** [rank, in] */
  readonly a: Float32Array
  /** [out, rank] */
  readonly b: Float32Array
}

export interface Adapter {
  readonly config: AdapterConfig
  readonly modules: readonly AdapterModule[]
}

export const adapterLimits = {
  /** PEFT's own examples end at 256; above the width of a layer a low-rank matrix is no longer one. */
  rank: 65_536,
} as const

/** Factor of B·A in the sum. */
export function adapterScale(config: Pick<AdapterConfig, 'alpha' | 'rank' | 'rankStabilised'>): number {
  return config.alpha / (config.rankStabilised ? Math.sqrt(config.rank) : config.rank)
}

/** Settings that change what the adapter computes and are not supported; PEFT's default of each is absent, false, or empty. */
const unsupported = [
  ...[
    'use_dora',
    'fan_in_fan_out',
    'lora_bias',
    'rank_pattern',
    'alpha_pattern',
    'modules_to_save',
    'layer_replication',
    'trainable_token_indices',
  ],
  ...[
    'target_parameters',
    'alora_invocation_tokens',
    'use_qalora',
    'use_bdlora',
    'corda_config',
    'loftq_config',
    'arrow_config',
    'megatron_config',
  ],
]

/** Starts of the matrices that leave the base model as it is; others (pissa, olora, loftq, …) change it before training. */
const plainStarts = [true, false, 'gaussian', 'orthogonal', 'eva']

/** @param of the base the adapter is for: what its linear layers are called. */
export function parseAdapterConfig(json: unknown, of: readonly Projection[] = allProjections): AdapterConfig {
  const config = fieldsOf(json, 'adapter_config.json')
  const type = config.text('peft_type')
  if (type !== 'LORA') throw new FormatError(`adapter_config.json: peft_type is ${describe(type)}; only LORA works.`)
  const task = config.text('task_type')
  if (task !== undefined && task !== 'CAUSAL_LM')
    throw new FormatError(`adapter_config.json: task_type is ${describe(task)}; only CAUSAL_LM works.`)
  const bias = config.text('bias') ?? 'none'
  if (bias !== 'none') throw new FormatError(`adapter_config.json: bias is ${describe(bias)}; only none works.`)
  for (const key of unsupported) {
    const value = config.value(key)
    const isEmpty =
      value === undefined || value === false || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
    if (!isEmpty) throw new FormatError(`adapter_config.json: ${key} is ${describe(value)}; adapters that use it do not work here.`)
  }
  const start = config.value('init_lora_weights') ?? true
  if (!plainStarts.some((known) => known === start))
    throw new FormatError(
      `adapter_config.json: init_lora_weights is ${describe(start)}, which changes the base model; convert the adapter to a plain LoRA.`,
    )
  return {
    rank: config.integer('r', { min: 1, max: adapterLimits.rank }),
    alpha: config.positive('lora_alpha'),
    rankStabilised: config.boolean('use_rslora', false),
    targetModules: parseTargets(config.value('target_modules'), of),
    baseModel: config.text('base_model_name_or_path') ?? null,
  }
}

const allProjections = Object.keys(projections) as Projection[]

function parseTargets(value: unknown, of: readonly Projection[]): Projection[] {
  if (value === 'all-linear') return [...of]
  if (!Array.isArray(value) || value.length === 0)
    throw new FormatError(`adapter_config.json: target_modules is ${describe(value)}; a list of modules is needed, as ${of.join(', ')}.`)
  const modules = value.map((name: unknown) => {
    if (typeof name === 'string' && isProjection(name) && of.includes(name)) return name
    throw new FormatError(`adapter_config.json: target_modules names ${describe(name)}; those that work are ${of.join(', ')}.`)
  })
  return inOrder(new Set(modules))
}

function inOrder(modules: ReadonlySet<Projection>): Projection[] {
  return allProjections.filter((name) => modules.has(name))
}

/** Reads an adapter for a base of the given shape. Every matrix must be there, fit, and be finite. */
export async function readAdapter(json: unknown, weights: Safetensors, base: HfConfig): Promise<Adapter> {
  const known = projectionsOf(base)
  const config = parseAdapterConfig(json, known)
  const pairs = new Map<string, { layer: number; projection: Projection }>()
  for (const name of weights.tensors.keys()) {
    const parts = /^base_model\.model\.model\.layers\.(0|[1-9]\d{0,4})\.(?:self_attn|mlp)\.([a-z_]+_proj)\.lora_[AB]\.weight$/.exec(name)
    const projection = parts?.[2]
    if (
      !parts ||
      projection === undefined ||
      !isProjection(projection) ||
      !known.includes(projection) ||
      !name.includes(`.${projections[projection]}.`)
    )
      throw new FormatError(`adapter_model.safetensors: tensor ${name} is no LoRA matrix of a linear layer of ${base.architecture}.`)
    const layer = Number(parts[1])
    if (layer >= base.layers)
      throw new FormatError(`adapter_model.safetensors: tensor ${name} is for layer ${layer}, but the base has ${base.layers} layers.`)
    if (!config.targetModules.includes(projection))
      throw new FormatError(`adapter_model.safetensors: tensor ${name} is for ${projection}, which target_modules does not name.`)
    pairs.set(`${layer} ${projection}`, { layer, projection })
  }
  if (pairs.size === 0) throw new FormatError('adapter_model.safetensors holds no LoRA matrices.')
  const modules: AdapterModule[] = []
  for (const { layer, projection } of [...pairs.values()].sort(
    (x, y) => x.layer - y.layer || allProjections.indexOf(x.projection) - allProjections.indexOf(y.projection),
  )) {
    const [rows, columns] = projectionShape(base, projection)
    const read = async (matrix: 'A' | 'B', shape: readonly [number, number]): Promise<Float32Array> => {
      const name = tensorName(layer, projection, matrix)
      const tensor = weights.tensors.get(name)
      if (!tensor) throw new FormatError(`adapter_model.safetensors: tensor ${name} is missing.`)
      if (tensor.shape.length !== 2 || tensor.shape[0] !== shape[0] || tensor.shape[1] !== shape[1])
        throw new FormatError(
          `adapter_model.safetensors: tensor ${name} has shape [${tensor.shape.join(', ')}], but rank and base ask for [${shape.join(', ')}].`,
        )
      const values = await weights.floats(name)
      assertFinite(name, values)
      return values
    }
    modules.push({ layer, projection, a: await read('A', [config.rank, columns]), b: await read('B', [rows, config.rank]) })
  }
  return { config, modules }
}

function tensorName(layer: number, projection: Projection, matrix: 'A' | 'B'): string {
  return `base_model.model.model.layers.${layer}.${projections[projection]}.lora_${matrix}.weight`
}

/** The two files of the adapter, as PEFT's own save_pretrained lays them out; matrices in F32. */
export function writeAdapter(adapter: Adapter, base: HfConfig): { 'adapter_config.json': string; 'adapter_model.safetensors': Uint8Array } {
  const { rank } = adapter.config
  const tensors = adapter.modules.flatMap(({ layer, projection, a, b }) => {
    const [rows, columns] = projectionShape(base, projection)
    return [
      { name: tensorName(layer, projection, 'A'), type: 'F32' as const, shape: [rank, columns], values: a },
      { name: tensorName(layer, projection, 'B'), type: 'F32' as const, shape: [rows, rank], values: b },
    ]
  })
  return {
    'adapter_config.json': `${JSON.stringify(writeAdapterConfig(adapter.config), null, 2)}\n`,
    'adapter_model.safetensors': writeSafetensors(tensors, { format: 'pt' }),
  }
}

export function writeAdapterConfig(config: AdapterConfig): Record<string, unknown> {
  return {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    auto_mapping: null,
    base_model_name_or_path: config.baseModel,
    revision: null,
    inference_mode: true,
    r: config.rank,
    lora_alpha: config.alpha,
    lora_dropout: 0,
    target_modules: inOrder(new Set(config.targetModules)),
    bias: 'none',
    fan_in_fan_out: false,
    use_rslora: config.rankStabilised,
    use_dora: false,
    init_lora_weights: true,
    modules_to_save: null,
    rank_pattern: {},
    alpha_pattern: {},
    layers_to_transform: null,
    layers_pattern: null,
  }
}
