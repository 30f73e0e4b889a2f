/** Names and shapes of a decoder's tensors as transformers writes them, and the check of a file against its config. */

import { traitsOf } from './architectures/traits.ts'
import { FormatError } from './format-error.ts'
import type { HfConfig } from './hf-config.ts'
import { weightType, type TensorInfo } from './safetensors.ts'

/** Linear layers of one decoder block as LoRA names them, with where they sit. No architecture has all: `projectionsOf` says which are in one. */
export const projections = {
  q_proj: 'self_attn.q_proj',
  k_proj: 'self_attn.k_proj',
  v_proj: 'self_attn.v_proj',
  o_proj: 'self_attn.o_proj',
  gate_proj: 'mlp.gate_proj',
  up_proj: 'mlp.up_proj',
  down_proj: 'mlp.down_proj',
  qkv_proj: 'self_attn.qkv_proj',
  gate_up_proj: 'mlp.gate_up_proj',
} as const

export type Projection = keyof typeof projections

export function isProjection(name: string): name is Projection {
  return Object.hasOwn(projections, name)
}

const separate = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const satisfies readonly Projection[]
const fused = ['qkv_proj', 'o_proj', 'gate_up_proj', 'down_proj'] as const satisfies readonly Projection[]

/** The linear layers of a block of this model, in the order of computation. */
export function projectionsOf(config: Pick<HfConfig, 'traits'>): readonly Projection[] {
  return config.traits?.fusedProjections ? fused : separate
}

/** Shape [out, in] of a projection's weight. */
export function projectionShape(config: HfConfig, projection: Projection): [number, number] {
  const { hiddenSize, intermediateSize, heads, kvHeads, headSize } = config
  switch (projection) {
    case 'qkv_proj':
      return [(heads + 2 * kvHeads) * headSize, hiddenSize]
    case 'q_proj':
      return [heads * headSize, hiddenSize]
    case 'k_proj':
    case 'v_proj':
      return [kvHeads * headSize, hiddenSize]
    case 'o_proj':
      return [hiddenSize, heads * headSize]
    case 'gate_up_proj':
      return [2 * intermediateSize, hiddenSize]
    case 'gate_proj':
    case 'up_proj':
      return [intermediateSize, hiddenSize]
    case 'down_proj':
      return [hiddenSize, intermediateSize]
  }
}

/** Every tensor the config asks for, name to shape, in the order of computation. Tied embeddings have no lm_head of their own. */
export function expectedTensors(config: HfConfig): Map<string, readonly number[]> {
  const { hiddenSize, headSize } = config
  const { biases, normsAfter, queryKeyNorms } = traitsOf(config)
  const tensors = new Map<string, readonly number[]>([['model.embed_tokens.weight', [config.vocabSize, hiddenSize]]])
  for (let layer = 0; layer < config.layers; layer++) {
    const add = (name: string, ...shape: number[]) => tensors.set(`model.layers.${layer}.${name}`, shape)
    add('input_layernorm.weight', hiddenSize)
    for (const name of projectionsOf(config)) {
      if (name === 'o_proj' && queryKeyNorms) {
        add('self_attn.q_norm.weight', headSize)
        add('self_attn.k_norm.weight', headSize)
      }
      if (name === 'gate_proj' || name === 'gate_up_proj') {
        add('post_attention_layernorm.weight', hiddenSize)
        if (normsAfter) add('pre_feedforward_layernorm.weight', hiddenSize)
      }
      const [rows, columns] = projectionShape(config, name)
      add(`${projections[name]}.weight`, rows, columns)
      if (biases.includes(name)) add(`${projections[name]}.bias`, rows)
    }
    if (normsAfter) add('post_feedforward_layernorm.weight', hiddenSize)
  }
  tensors.set('model.norm.weight', [hiddenSize])
  if (!config.tiedEmbeddings) tensors.set('lm_head.weight', [config.vocabSize, hiddenSize])
  return tensors
}

/** A sentence for each way in which the file's tensors are not what the config says; none if they match. */
export function tensorMismatches(config: HfConfig, tensors: ReadonlyMap<string, TensorInfo>): string[] {
  const sentences: string[] = []
  const expected = expectedTensors(config)
  for (const [name, shape] of expected) {
    const found = tensors.get(name)
    if (!found) sentences.push(`Tensor ${name} of shape [${shape.join(', ')}] is missing.`)
    else if (found.shape.length !== shape.length || found.shape.some((length, i) => length !== shape[i]))
      sentences.push(`Tensor ${name} has shape [${found.shape.join(', ')}], but config.json says [${shape.join(', ')}].`)
    else
      try {
        weightType(found)
      } catch (error) {
        if (!(error instanceof FormatError)) throw error
        sentences.push(error.message)
      }
  }
  for (const name of tensors.keys())
    if (!expected.has(name) && !isHarmless(config, name)) sentences.push(`Tensor ${name} has no place in ${config.architecture}.`)
  return sentences
}

/** Old files carry the rotary table, and a copy of the embedding where it is tied; neither is read. */
function isHarmless(config: HfConfig, name: string): boolean {
  return /^model\.layers\.\d+\.self_attn\.rotary_emb\.inv_freq$/.test(name) || (config.tiedEmbeddings && name === 'lm_head.weight')
}

/** Throws with the first few mismatches. */
export function checkTensors(config: HfConfig, tensors: ReadonlyMap<string, TensorInfo>): void {
  const found = tensorMismatches(config, tensors)
  const rest = found.length > 3 ? ` And ${found.length - 3} more.` : ''
  if (found.length > 0) throw new FormatError(`The weights do not fit config.json: ${found.slice(0, 3).join(' ')}${rest}`)
}
