/** How a decoder computes, beyond its sizes: everything in which the supported architectures differ from Llama, as data. */

import type { HfConfig } from '../hf-config.ts'
import type { Projection } from '../llama-tensors.ts'

/** Read by the training graph, by conversion to GGUF and by whoever lists tensors, so that none of them asks for an architecture by name. */
export interface DecoderTraits {
  /** A norm after attention and after the MLP as well, before each is added to the residual stream. */
  readonly normsAfter: boolean
  /** Added to the stored weights of every norm: Gemma stores w and multiplies by 1 + w. */
  readonly normOffset: 0 | 1
  /** A norm over each head of the queries and of the keys, before positions turn them. */
  readonly queryKeyNorms: boolean
  /** Projections with a bias. */
  readonly biases: readonly Projection[]
  /** Query, key and value are one matrix (qkv_proj), gate and up another (gate_up_proj). */
  readonly fusedProjections: boolean
  /** Of the MLP's gate: x·σ(x), or Gaussian error linear unit by its tanh formula. */
  readonly activation: 'silu' | 'gelu-tanh'
  /** Factor of the embedding at the input; the head of a tied embedding is not scaled. */
  readonly embeddingScale: number
  /** Factor of q·k. */
  readonly attentionScale: number
  /** Scores s become c·tanh(s/c), before the mask. */
  readonly attentionSoftCap: number | null
  /** Logits z become c·tanh(z/c). */
  readonly logitSoftCap: number | null
  /** How many tokens a windowed layer sees, the current one included. */
  readonly slidingWindow: number | null
  /** Layer by layer whether the window applies; empty where no layer has one. */
  readonly windowedLayers: readonly boolean[]
  /** Rotary base of windowed layers, which then know no scaling; null where it is the same in all layers. */
  readonly windowedRopeTheta: number | null
}

/** What a config says, and Llama's way for the rest. */
export function traitsOf(config: Pick<HfConfig, 'headSize' | 'traits'>): DecoderTraits {
  return {
    normsAfter: false,
    normOffset: 0,
    queryKeyNorms: false,
    biases: [],
    fusedProjections: false,
    activation: 'silu',
    embeddingScale: 1,
    attentionScale: 1 / Math.sqrt(config.headSize),
    attentionSoftCap: null,
    logitSoftCap: null,
    slidingWindow: null,
    windowedLayers: [],
    windowedRopeTheta: null,
    ...config.traits,
  }
}

/** How many tokens this layer sees, or null for all before it. */
export function windowOf(traits: DecoderTraits, layer: number): number | null {
  return traits.windowedLayers[layer] ? traits.slidingWindow : null
}
