/** What a method trains: names, shapes and first values of the tensors it changes. */
import { traitsOf } from '../../formats/architectures/traits.ts'
import type { HfConfig } from '../../formats/hf-config.ts'
import type { TensorSpec } from '../graph/emit.ts'
import { baseTensors, projectionDims, projectionPath, projectionsOf, type Projection } from '../llama/parameters.ts'
import { randomFrom } from './random.ts'

/** Every parameter, or two low-rank matrices beside each targeted projection: y = x·Wᵀ + (alpha/rank)·(x·Aᵀ)·Bᵀ. */
export type Method = { readonly kind: 'full' } | LoraMethod

export interface LoraMethod {
  readonly kind: 'lora'
  readonly rank: number
  readonly alpha: number
  /** As in PEFT: some of the base's linear layers, for most q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj. */
  readonly targetModules: readonly string[]
}

/** The PEFT name of one of an adapter's matrices. */
export const adapterName = (path: string, side: 'A' | 'B'): string => `base_model.model.${path}.lora_${side}.weight`

/** The projections a method targets, in the order of the layer. Throws on a name that is not one. */
export function targetsOf(method: LoraMethod, config: HfConfig): Projection[] {
  const projections = projectionsOf(config)
  const stranger = method.targetModules.find((name) => !projections.some((projection) => projection === name))
  if (stranger !== undefined) {
    throw new RangeError(`Target module ${stranger} is not in a layer of ${config.architecture}; choose from ${projections.join(', ')}.`)
  }
  return projections.filter((projection) => method.targetModules.includes(projection))
}

/** Names and dims of what is trained: Hugging Face names for full training, PEFT names (A [R,in], B [out,R]) for LoRA. */
export function trainableTensors(config: HfConfig, method: Method): TensorSpec[] {
  if (method.kind === 'full') return baseTensors(config)
  const targets = targetsOf(method, config)
  return Array.from({ length: config.layers }, (_, layer) =>
    targets.flatMap((projection): TensorSpec[] => {
      const path = projectionPath(layer, projection)
      const [out, into] = projectionDims(config, projection)
      return [
        { name: adapterName(path, 'A'), dtype: 'float32', dims: [method.rank, into] },
        { name: adapterName(path, 'B'), dtype: 'float32', dims: [out, method.rank] },
      ]
    }),
  ).flat()
}

/** Spread of the first values of a matrix, as transformers has it for Llama. */
const initialSpread = 0.02

/**
 * Values to start from. LoRA as PEFT does: A uniform within ±1/√in (Kaiming with a = √5), B zero. Full training from nothing:
 * norms 1, matrices normal with spread 0.02; those that write into the residual stream get 0.02/√(2·layers), so that its
 * size does not grow with depth (GPT-2). A tensor's values depend on the seed and its own name alone.
 */
export function initialTrainables(config: HfConfig, method: Method, seed: number): Map<string, Float32Array> {
  return new Map(
    trainableTensors(config, method).map(({ name, dims }) => {
      const values = new Float32Array(dims.reduce((product, dim) => product * dim, 1))
      const random = randomFrom(seed, name)
      if (name.endsWith('norm.weight')) values.fill(1 - traitsOf(config).normOffset)
      else if (name.endsWith('.bias')) values.fill(0)
      else if (name.includes('.lora_A.')) {
        const bound = 1 / Math.sqrt(dims[1] as number)
        for (let i = 0; i < values.length; i++) values[i] = bound * (2 * random.uniform() - 1)
      } else if (!name.includes('.lora_B.')) {
        const residual = name.includes('.o_proj.') || name.includes('.down_proj.')
        const spread = residual ? initialSpread / Math.sqrt(2 * config.layers) : initialSpread
        for (let i = 0; i < values.length; i++) values[i] = spread * random.normal()
      }
      return [name, values]
    }),
  )
}
