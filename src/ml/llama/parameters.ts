/** The parameters of a Llama-shaped decoder: names and shapes as Hugging Face's safetensors have them. */
import type { HfConfig } from '../../formats/hf-config.ts'
import type { TensorSpec } from '../graph/emit.ts'

/** The seven matrices of a layer that an adapter may target. */
export const projections = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const
export type Projection = (typeof projections)[number]

/** The parameter a projection's weights are, e.g. `model.layers.0.self_attn.q_proj`. */
export function projectionPath(layer: number, projection: Projection): string {
  const block = projection.length === 'q_proj'.length ? 'self_attn' : 'mlp'
  return `model.layers.${layer}.${block}.${projection}`
}

/** [out, in] of a projection. */
export function projectionDims(config: HfConfig, projection: Projection): readonly [number, number] {
  const { hiddenSize, intermediateSize, headSize } = config
  switch (projection) {
    case 'q_proj':
      return [config.heads * headSize, hiddenSize]
    case 'k_proj':
    case 'v_proj':
      return [config.kvHeads * headSize, hiddenSize]
    case 'o_proj':
      return [hiddenSize, config.heads * headSize]
    case 'gate_proj':
    case 'up_proj':
      return [intermediateSize, hiddenSize]
    case 'down_proj':
      return [hiddenSize, intermediateSize]
    default:
      return projection satisfies never
  }
}

export const embeddingName = 'model.embed_tokens.weight'
export const lastNormName = 'model.norm.weight'
/** The output matrix [V,H]: the embedding itself where they are tied. */
export const headName = (config: HfConfig): string => (config.tiedEmbeddings ? embeddingName : 'lm_head.weight')
export const attentionNormName = (layer: number): string => `model.layers.${layer}.input_layernorm.weight`
export const mlpNormName = (layer: number): string => `model.layers.${layer}.post_attention_layernorm.weight`

/** Names and dims of the base's parameters as safetensors has them, matrices [out, in]. */
export function baseTensors(config: HfConfig): TensorSpec[] {
  const { vocabSize, hiddenSize } = config
  const tensor = (name: string, ...dims: number[]): TensorSpec => ({ name, dtype: 'float32', dims })
  const layers = Array.from({ length: config.layers }, (_, layer) => [
    tensor(attentionNormName(layer), hiddenSize),
    ...projections.map((projection) => tensor(`${projectionPath(layer, projection)}.weight`, ...projectionDims(config, projection))),
    tensor(mlpNormName(layer), hiddenSize),
  ])
  return [
    tensor(embeddingName, vocabSize, hiddenSize),
    ...layers.flat(),
    tensor(lastNormName, hiddenSize),
    ...(config.tiedEmbeddings ? [] : [tensor('lm_head.weight', vocabSize, hiddenSize)]),
  ]
}
