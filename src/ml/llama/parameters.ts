/** The parameters of a decoder as the graph asks for them: names and shapes as Hugging Face's safetensors have them. */
import type { HfConfig } from '../../formats/hf-config.ts'
import { expectedTensors, projections as places, projectionShape, type Projection } from '../../formats/llama-tensors.ts'
import type { TensorSpec } from '../graph/emit.ts'

export { projectionsOf, type Projection } from '../../formats/llama-tensors.ts'

/** The path of a projection in its model, e.g. `model.layers.0.self_attn.q_proj`. */
export function projectionPath(layer: number, projection: Projection): string {
  return `model.layers.${layer}.${places[projection]}`
}

/** [out, in] of a projection. */
export const projectionDims: (config: HfConfig, projection: Projection) => readonly [number, number] = projectionShape

export const embeddingName = 'model.embed_tokens.weight'
export const lastNormName = 'model.norm.weight'
/** The output matrix [V,H]: the embedding itself where they are tied. */
export const headName = (config: HfConfig): string => (config.tiedEmbeddings ? embeddingName : 'lm_head.weight')
/** A norm of a layer, e.g. `input_layernorm`. */
export const normName = (layer: number, norm: string): string => `model.layers.${layer}.${norm}.weight`

/**
 * Names and dims of the base's parameters as safetensors has them, matrices [out, in]. Within a layer the norm before attention, the projections,
 * the other norms: sums over all gradients are made in this order, and full training depends on it in the last bit.
 */
export function baseTensors(config: HfConfig): TensorSpec[] {
  const place = (name: string): number => (name.includes('.input_layernorm.') ? 0 : /_proj\.(weight|bias)$/.test(name) ? 1 : 2)
  const tensors = [...expectedTensors(config)].map(([name, dims]): TensorSpec => ({ name, dtype: 'float32', dims }))
  const layerOf = ({ name }: TensorSpec): string => /^model\.layers\.\d+\./.exec(name)?.[0] ?? name
  return [...Map.groupBy(tensors, layerOf).values()].flatMap((group) => group.sort((a, b) => place(a.name) - place(b.name)))
}
